// How the parameters are cut into pieces, the unit in which workers sum, update and prepare them. A
// piece is a run of whole groups of 8 rows of one layer's weights, so that whoever has updated it
// can prepare it for the next products while it is in the cache; or a run of biases.

import type { ParameterLayout } from './parameter-layout.js'
import { paddedWidth } from '../batches/padding.js'

/**
 * Elements that a pass takes at a time: small enough to stay in the first-level cache between one
 * pass and the next.
 */
export const CHUNK = 1024

interface Extent {
  /** Its place among all pieces. */
  index: number
  /** Its first element, from the start of the parameters, and how many. */
  first: number
  elements: number
}
export interface WeightPiece extends Extent {
  kind: 'weights'
  layer: number
  /** Rows firstRow .. endRow - 1 of the layer's weights. */
  firstRow: number
  endRow: number
}
export type Piece = WeightPiece | (Extent & { kind: 'biases' })

/** The pieces of all parameters in order: at least a chunk each, where a layer has that much. */
export function piecesOf({ layers, weights, elements }: ParameterLayout): Piece[] {
  const pieces: Piece[] = []
  for (const [layer, { inputs, outputs, weights: start }] of layers.entries()) {
    const width = paddedWidth(outputs)
    const rows = 8 * Math.ceil(CHUNK / (8 * width))
    for (let firstRow = 0; firstRow < inputs; firstRow += rows) {
      const endRow = Math.min(firstRow + rows, paddedWidth(inputs))
      pieces.push({
        kind: 'weights',
        index: pieces.length,
        layer,
        firstRow,
        endRow,
        first: start + firstRow * width,
        elements: (endRow - firstRow) * width,
      })
    }
  }
  for (let first = weights; first < elements; first += CHUNK) {
    pieces.push({
      kind: 'biases',
      index: pieces.length,
      first,
      elements: Math.min(CHUNK, elements - first),
    })
  }
  return pieces
}

/**
 * The pieces that one worker sums and updates: an equal share of the parameters, as far as whole
 * pieces allow.
 */
export function piecesOfWorker(layout: ParameterLayout, workers: number, worker: number): Piece[] {
  return piecesOf(layout).filter(
    ({ first }) => Math.floor((first * workers) / layout.elements) === worker,
  )
}
