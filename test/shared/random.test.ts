import { expect, it } from 'vitest'
import { initialWeights } from '../../src/shared/initialisers.js'
import { createUniform, normalQuantile, scramble } from '../../src/shared/random.js'

const draws = (seed: number, stream: number, count: number): number[] => {
  const uniform = createUniform(seed, stream)
  return Array.from({ length: count }, uniform)
}
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length
const deviation = (values: ArrayLike<number>): number => Math.sqrt(mean(Array.from(values, (x) => x * x)) - mean(values) ** 2)

it('uniform numbers lie between 0 and 1, evenly, and follow from seed and stream', () => {
  const values = draws(5, 1, 100_000)
  expect(values.every((x) => x > 0 && x < 1)).toBe(true)
  expect(mean(values)).toBeCloseTo(0.5, 2)
  expect(deviation(values)).toBeCloseTo(Math.sqrt(1 / 12), 2)
  expect(draws(5, 1, 10)).toEqual(values.slice(0, 10))
  expect(draws(5, 2, 10)).not.toEqual(values.slice(0, 10))
  expect(draws(6, 1, 10)).not.toEqual(values.slice(0, 10))
})

it('scramble maps different numbers to different ones', () => {
  expect(new Set(Array.from({ length: 100_000 }, (_, i) => scramble(i))).size).toBe(100_000)
})

it('normal quantiles to 1e-14 of the published ones, and odd about 1/2', () => {
  const known: [number, number][] = [
    [0.5, 0], [0.75, 0.6744897501960817], [0.975, 1.959963984540054], [0.999, 3.090232306167813], [0.9999, 3.719016485455709], [1e-10, -6.361340902404056], [1e-20, -9.262340089798408],
  ]
  for (const [probability, expected] of known) expect(Math.abs(normalQuantile(probability) - expected)).toBeLessThanOrEqual(2e-14 * Math.max(1, Math.abs(expected)))
  for (const p of [0.01, 0.1, 0.3]) expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 12)
})

it('initial weights have the standard deviation their name says, and mean 0', () => {
  for (const [name, expected] of [['plain', 0.01], ['xavier', 1 / 20], ['he', Math.sqrt(2) / 20]] as const) {
    const weights = initialWeights(name, 400, 200, 3, 0)
    expect(deviation(weights) / expected).toBeCloseTo(1, 1)
    expect(Math.abs(mean(weights)) / expected).toBeLessThan(0.02)
  }
})

it('initial weights: the same bits on every machine, other numbers in other layers', () => {
  expect(Array.from(initialWeights('xavier', 4, 1, 1, 0))).toEqual([-0.23282562720285635, 0.3395794042836529, 0.15927286301126278, 0.2140056653598466])
  expect(initialWeights('xavier', 4, 1, 1, 1)).not.toEqual(initialWeights('xavier', 4, 1, 1, 0))
})
