// How the parameters are cut into pieces, the unit in which workers sum, update and prepare them. A
// piece of weights is whole groups of 8 rows of one tensor, so that the worker that has updated it
// can prepare it for the next products while it is in the cache. Other pieces are stretches of the
// biases.

import type { ParameterLayout, PlacedTensor } from './parameter-layout.js'

/**
 * Elements that a pass takes at a time: small enough to stay in the first-level cache between one
 * pass and the next.
 */
export const CHUNK = 1024

export interface Piece {
  /** Its place among all pieces. */
  index: number
  /** Its first element, from the start of the parameters, and how many. */
  first: number
  elements: number
  /** Whether the L2 term includes it. */
  regularized: boolean
  /** Of weights: the rows it has. */
  rows: PieceRows | undefined
}

/** Rows firstRow .. endRow - 1 of a layer's weights. */
export interface PieceRows {
  layer: number
  firstRow: number
  endRow: number
}

type Extent = Omit<Piece, 'index'>

/** The pieces of all parameters in order: at least a chunk each, where a tensor has that much. */
export function piecesOf({ tensors, elements }: ParameterLayout): Piece[] {
  const weights = tensors.filter(({ list }) => list === 'weights')
  const biases = tensors.filter(({ list }) => list === 'biases')
  const end = biases[0]?.first ?? elements
  return [...weights.flatMap(piecesOfWeights), ...piecesOfRun(end, elements)].map(
    (piece, index) => ({ index, ...piece }),
  )
}

function piecesOfWeights({
  layer,
  rows,
  width,
  first,
  regularized,
  elements,
}: PlacedTensor): Extent[] {
  const stored = elements / width
  const step = 8 * Math.ceil(CHUNK / (8 * width))
  return Array.from({ length: Math.ceil(rows / step) }, (_, i) => {
    const [firstRow, endRow] = [i * step, Math.min((i + 1) * step, stored)]
    return {
      first: first + firstRow * width,
      elements: (endRow - firstRow) * width,
      regularized,
      rows: { layer, firstRow, endRow },
    }
  })
}

/** All biases are one run, whosever they are. */
function piecesOfRun(start: number, end: number): Extent[] {
  return Array.from({ length: Math.ceil((end - start) / CHUNK) }, (_, i) => {
    const first = start + i * CHUNK
    return { first, elements: Math.min(CHUNK, end - first), regularized: false, rows: undefined }
  })
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
