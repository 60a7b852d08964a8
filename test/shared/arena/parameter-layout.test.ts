import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type Tensor,
  parameterCount,
  parameterLayout,
} from '../../../dist/shared/arena/parameter-layout.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import { tensorsOf } from '../../../dist/shared/model/network.js'

const width = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 }))
const tensors: fc.Arbitrary<Tensor[]> = fc.array(
  fc
    .record({
      layer: fc.integer({ min: 0, max: 9 }),
      list: fc.constantFrom('weights', 'biases'),
      rows: width,
      columns: width,
      regularized: fc.boolean(),
      initializer: fc.constantFrom('he', 'zeros'),
      fans: fc.record({ inputs: width, outputs: width }),
    } as const)
    .map((tensor) => (tensor.list === 'biases' ? { ...tensor, rows: 1 } : tensor)),
  { maxLength: 8 },
)
const padded = (n: number): number => n + ((8 - (n % 8)) % 8)

it('of a network: all weights, then all biases, padded to whole vectors; a dropout has neither', () => {
  const network = { inputs: 5, layers: [dense(7, 'silu'), dropout(0.5), dense(3)] }
  const { elements, regularized, tensors } = parameterLayout(tensorsOf(network))
  expect(regularized).toBe(8 * 8 + 8 * 8)
  expect(elements).toBe(regularized + 8 + 8)
  expect(tensors.map(({ layer, list, first }) => [layer, list, first])).toEqual([
    [0, 'weights', 0],
    [2, 'weights', 64],
    [0, 'biases', regularized],
    [2, 'biases', regularized + 8],
  ])
})

it('whatever the tensors: those of the L2 term come first, each kind in its order, one after the other without a gap', () => {
  fc.assert(
    fc.property(tensors, (some) => {
      const layout = parameterLayout(some)
      const order = [true, false].flatMap((first) => some.filter((t) => t.regularized === first))
      let end = 0
      expect(layout.tensors.length).toBe(some.length)
      layout.tensors.forEach((placed, i) => {
        expect(placed).toMatchObject(order[i]!)
        expect(placed.first).toBe(end)
        if (placed.regularized) expect(placed.first).toBeLessThan(layout.regularized)
        else expect(placed.first).toBeGreaterThanOrEqual(layout.regularized)
        end += placed.elements
      })
      expect(layout.elements).toBe(end)
    }),
    { seed: 1 },
  )
})

it('each row is padded to a multiple of 8, and weights have whole groups of 8 rows; a vector is one row', () => {
  fc.assert(
    fc.property(tensors, (some) => {
      for (const { list, rows, columns, width, elements } of parameterLayout(some).tensors) {
        expect(width).toBe(padded(columns))
        expect(elements).toBe(width * (list === 'weights' ? padded(rows) : 1))
      }
    }),
    { seed: 2 },
  )
})

it('parameterCount: rows times columns, without padding', () => {
  const network = { inputs: 784, layers: [dense(128), dropout(0.5), dense(10)] }
  expect(parameterCount({ tensors: tensorsOf(network) })).toBe(784 * 128 + 128 + 128 * 10 + 10)
  expect(parameterCount({ tensors: [] })).toBe(0)
  fc.assert(
    fc.property(tensors, (some) => {
      const count = parameterCount(parameterLayout(some))
      expect(count).toBe(parameterCount({ tensors: some }))
      expect(count).toBeLessThanOrEqual(parameterLayout(some).elements)
    }),
    { seed: 3 },
  )
})
