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
export function piecesOf({ tensors }: ParameterLayout): Piece[] {
  const pieces: Extent[] = []
  tensors.forEach((tensor, t) => {
    if (tensor.list === 'weights') pieces.push(...piecesOfWeights(tensor))
    else if (!continuesRun(tensors, t)) pieces.push(...piecesOfRun(runFrom(tensors, t)))
  })
  return pieces.map((piece, index) => ({ index, ...piece }))
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

/** Whether a tensor of biases goes on with the run of the one before it. */
function continuesRun(tensors: readonly PlacedTensor[], t: number): boolean {
  const before = tensors[t - 1]
  return before?.list === 'biases' && before.regularized === tensors[t]!.regularized
}

/** The biases from tensor `t` on that are one run, whosever they are. */
function runFrom(tensors: readonly PlacedTensor[], t: number): PlacedTensor[] {
  const length = tensors.slice(t + 1).findIndex((_, i) => !continuesRun(tensors, t + 1 + i))
  return tensors.slice(t, length < 0 ? undefined : t + 1 + length)
}

function piecesOfRun(run: readonly PlacedTensor[]): Extent[] {
  const [{ first: start, regularized }, last] = [run[0]!, run.at(-1)!]
  const end = last.first + last.elements
  return Array.from({ length: Math.ceil((end - start) / CHUNK) }, (_, i) => {
    const first = start + i * CHUNK
    return { first, elements: Math.min(CHUNK, end - first), regularized, rows: undefined }
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
