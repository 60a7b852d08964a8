import { describe, expect, it } from 'vitest'
import { initialWeights, initializerNames } from '../../../dist/shared/network/initializers.js'

const LAYERS = [
  [400, 200, 0],
  [64, 500, 1],
  [784, 128, 2],
] as const
const meanOf = (values: Float64Array): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length
const momentOf = (values: Float64Array, power: number): number =>
  values.reduce((sum, x) => sum + x ** power, 0) / values.length

describe.each([
  ['plain', () => 0.01],
  ['xavier', (inputs: number) => 1 / Math.sqrt(inputs)],
  ['he', (inputs: number) => Math.sqrt(2 / inputs)],
] as const)('%s', (name, expected) => {
  it('a sample has the mean, the deviation and the fourth moment of the normal distribution, within five standard errors', () => {
    for (const [inputs, outputs, layer] of LAYERS) {
      const weights = initialWeights(name, inputs, outputs, 3, layer).map(
        (w) => w / expected(inputs),
      )
      const n = weights.length
      expect(n).toBe(inputs * outputs)
      expect(Math.abs(meanOf(weights))).toBeLessThan(5 / Math.sqrt(n))
      expect(Math.abs(Math.sqrt(momentOf(weights, 2)) - 1)).toBeLessThan(5 / Math.sqrt(2 * n))
      expect(Math.abs(momentOf(weights, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n))
    }
  })
})

it('neighbors are uncorrelated: in a row, in a column, and between layers and seeds, within five standard errors', () => {
  const [inputs, outputs] = [300, 100]
  const weights = (seed: number, layer: number): Float64Array =>
    initialWeights('plain', inputs, outputs, seed, layer).map((w) => w * 100)
  const first = weights(1, 0)
  const correlation = (other: Float64Array, lag: number): number =>
    first.subarray(lag).reduce((sum, w, i) => sum + w * other[i]!, 0) / (first.length - lag)
  for (const [other, lag] of [
    [first, 1],
    [first, outputs],
    [weights(1, 1), 0],
    [weights(2, 0), 0],
    [weights(1 + 2 ** 32, 0), 0],
  ] as const) {
    expect(Math.abs(correlation(other, lag))).toBeLessThan(5 / Math.sqrt(first.length))
  }
})

it('the same seed and layer give the same bits, now and always; another seed or layer gives other numbers', () => {
  const bits = (seed: number, layer: number): string =>
    Buffer.from(initialWeights('xavier', 4, 1, seed, layer).buffer).toString('hex')
  expect(Array.from(initialWeights('xavier', 4, 1, 1, 0))).toEqual([
    -0.23282563282665514, 0.3395793949951184, 0.15927286548407804, 0.2140056704916322,
  ])
  expect(bits(1, 0)).toBe(bits(1, 0))
  const others = [
    [1, 1],
    [2, 0],
    [-1, 0],
    [1 + 2 ** 32, 0],
    [1 + 2 ** 40, 0],
  ].map(([seed, layer]) => bits(seed!, layer!))
  expect(new Set([bits(1, 0), ...others]).size).toBe(6)
})

it('initializers differ in scale alone: the same seed gives proportional weights', () => {
  const [plain, ...others] = initializerNames.map((name) => initialWeights(name, 50, 3, 9, 0))
  for (const weights of others) {
    const ratio = weights[0]! / plain![0]!
    weights.forEach((w, i) =>
      expect(Math.abs(w / plain![i]! / ratio - 1), `weight ${i}`).toBeLessThan(1e-14),
    )
  }
})
