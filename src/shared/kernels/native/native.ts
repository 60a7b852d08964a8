// Backend `native`: the matrix products by the system's BLAS, everything else by the wasm kernels,
// over the same arena.

import { type ByteOffset, NOWHERE, advance } from '../../arena/offsets.js'
import { paddedWidth } from '../../batches/padding.js'
import type { BlockShape, Parts } from '../../arena/parts.js'
import type { Kernels } from '../kernels.js'
import { type Operations, createWasmKernels } from '../wasm/wasm.js'

/** Row-major c (m, n) = op(a) . op(b) + beta c in float32, op a transposition or nothing. */
export interface MatrixProduct {
  transposeA: boolean
  transposeB: boolean
  m: number
  n: number
  k: number
  a: ByteOffset
  /** Elements from one row of `a` to the next. */
  strideA: number
  b: ByteOffset
  strideB: number
  beta: 0 | 1
  c: ByteOffset
  strideC: number
}
export type MatrixMultiply = (product: MatrixProduct) => void

/**
 * OpenBLAS takes a product of up to 10^6 multiplications as it lies, and one by a transposed matrix
 * of up to 1200 results; for a larger one it first copies both operands, which for the few rows of
 * a small shard takes as long as a third of the product. So products are cut into slices that are
 * taken as they lie, if that leaves them wide enough. A slice also stays in the second-level cache
 * while one part after another is multiplied by it.
 */
const MOST_MULTIPLICATIONS = 1e6
const MOST_RESULTS_TRANSPOSED = 1200
const NARROWEST_SLICE = 32
const SLICE_ELEMENTS = 65_536

/** Lines of a matrix, to be multiplied by parts. */
export interface Lines {
  count: number
  /** Elements of each. */
  width: number
  /** Of the longest part, at most. */
  rows: number
  /** That a slice has at most, whatever its multiplications. */
  most?: number
}

/** How many of the lines a slice has. */
export function sliceOf({
  count,
  width,
  rows,
  most = MOST_MULTIPLICATIONS / rows / width,
}: Lines): number {
  const widest = 16 * Math.floor(Math.min(most, SLICE_ELEMENTS / width) / 16)
  return widest < NARROWEST_SLICE ? count : 16 * Math.ceil(count / Math.ceil(count / widest) / 16)
}

/**
 * Elements that `matmulTransposedA` takes beside its operands: a slice of the gradient for each
 * part of the tree that waits, and later 8 column sums for each.
 */
export function nativeProductElements({ parts, rows, inputs, outputs }: BlockShape): number {
  const levels = Math.log2(parts)
  const width = paddedWidth(outputs)
  const slice = sliceOf({ count: paddedWidth(inputs), width, rows })
  return Math.max(8 * levels, (levels - 1) * slice * width)
}

/**
 * @param operation The wasm kernels.
 * @param multiply The library's product over the same arena.
 */
export function createNativeKernels(operation: Operations, multiply: MatrixMultiply): Kernels {
  return {
    ...createWasmKernels(operation),
    prepare: () => undefined,
    matmul: forwardProduct(multiply),
    matmulTransposedB: inputGradient(multiply),
    matmulTransposedA: weightGradient(operation, multiply),
  }
}

/** A product to be filled in, made once: a step leaves nothing to collect. */
function emptyProduct(transposeA: boolean, transposeB: boolean): MatrixProduct {
  return {
    transposeA,
    transposeB,
    m: 0,
    n: 0,
    k: 0,
    a: NOWHERE,
    strideA: 0,
    b: NOWHERE,
    strideB: 0,
    beta: 0,
    c: NOWHERE,
    strideC: 0,
  }
}

