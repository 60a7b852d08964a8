// Backend `native`: the matrix products by the system's BLAS, everything else by the wasm kernels, over the same arena.

import { paddedWidth } from '../padding.js'
import type { Kernels } from './kernels.js'
import { type Operations, createWasmKernels } from './wasm.js'

/**
 * Row-major c (m, n) = op(a) . op(b) + beta c in float32, op a transposition or nothing. Matrices are byte offsets into the arena, each followed
 * by the elements from one of its rows to the next.
 */
export type MatrixMultiply = (
  transposeA: boolean, transposeB: boolean, m: number, n: number, k: number,
  a: number, strideA: number, b: number, strideB: number, beta: 0 | 1, c: number, strideC: number,
) => void

/** BLAS packs its operands itself. */
export function nativePreparedElements(): number {
  return 0
}

/**
 * Multiplications up to which OpenBLAS takes a product as it lies; for a larger one it first copies both operands, which for the few rows of a
 * small shard takes as long as a quarter of the product. See docs/performance.md.
 */
const UNPACKED_PRODUCT = 1e6
/** Narrower slices cost more than the copies. */
const NARROWEST_SLICE = 32

/** The width of equal slices of a product's `columns`, `work` multiplications each column. */
export function sliceWidth(columns: number, work: number): number {
  if (columns * work <= UNPACKED_PRODUCT) return columns
  const slices = Math.ceil((columns * work) / UNPACKED_PRODUCT)
  const width = Math.floor(columns / slices / 16) * 16
  return width < NARROWEST_SLICE ? columns : width
}

/** @param operation The wasm kernels. @param multiply The library's product over the same arena. */
export function createNativeKernels(operation: Operations, multiply: MatrixMultiply): Kernels {
  const sumColumns = operation('sumColumns')
  return {
    ...createWasmKernels(operation),
    prepare: () => undefined,

    product(x, weights, _prepared, z, rows, inputs, outputs) {
      const [from, to] = [paddedWidth(inputs), paddedWidth(outputs)]
      const slice = sliceWidth(to, rows * inputs)
      for (let at = 0; at < to; at += slice) {
        multiply(false, false, rows, Math.min(slice, to - at), inputs, x, from, weights + 4 * at, to, 0, z + 4 * at, to)
      }
    },

    productByTransposed(deltas, weights, _prepared, errors, rows, inputs, outputs) {
      const [from, to] = [paddedWidth(outputs), paddedWidth(inputs)]
      const slice = sliceWidth(to, rows * outputs)
      for (let at = 0; at < to; at += slice) {
        multiply(false, true, rows, Math.min(slice, to - at), outputs, deltas, from, weights + 4 * at * from, from, 0, errors + 4 * at, to)
      }
    },

    transposedProduct(a, deltas, gradient, biasGradient, _scratch, rows, inputs, outputs, accumulate) {
      const [height, width] = [paddedWidth(inputs), paddedWidth(outputs)]
      const slice = sliceWidth(height, rows * width)
      for (let at = 0; at < height; at += slice) {
        multiply(true, false, Math.min(slice, height - at), width, rows, a + 4 * at, height, deltas, width, accumulate ? 1 : 0, gradient + 4 * at * width, width)
      }
      sumColumns(deltas, biasGradient, rows, outputs, accumulate ? 1 : 0)
    },
  }
}
