// The reference backend's three products of a dense layer, as plain sums.

import { advance } from '../../arena/offsets.js'
import { paddedWidth } from '../../batches/padding.js'
import { extentOf } from '../../arena/parts.js'
import type { DenseOperands, Kernels } from '../kernels.js'
import type { Views } from './views.js'

export function productKernels(
  views: Views,
): Pick<Kernels, 'prepare' | 'matmul' | 'matmulTransposedB' | 'matmulTransposedA' | 'sumColumns'> {
  const { rowsOf, vector } = views
  return {
    prepare: () => undefined,

    matmul({ x, weights, z, parts, inputs, outputs }) {
      const w = rowsOf(weights, inputs, outputs)
      const rows = extentOf(parts)
      const result = rowsOf(z, rows, outputs)
      rowsOf(x, rows, inputs).forEach((row, i) => {
        const sums = result[i]!.fill(0)
        for (let k = 0; k < inputs; k++)
          for (let j = 0; j < outputs; j++) sums[j] = sums[j]! + row[k]! * w[k]![j]!
      })
    },

    matmulTransposedB({ dZ, weights, dX, parts, inputs, outputs }) {
      const w = rowsOf(weights, inputs, outputs)
      const rows = extentOf(parts)
      const result = rowsOf(dX, rows, inputs)
      rowsOf(dZ, rows, outputs).forEach((row, i) => {
        for (let k = 0; k < inputs; k++) {
          let sum = 0
          for (let j = 0; j < outputs; j++) sum += row[j]! * w[k]![j]!
          result[i]![k] = sum
        }
      })
    },

    matmulTransposedA(operands, firstRow, endRow) {
      const { dWeights, parts, inputs, outputs, accumulate } = operands
      const width = paddedWidth(outputs)
      const end = Math.min(endRow, inputs)
      const sums = sumOverParts(parts.count, (part) =>
        weightGradient(views, operands, part, firstRow, end),
      )
      // The padding too: sums over the parameters run over it.
      if (!accumulate)
        vector(advance(dWeights, 8 * firstRow * width), (endRow - firstRow) * width).fill(0)
      rowsOf(advance(dWeights, 8 * firstRow * width), end - firstRow, outputs).forEach((row, k) => {
        row.set(accumulate ? add(row, sums[k]!) : sums[k]!)
      })
    },

    sumColumns(operands, firstColumn, endColumn) {
      const { dBias, parts, outputs, accumulate } = operands
      const [sums] = sumOverParts(parts.count, (part) => [biasGradient(views, operands, part)])
      const wanted = sums!.subarray(firstColumn, Math.min(endColumn, outputs))
      const place = vector(advance(dBias, 8 * firstColumn), endColumn - firstColumn)
      const before = place.slice(0, wanted.length)
      if (!accumulate) place.fill(0)
      place.set(accumulate ? add(before, wanted) : wanted)
    },
  }
}

/** Rows summed over `count` parts from part `first` on, as a tree. */
function sumOverParts(
  count: number,
  rowsOfPart: (part: number) => Float64Array[],
  first = 0,
): Float64Array[] {
  if (count === 1) return rowsOfPart(first)
  const half = count / 2
  const right = sumOverParts(half, rowsOfPart, first + half)
  return sumOverParts(half, rowsOfPart, first).map((row, k) => add(row, right[k]!))
}

/** Rows firstRow .. endRow - 1 of a part's dW. */
function weightGradient(
  { rowsOf }: Views,
  { x, dZ, parts, inputs, outputs }: DenseOperands,
  part: number,
  firstRow: number,
  endRow: number,
): Float64Array[] {
  const sums = Array.from({ length: endRow - firstRow }, () => new Float64Array(outputs))
  const [rows, from] = [parts.rows[part]!, part * parts.stride * 8]
  const a = rowsOf(advance(x, from * paddedWidth(inputs)), rows, inputs)
  rowsOf(advance(dZ, from * paddedWidth(outputs)), rows, outputs).forEach((d, i) => {
    for (const [k, row] of sums.entries())
      for (let j = 0; j < outputs; j++) row[j] = row[j]! + a[i]![firstRow + k]! * d[j]!
  })
  return sums
}

/** A part's db. */
function biasGradient(
  { rowsOf }: Views,
  { dZ, parts, outputs }: DenseOperands,
  part: number,
): Float64Array {
  const sums = new Float64Array(outputs)
  const from = advance(dZ, part * parts.stride * 8 * paddedWidth(outputs))
  for (const d of rowsOf(from, parts.rows[part]!, outputs))
    for (let j = 0; j < outputs; j++) sums[j] = sums[j]! + d[j]!
  return sums
}

function add(sum: Float64Array, addend: Float64Array): Float64Array {
  return sum.map((value, i) => value + addend[i]!)
}
