// Backend `native`: the matrix products by the system's BLAS, everything else by the wasm kernels,
// over the same arena.

import { type ByteOffset, NOWHERE, advance } from '../../arena/offsets.js'
import { paddedWidth } from '../../batches/padding.js'
import type { BlockShape, Parts } from '../../arena/parts.js'
import type { DenseOperands, Kernels } from '../kernels.js'
import type { Operations } from '../wasm/operations.js'
import { createWasmKernels } from '../wasm/wasm.js'

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

/** A library's product, and how it likes its operands. */
export interface Multiplication {
  multiply: MatrixMultiply
  /**
   * Whether it takes a small product as it lies, and copies the operands of a large one first, as
   * OpenBLAS's kernels for AVX-512 do. Then products are cut into tiles that are small. Others copy
   * always, which pays the better the larger a product is.
   */
  prefersSmall: boolean
}

/**
 * OpenBLAS 0.3 (`sgemm_small_matrix_permit` of its Skylake kernels) takes as it lies a product of
 * up to 10^6 multiplications, and of one by a transposed matrix up to 1200 results.
 */
const MOST_MULTIPLICATIONS = 1e6
const MOST_RESULTS_TRANSPOSED = 1200
/** A tile of fewer multiplications is not worth a call of its own. */
const LEAST_MULTIPLICATIONS = 50_000
/** Columns that a tile has at least, so that what is read once serves for many results. */
const LEAST_COLUMNS = 64
/** Rows of a tile of the weights' gradient, at most. */
const MOST_ROWS_OF_WEIGHTS = 32

/** A result, and the multiplications that each of its elements takes. */
export interface Result {
  rows: number
  columns: number
  depth: number
  /** Elements that a tile has at most, whatever its multiplications. */
  most?: number
}

/** Columns of the tiles that a result is cut into, a multiple of 16 or all. */
export function tileColumns({ rows, columns, depth, most = Infinity }: Result): number {
  const elements = Math.min(most, MOST_MULTIPLICATIONS / depth)
  return evenly(columns, Math.max(LEAST_COLUMNS, 16 * Math.floor(elements / rows / 16)), 16)
}

/** Rows of the tiles with so many columns. */
export function tileRows({ rows, depth, most = Infinity }: Result, columns: number): number {
  const elements = Math.min(most, MOST_MULTIPLICATIONS / depth)
  return evenly(rows, Math.max(1, Math.floor(elements / columns)), 1)
}

/** Below so many rows a tile costs more than copying what it reads. */
function leastRows(unitRows: number): number {
  return Math.min(8, Math.ceil(unitRows / 4))
}

/** As few stretches as make up `whole` with at most `most` each, of about one length. */
function evenly(whole: number, most: number, multiple: number): number {
  const stretches = Math.ceil(whole / most)
  const even = multiple * Math.ceil(whole / stretches / multiple)
  return even <= most ? even : multiple * Math.floor(most / multiple)
}

/**
 * Elements that the two sums over rows take beside their operands: a slice of the gradient for each
 * part of the tree that waits, or 8 column sums for each.
 */
export function nativeProductElements({ parts, inputs, outputs, sliceRows }: BlockShape): number {
  const levels = Math.log2(parts)
  const slice = Math.min(sliceRows, paddedWidth(inputs)) * paddedWidth(outputs)
  return Math.max(8 * levels, (levels - 1) * slice)
}

/**
 * @param operation The wasm kernels.
 * @param multiplication The library's product over the same arena.
 */
