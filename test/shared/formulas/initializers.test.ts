import { describe, expect, it } from 'vitest'
import {
  type InitializerName,
  initialWeights,
  initializerNames,
  normal,
} from '../../../dist/shared/formulas/initializers.js'

const LAYERS = [
  [400, 200, 0],
  [64, 500, 1],
  [784, 128, 2],
] as const
const meanOf = (values: Float64Array): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length
const momentOf = (values: Float64Array, power: number): number =>
  values.reduce((sum, x) => sum + x ** power, 0) / values.length

type Scale = (inputs: number, outputs: number) => number
const deviations = {
  plain: () => 0.01,
  xavier: (inputs) => 1 / Math.sqrt(inputs),
  he: (inputs) => Math.sqrt(2 / inputs),
  glorotNormal: (inputs, outputs) => Math.sqrt(2 / (inputs + outputs)),
  heNormal: (inputs) => Math.sqrt(2 / inputs),
  lecunNormal: (inputs) => Math.sqrt(1 / inputs),
  normal: () => 0.05,
} satisfies Partial<Record<InitializerName, Scale>>
const bounds = {
  glorotUniform: (inputs, outputs) => Math.sqrt(6 / (inputs + outputs)),
  heUniform: (inputs) => Math.sqrt(6 / inputs),
} satisfies Partial<Record<InitializerName, Scale>>

describe.each(Object.entries(deviations))('%s', (name, deviation) => {
  it('a sample has the mean, the deviation and the fourth moment of the normal distribution, within five standard errors', () => {
    for (const [inputs, outputs, layer] of LAYERS) {
      const weights = initialWeights(name as InitializerName, inputs, outputs, 3, layer).map(
        (w) => w / deviation(inputs, outputs),
      )
      const n = weights.length
      expect(n).toBe(inputs * outputs)
      expect(Math.abs(meanOf(weights))).toBeLessThan(5 / Math.sqrt(n))
      expect(Math.abs(Math.sqrt(momentOf(weights, 2)) - 1)).toBeLessThan(5 / Math.sqrt(2 * n))
      expect(Math.abs(momentOf(weights, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n))
    }
  })
})

describe.each(Object.entries(bounds))('%s', (name, bound) => {
  it('a sample stays within the bound, comes near it on both sides, and has the moments of the uniform distribution, within five standard errors', () => {
    for (const [inputs, outputs, layer] of LAYERS) {
      const weights = initialWeights(name as InitializerName, inputs, outputs, 3, layer).map(
        (w) => w / bound(inputs, outputs),
      )
      const n = weights.length
      expect(n).toBe(inputs * outputs)
      const [least, most] = [
        weights.reduce((a, w) => Math.min(a, w)),
        weights.reduce((a, w) => Math.max(a, w)),
      ]
      for (const end of [-least, most]) {
        expect(end).toBeLessThan(1)
        expect(end).toBeGreaterThan(1 - 40 / n)
      }
      // The powers' variances: 1/3, 1/5 - 1/9 and 1/9 - 1/25.
      expect(Math.abs(meanOf(weights))).toBeLessThan(5 * Math.sqrt(1 / 3 / n))
      expect(Math.abs(momentOf(weights, 2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n))
      expect(Math.abs(momentOf(weights, 4) - 1 / 5)).toBeLessThan(5 * Math.sqrt(16 / 225 / n))
    }
  })
})

it("normal(deviation) draws what 'normal' does, of that deviation; without one the same", () => {
  const named = initialWeights('normal', 20, 30, 3, 1)
  expect(initialWeights(normal(), 20, 30, 3, 1)).toEqual(named)
  const wider = initialWeights(normal(0.2), 20, 30, 3, 1)
  wider.forEach((w, i) => expect(w / named[i]!).toBeCloseTo(4, 12))
})

it('zeros are zeros; and every initializer is tested here', () => {
  expect(new Set(initialWeights('zeros', 20, 30, 3, 0))).toEqual(new Set([0]))
  expect([...Object.keys(deviations), ...Object.keys(bounds), 'zeros'].sort()).toEqual(
    [...initializerNames].sort(),
  )
})

it.each(initializerNames)('%s: the same for a seed', (name) => {
  expect(initialWeights(name, 7, 5, 3, 1)).toEqual(initialWeights(name, 7, 5, 3, 1))
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

it('normal initializers differ in scale alone: the same seed gives proportional weights', () => {
  const [plain, ...others] = Object.keys(deviations).map((name) =>
    initialWeights(name as InitializerName, 50, 3, 9, 0),
  )
  for (const weights of others) {
    const ratio = weights[0]! / plain![0]!
    weights.forEach((w, i) =>
      expect(Math.abs(w / plain![i]! / ratio - 1), `weight ${i}`).toBeLessThan(1e-14),
    )
  }
})
