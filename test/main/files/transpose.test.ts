import fc from 'fast-check'
import { expect, it } from 'vitest'
import { transposed, transposeRows } from '../../../dist/main/files/transpose.js'

it('element (i, j) of what is written is element (j, first + i) of the matrix, whatever lies between its rows', () => {
  const size = fc.integer({ min: 1, max: 70 })
  const shape = fc.record({ rows: size, columns: size, padding: fc.nat(9), start: fc.nat(5) })
  fc.assert(
    fc.property(shape, fc.boolean(), ({ rows, columns, padding, start }, double) => {
      const width = columns + padding
      const values = new (double ? Float64Array : Float32Array)(start + rows * width)
      values.forEach((_, i) => (values[i] = i))
      const first = Math.floor(columns / 3)
      const into = new (double ? Float64Array : Float32Array)((columns - first) * rows)
      transposeRows({ values, start, rows, width }, into, first, columns)
      into.forEach((value, at) => {
        expect(value).toBe(start + (at % rows) * width + first + Math.floor(at / rows))
      })
    }),
    { seed: 11 },
  )
})

it('a whole matrix keeps its type, and turned twice is itself', () => {
  const values = Float64Array.from({ length: 6 }, (_, i) => i / 3)
  const turned = transposed(values, 2, 3)
  expect(turned).toEqual(Float64Array.of(0, 3, 1, 4, 2, 5).map((i) => i / 3))
  expect(transposed(turned, 3, 2)).toEqual(values)
  expect(transposed(Float32Array.of(1, 2), 1, 2)).toEqual(Float32Array.of(1, 2))
})