export function createNativeKernels(
  operation: Operations,
  multiplication: Multiplication,
): Kernels {
  return {
    ...createWasmKernels(operation),
    prepare: () => undefined,
    matmul: forwardProduct(multiplication),
    matmulTransposedB: inputGradient(multiplication),
    matmulTransposedA: weightGradient(operation, multiplication),
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

/** Z = X.W */
function forwardProduct(multiplication: Multiplication): Kernels['matmul'] {
  const multiplyRows = productByRows(multiplication, false)
  return ({ x, weights, z, parts, inputs, outputs }) =>
    multiplyRows(parts, x, inputs, weights, z, outputs)
}

/** dX = dZ.W^T */
function inputGradient(multiplication: Multiplication): Kernels['matmulTransposedB'] {
  const multiplyRows = productByRows(multiplication, true)
  return ({ dZ, weights, dX, parts, inputs, outputs }) =>
    multiplyRows(parts, dZ, outputs, weights, dX, inputs)
}

/**
 * c (rows, to) = a (rows, from) . b, or . b^T: some columns of c after the other, so that what they
 * need of b stays in the cache while all rows are multiplied by it; each tile within a unit.
 */
function productByRows({ multiply, prefersSmall }: Multiplication, transposeB: boolean) {
  const product = emptyProduct(false, transposeB)
  const unit: Result = { rows: 0, columns: 0, depth: 0 }
  if (transposeB) unit.most = MOST_RESULTS_TRANSPOSED
  return (
    { count, stride, rows, unitRows }: Parts,
    a: ByteOffset,
    from: number,
    b: ByteOffset,
    c: ByteOffset,
    to: number,
  ): void => {
    const [widthA, widthC] = [paddedWidth(from), paddedWidth(to)]
    unit.rows = unitRows
    unit.columns = widthC
    unit.depth = from
    let columns = widthC
    let high = unitRows
    if (prefersSmall && unitRows * LEAST_COLUMNS * from >= LEAST_MULTIPLICATIONS) {
      const [wide, rowsOfTile] = [tileColumns(unit), tileRows(unit, tileColumns(unit))]
      if (rowsOfTile >= leastRows(unitRows)) [columns, high] = [wide, rowsOfTile]
    }
    product.k = from
    product.strideA = widthA
    product.strideB = transposeB ? widthA : widthC
    product.strideC = widthC
    for (let at = 0; at < widthC; at += columns) {
      product.n = Math.min(columns, widthC - at)
      product.b = advance(b, 4 * at * (transposeB ? widthA : 1))
      for (let part = 0; part < count; part++) {
        const first = part * stride
        for (let done = 0; done < rows[part]!; done += product.m) {
          const unitEnd = Math.min(rows[part]!, unitRows * (Math.floor(done / unitRows) + 1))
          product.m = Math.min(high, unitEnd - done)
          product.a = advance(a, 4 * (first + done) * widthA)
          product.c = advance(c, 4 * ((first + done) * widthC + at))
          multiply(product)
        }
      }
    }
  }
}

/** Slice after slice of dW, each summed over the parts as a tree. */
function weightGradient(
  operation: Operations,
  { multiply, prefersSmall }: Multiplication,
): Kernels['matmulTransposedA'] {
  const addInto = operation('addInto')
  const product = emptyProduct(true, false)
  let operands: DenseOperands
  const tile: Result = { rows: MOST_ROWS_OF_WEIGHTS, columns: 0, depth: 0 }
  /** Rows and columns of a product. */
  let [high, wide] = [0, 0]
  /** The slice under way. */
  let [first, end, width] = [0, 0, 0]

  /** The slice of one part. */
  const ofPart = (part: number, target: ByteOffset, add: boolean): void => {
    const { x, dZ, parts } = operands
    const row = part * parts.stride
    product.k = parts.rows[part]!
    product.beta = add ? 1 : 0
    for (let at = first; at < end; at += high) {
      product.m = Math.min(high, end - at)
      product.a = advance(x, 4 * (row * product.strideA + at))
      for (let column = 0; column < width; column += wide) {
        product.n = Math.min(wide, width - column)
        product.b = advance(dZ, 4 * (row * width + column))
        product.c = advance(target, 4 * ((at - first) * width + column))
        multiply(product)
      }
    }
  }
  /** The slice of `count` parts from part `from` on; what comes later in the tree waits. */
  const ofParts = (from: number, count: number, target: ByteOffset, waiting: ByteOffset): void => {
    if (count === 1) return ofPart(from, target, false)
    const half = count / 2
    ofParts(from, half, target, waiting)
    if (half === 1) return ofPart(from + 1, target, true)
    const elements = (end - first) * width
    ofParts(from + half, half, waiting, advance(waiting, 4 * elements))
    addInto(target, waiting, elements)
  }

  return (given, firstRow, endRow) => {
    operands = given
    const { dWeights, scratch, parts, inputs, outputs, sliceRows, accumulate } = given
    width = paddedWidth(outputs)
    product.strideA = paddedWidth(inputs)
    product.strideB = product.strideC = width
    tile.columns = wide = width
    tile.depth = parts.stride
    high = sliceRows
    if (prefersSmall && sliceRows * width * parts.stride >= LEAST_MULTIPLICATIONS) {
      high = MOST_ROWS_OF_WEIGHTS
      wide = tileColumns(tile)
    }
    for (first = firstRow; first < endRow; first += sliceRows) {
      end = Math.min(first + sliceRows, endRow)
      const target = advance(dWeights, 4 * first * width)
      if (parts.count === 1) ofPart(0, target, accumulate)
      else ofParts(0, parts.count, target, scratch)
    }
  }
}