function forwardProduct(multiply: MatrixMultiply): Kernels['matmul'] {
  const product = emptyProduct(false, false)
  const lines: Lines = { count: 0, width: 0, rows: 0 }
  return ({ x, weights, z, parts: { count, stride, rows }, inputs, outputs }) => {
    const [from, to] = [paddedWidth(inputs), paddedWidth(outputs)]
    lines.count = to
    lines.width = inputs
    lines.rows = stride
    const slice = sliceOf(lines)
    product.k = inputs
    product.strideA = from
    product.strideB = product.strideC = to
    for (let at = 0; at < to; at += slice) {
      product.n = Math.min(slice, to - at)
      product.b = advance(weights, 4 * at)
      for (let part = 0; part < count; part++) {
        const row = 4 * part * stride
        product.m = rows[part]!
        product.a = advance(x, row * from)
        product.c = advance(z, row * to + 4 * at)
        multiply(product)
      }
    }
  }
}

function inputGradient(multiply: MatrixMultiply): Kernels['matmulTransposedB'] {
  const product = emptyProduct(false, true)
  const lines = { count: 0, width: 0, rows: 0, most: 0 }
  return ({ dZ, weights, dX, parts: { count, stride, rows }, inputs, outputs }) => {
    const [from, to] = [paddedWidth(outputs), paddedWidth(inputs)]
    lines.count = to
    lines.width = outputs
    lines.rows = stride
    lines.most = MOST_RESULTS_TRANSPOSED / stride
    const slice = sliceOf(lines)
    product.k = outputs
    product.strideA = product.strideB = from
    product.strideC = to
    for (let at = 0; at < to; at += slice) {
      product.n = Math.min(slice, to - at)
      product.b = advance(weights, 4 * at * from)
      for (let part = 0; part < count; part++) {
        const row = 4 * part * stride
        product.m = rows[part]!
        product.a = advance(dZ, row * from)
        product.c = advance(dX, row * to + 4 * at)
        multiply(product)
      }
    }
  }
}

/** Slice after slice of dW, each summed over the parts as a tree; then db. */
function weightGradient(
  operation: Operations,
  multiply: MatrixMultiply,
): Kernels['matmulTransposedA'] {
  const setParts = operation('setParts')
  const sumColumns = operation('sumColumns')
  const addInto = operation('addInto')
  const product = emptyProduct(true, false)
  const lines: Lines = { count: 0, width: 0, rows: 0 }
  /** Where the slice's columns of X begin, and dZ. */
  const from = { x: NOWHERE, dZ: NOWHERE }

  /** The slice of one part. */
  const ofPart = (parts: Parts, part: number, target: ByteOffset, add: boolean): void => {
    const row = 4 * part * parts.stride
    product.k = parts.rows[part]!
    product.a = advance(from.x, row * product.strideA)
    product.b = advance(from.dZ, row * product.strideB)
    product.beta = add ? 1 : 0
    product.c = target
    multiply(product)
  }
  /** The slice of `count` parts from part `first` on; what comes later in the tree waits. */
  const ofParts = (
    parts: Parts,
    first: number,
    count: number,
    target: ByteOffset,
    waiting: ByteOffset,
  ): void => {
    if (count === 1) return ofPart(parts, first, target, false)
    const half = count / 2
    ofParts(parts, first, half, target, waiting)
    if (half === 1) return ofPart(parts, first + 1, target, true)
    const elements = product.m * product.n
    ofParts(parts, first + half, half, waiting, advance(waiting, 4 * elements))
    addInto(target, waiting, elements)
  }

  return ({ x, dZ, dWeights, dBias, scratch, parts, inputs, outputs, accumulate }) => {
    const [height, width] = [paddedWidth(inputs), paddedWidth(outputs)]
    lines.count = height
    lines.width = width
    lines.rows = parts.stride
    const slice = sliceOf(lines)
    product.strideA = height
    product.n = product.strideB = product.strideC = width
    from.dZ = dZ
    for (let at = 0; at < height; at += slice) {
      product.m = Math.min(slice, height - at)
      from.x = advance(x, 4 * at)
      const target = advance(dWeights, 4 * at * width)
      if (parts.count === 1) ofPart(parts, 0, target, accumulate)
      else ofParts(parts, 0, parts.count, target, scratch)
    }
    setParts(parts.rowsAt, parts.count, parts.stride)
    sumColumns(dZ, dBias, scratch, outputs, accumulate ? 1 : 0)
  }
}
