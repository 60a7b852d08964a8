import fc from 'fast-check'
import { expect, it } from 'vitest'
import { initialValues } from '../../../dist/shared/model/initial.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import { tensorsOf } from '../../../dist/shared/model/network.js'
import { initialWeights, initializerNames } from '../../../dist/shared/formulas/initializers.js'

const layers = [
  dense(7, 'relu', { initializer: 'he' }),
  dense(4, 'tanh', { initializer: 'glorotUniform' }),
  dense(3),
]
const start = (network: Parameters<typeof tensorsOf>[0], seed = 9): Float64Array[] =>
  initialValues(tensorsOf(network), seed)

it("weights are what their layer's initializer draws for its number among the dense layers; biases are 0", () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(...initializerNames)), {
        minLength: 1,
        maxLength: 4,
      }),
      (seed, some) => {
        const network = {
          inputs: 5,
          layers: some.map(([units, initializer]) => dense(units, 'relu', { initializer })),
        }
        expect(start(network, seed)).toEqual(
          some.flatMap(([units, initializer], l) => [
            initialWeights(initializer, some[l - 1]?.[0] ?? 5, units, seed, l),
            new Float64Array(units),
          ]),
        )
      },
    ),
    { seed: 1 },
  )
})

it("a dropout before, between or in several places changes nobody's initial weights, bit for bit", () => {
  const [a, b, c] = layers as [(typeof layers)[0], (typeof layers)[0], (typeof layers)[0]]
  const plain = start({ inputs: 5, layers })
  for (const dropped of [
    [dropout(0.5), a, b, c],
    [a, dropout(0.5), b, c],
    [dropout(0), a, dropout(0.1), b, dropout(0.2), c],
  ])
    expect(start({ inputs: 5, layers: dropped })).toEqual(plain)
})

it('layers of one shape start differently, and so do seeds', () => {
  const same = { inputs: 4, layers: [dense(4), dropout(0.5), dense(4)] }
  const weights = [...start(same, 1), ...start(same, 2)].filter((_, i) => i % 2 === 0)
  expect(new Set(weights.map(String)).size).toBe(4)
})
