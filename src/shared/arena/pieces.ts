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
const CHUNK_OF_BIASES = 256
/** Elements of a gradient that stay in the second-level cache from its products to its update. */
export const STRETCH = 65_536

/**
 * What a column of biases takes beside an element of weights, where a worker computes the gradient
 * of its pieces: as many additions as the weights have multiplications, but one lane at a time.
 */
const COST_OF_BIAS = 8

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
  return tensors
    .flatMap((tensor, t) => {
      if (tensor.list === 'weights') return piecesOfWeights(tensor)
      return continuesRun(tensors, t) ? [] : piecesOfRun(runFrom(tensors, t))
    })
    .map((piece, index) => ({ index, ...piece }))
}

/** A piece has a power of two of rows, so that slices of rows, which have too, are whole pieces. */
function piecesOfWeights({
  layer,
  rows,
  width,
  first,
  regularized,
  elements,
}: PlacedTensor): Extent[] {
  const stored = elements / width
  let step = 8
  while (step * width < CHUNK) step *= 2
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
  return Array.from({ length: Math.ceil((end - start) / CHUNK_OF_BIASES) }, (_, i) => {
    const first = start + i * CHUNK_OF_BIASES
    const elements = Math.min(CHUNK_OF_BIASES, end - first)
    return { first, elements, regularized, rows: undefined }
  })
}

/**
 * The pieces that one of some workers has: an equal share of the work, as far as whole slices
 * allow, and one stretch of the parameters.
 *
 * @param sliceRows Rows of weights that stay together, a power of two: those whose gradient is one
 * product.
 */
export function shareOf(
  layout: ParameterLayout,
  sliceRows: number,
  workers: number,
  worker: number,
): Piece[] {
  const slices = slicesOf(piecesOf(layout), sliceRows)
  const costs = slices.map((pieces) => pieces.reduce((sum, piece) => sum + costOf(piece), 0))
  const total = costs.reduce((sum, cost) => sum + cost, 0)
  let before = 0
  return slices
    .filter((_, s) => {
      const middle = before + costs[s]! / 2
      before += costs[s]!
      return Math.floor((middle * workers) / total) === worker
    })
    .flat()
}

function costOf({ elements, rows }: Piece): number {
  return rows ? elements : COST_OF_BIAS * elements
}

function slicesOf(pieces: readonly Piece[], sliceRows: number): Piece[][] {
  const slices: Piece[][] = []
  for (const piece of pieces) {
    if (slices.length > 0 && piece.rows && piece.rows.firstRow % sliceRows !== 0)
      slices.at(-1)!.push(piece)
    else slices.push([piece])
  }
  return slices
}

/** Pieces that follow on each other, and what they have of each tensor. */
export interface Stretch {
  pieces: Piece[]
  ranges: TensorRange[]
  /** From the start of the parameters, in elements. */
  first: number
  elements: number
}

/** Of one tensor: rows first .. end - 1 of weights, columns first .. end - 1 of biases. */
export interface TensorRange {
  layer: number
  list: 'weights' | 'biases'
  first: number
  end: number
}

/** @param pieces Some that follow on each other. */
export function stretchOf(layout: ParameterLayout, pieces: Piece[]): Stretch {
  const elements = pieces.reduce((sum, piece) => sum + piece.elements, 0)
  return { pieces, ranges: rangesOf(layout, pieces), first: pieces[0]?.first ?? 0, elements }
}

/**
 * The stretches of some pieces: as many whole slices each as have at most `most` elements, one at
 * least.
 */
export function stretchesOf(
  layout: ParameterLayout,
  sliceRows: number,
  pieces: readonly Piece[],
  most: number,
): Stretch[] {
  const stretches: Stretch[] = []
  for (const slice of slicesOf(pieces, sliceRows)) {
    const last = stretches.at(-1)
    const elements = slice.reduce((sum, piece) => sum + piece.elements, 0)
    const fits = last && last.elements + elements <= most
    if (fits) stretches.pop()
    stretches.push(stretchOf(layout, fits ? last.pieces.concat(slice) : slice))
  }
  return stretches
}

function rangesOf({ tensors }: ParameterLayout, pieces: readonly Piece[]): TensorRange[] {
  if (pieces.length === 0) return []
  const [from, last] = [pieces[0]!.first, pieces.at(-1)!]
  const to = last.first + last.elements
  return tensors.flatMap(({ layer, list, first, elements, width }) => {
    const [begin, end] = [Math.max(from, first) - first, Math.min(to, first + elements) - first]
    if (begin >= end) return []
    const unit = list === 'weights' ? width : 1
    return { layer, list, first: begin / unit, end: end / unit }
  })
}
