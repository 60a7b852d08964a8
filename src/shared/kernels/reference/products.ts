// The reference backend's three products of a dense layer, as plain sums.

import { advance } from '../../arena/offsets.js'
import { paddedWidth } from '../../batches/padding.js'
import { extentOf } from '../../arena/parts.js'
import type { DenseOperands, Kernels } from '../kernels.js'
import type { Views } from './views.js'

export function productKernels(
  views: Views,
): Pick<Kernels, 'prepare' | 'matmul' | 'matmulTransposedB' | 'matmulTransposedA'> {
  const { rowsOf } = views
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

    matmulTransposedA: (operands) => storeGradient(views, operands),
  }
}

function storeGradient({ vector, rowsOf }: Views, operands: DenseOperands): void {
  const { dWeights, dBias, parts, inputs, outputs, accumulate } = operands
  const sums = gradientOf({ vector, rowsOf }, operands, 0, parts.count)
  if (!accumulate) {
    // the padding too, since sums over the parameters run over it
    vector(dWeights, paddedWidth(inputs) * paddedWidth(outputs)).fill(0)
    vector(dBias, paddedWidth(outputs)).fill(0)
  }
  const places = [...rowsOf(dWeights, inputs, outputs), vector(dBias, outputs)]
  places.forEach((place, k) => place.set(accumulate ? add(place, sums[k]!) : sums[k]!))
}

/** Rows of dW, then db: of one part, or of `count` parts from part `first` on as a tree. */
function gradientOf(
  views: Pick<Views, 'vector' | 'rowsOf'>,
  operands: DenseOperands,
  first: number,
  count: number,
): Float64Array[] {
  if (count > 1) {
    const right = gradientOf(views, operands, first + count / 2, count / 2)
    return gradientOf(views, operands, first, count / 2).map((row, k) => add(row, right[k]!))
  }
  const { x, dZ, parts, inputs, outputs } = operands
  const sums = Array.from({ length: inputs + 1 }, () => new Float64Array(outputs))
  const [rows, from] = [parts.rows[first]!, first * parts.stride * 8]
  const a = views.rowsOf(advance(x, from * paddedWidth(inputs)), rows, inputs)
  views.rowsOf(advance(dZ, from * paddedWidth(outputs)), rows, outputs).forEach((d, i) => {
    for (let k = 0; k < inputs; k++)
      for (let j = 0; j < outputs; j++) sums[k]![j] = sums[k]![j]! + a[i]![k]! * d[j]!
    for (let j = 0; j < outputs; j++) sums[inputs]![j] = sums[inputs]![j]! + d[j]!
  })
  return sums
}

function add(sum: Float64Array, addend: Float64Array): Float64Array {
  return sum.map((value, i) => value + addend[i]!)
}
