// The reference backend's sum over the slots, and what goes with it: division, the L2 term,
// squares.

import { advance } from '../../arena/offsets.js'
import type { Kernels } from '../kernels.js'
import type { Views } from './views.js'

export function sumKernels({
  vector,
  rowsOf,
}: Views): Pick<
  Kernels,
  'scaleRows' | 'addInto' | 'sumSlots' | 'addDecay' | 'sumSquares' | 'allFinite' | 'divide'
> {
  return {
    scaleRows(matrix, weights, rows, columns) {
      const w = rowsOf(weights, rows, 1)
      rowsOf(matrix, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) row[j] = row[j]! * w[i]![0]!
      })
    },

    addInto(sum, addend, elements) {
      const to = vector(sum, elements)
      const from = vector(addend, elements)
      for (let i = 0; i < elements; i++) to[i] = to[i]! + from[i]!
    },

    sumSlots({ slots, slotBytes, count, sum, elements, divisor }) {
      const slot = Array.from({ length: count }, (_, s) =>
        vector(advance(slots, s * slotBytes), elements),
      )
      const tree = (first: number, size: number, i: number): number =>
        size === 1
          ? slot[first]![i]!
          : tree(first, size / 2, i) + tree(first + size / 2, size / 2, i)
      const to = vector(sum, elements)
      for (let i = 0; i < elements; i++) to[i] = tree(0, count, i) / divisor
    },

    addDecay(gradient, weights, elements, factor) {
      const g = vector(gradient, elements)
      const w = vector(weights, elements)
      for (let i = 0; i < elements; i++) g[i] = g[i]! + factor * w[i]!
    },

    sumSquares: (values, elements) => vector(values, elements).reduce((sum, w) => sum + w * w, 0),

    allFinite: (values, elements) => vector(values, elements).every(Number.isFinite),

    divide(values, elements, divisor) {
      const v = vector(values, elements)
      for (let i = 0; i < elements; i++) v[i] = v[i]! / divisor
    },
  }
}
