// Backend `native`: the matrix products by the system's BLAS, everything else by the wasm kernels,
// over the same arena.

import { paddedWidth } from '../../batches/padding.js'
import type { Kernels } from '../kernels.js'
import type { Parts } from '../../batches/parts.js'
import { type Operations, createWasmKernels } from '../wasm/wasm.js'

/**
 * Row-major c (m, n) = op(a) . op(b) + beta c in float32, op a transposition or nothing. Matrices
 * are byte offsets into the arena, each followed by the elements from one of its rows to the next.
 */
export type MatrixMultiply = (
  transposeA: boolean,
  transposeB: boolean,
  m: number,
  n: number,
  k: number,
  a: number,
  strideA: number,
  b: number,
  strideB: number,
  beta: 0 | 1,
  c: number,
  strideC: number,
) => void

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

/**
 * How many of `count` lines of a matrix, `width` elements each, a slice has: for parts of up to
 * `rows` rows.
 */
export function sliceOf(
  count: number,
  width: number,
  rows: number,
  most = MOST_MULTIPLICATIONS / rows / width,
): number {
  const widest = 16 * Math.floor(Math.min(most, SLICE_ELEMENTS / width) / 16)
  return widest < NARROWEST_SLICE ? count : 16 * Math.ceil(count / Math.ceil(count / widest) / 16)
}

/**
 * Elements that `transposedProduct` takes beside its operands: a slice of the gradient for each
 * part of the tree that waits, and later 8 column sums for each.
 */
export function nativeProductElements(
  parts: number,
  rows: number,
  inputs: number,
  outputs: number,
): number {
  const levels = Math.log2(parts)
  return Math.max(
    8 * levels,
    (levels - 1) * sliceOf(paddedWidth(inputs), paddedWidth(outputs), rows) * paddedWidth(outputs),
  )
}

/**
 * @param operation The wasm kernels.
 * @param multiply The library's product over the same arena.
 */
export function createNativeKernels(operation: Operations, multiply: MatrixMultiply): Kernels {
  const sumColumns = operation('sumColumns')
  const addInto = operation('addInto')

  /**
   * Lines first .. first + lines - 1 of the gradient, summed over `count` parts from part `part`
   * on.
   */
  const gradientOfParts = (
    a: number,
    deltas: number,
    target: number,
    waiting: number,
    parts: Parts,
    part: number,
    count: number,
    lines: number,
    height: number,
    width: number,
    add: boolean,
  ): void => {
    if (count === 1) {
      const row = 4 * part * parts.stride
      multiply(
        true,
        false,
        lines,
        width,
        parts.rows[part]!,
        a + row * height,
        height,
        deltas + row * width,
        width,
        add ? 1 : 0,
        target,
        width,
      )
      return
    }
    const half = count / 2
    gradientOfParts(a, deltas, target, waiting, parts, part, half, lines, height, width, false)
    if (half === 1)
      return gradientOfParts(
        a,
        deltas,
        target,
        waiting,
        parts,
        part + 1,
        1,
        lines,
        height,
        width,
        true,
      )
    const elements = lines * width
    gradientOfParts(
      a,
      deltas,
      waiting,
      waiting + 4 * elements,
      parts,
      part + half,
      half,
      lines,
      height,
      width,
      false,
    )
    addInto(target, waiting, elements)
  }

  return {
    ...createWasmKernels(operation),
    prepare: () => undefined,

    product(x, weights, _prepared, z, { count, stride, rows }, inputs, outputs) {
      const [from, to] = [paddedWidth(inputs), paddedWidth(outputs)]
      const slice = sliceOf(to, inputs, stride)
      for (let at = 0; at < to; at += slice) {
        const columns = Math.min(slice, to - at)
        for (let part = 0; part < count; part++) {
          const row = 4 * part * stride
          multiply(
            false,
            false,
            rows[part]!,
            columns,
            inputs,
            x + row * from,
            from,
            weights + 4 * at,
            to,
            0,
            z + row * to + 4 * at,
            to,
          )
        }
      }
    },

    productByTransposed(
      deltas,
      weights,
      _prepared,
      errors,
      { count, stride, rows },
      inputs,
      outputs,
    ) {
      const [from, to] = [paddedWidth(outputs), paddedWidth(inputs)]
      const slice = sliceOf(to, outputs, stride, MOST_RESULTS_TRANSPOSED / stride)
      for (let at = 0; at < to; at += slice) {
        const columns = Math.min(slice, to - at)
        for (let part = 0; part < count; part++) {
          const row = 4 * part * stride
          multiply(
            false,
            true,
            rows[part]!,
            columns,
            outputs,
            deltas + row * from,
            from,
            weights + 4 * at * from,
            from,
            0,
            errors + row * to + 4 * at,
            to,
          )
        }
      }
    },

    transposedProduct(
      a,
      deltas,
      gradient,
      biasGradient,
      scratch,
      parts,
      inputs,
      outputs,
      accumulate,
    ) {
      const [height, width] = [paddedWidth(inputs), paddedWidth(outputs)]
      const slice = sliceOf(height, width, parts.stride)
      for (let at = 0; at < height; at += slice) {
        const lines = Math.min(slice, height - at)
        gradientOfParts(
          a + 4 * at,
          deltas,
          gradient + 4 * at * width,
          scratch,
          parts,
          0,
          parts.count,
          lines,
          height,
          width,
          accumulate,
        )
      }
      sumColumns(
        deltas,
        biasGradient,
        scratch,
        parts.rowsAt,
        parts.count,
        parts.stride,
        outputs,
        accumulate ? 1 : 0,
      )
    },
  }
}
