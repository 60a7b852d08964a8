import { expect, it } from 'vitest'
import {
  createUniform,
  normalQuantile,
  scramble,
  scrambleSeed,
} from '../../../dist/shared/numerics/random.js'

const draws = (seed: number, stream: number, count: number): number[] => {
  const uniform = createUniform(seed, stream)
  return Array.from({ length: count }, uniform)
}
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length
const deviation = (values: ArrayLike<number>): number =>
  Math.sqrt(mean(Array.from(values, (x) => x * x)) - mean(values) ** 2)

it('uniform numbers lie between 0 and 1, evenly, and follow from seed and stream', () => {
  const values = draws(5, 1, 100_000)
  expect(values.every((x) => x > 0 && x < 1)).toBe(true)
  expect(mean(values)).toBeCloseTo(0.5, 2)
  expect(deviation(values)).toBeCloseTo(Math.sqrt(1 / 12), 2)
  expect(draws(5, 1, 10)).toEqual(values.slice(0, 10))
  expect(draws(5, 2, 10)).not.toEqual(values.slice(0, 10))
  expect(draws(6, 1, 10)).not.toEqual(values.slice(0, 10))
})

it('uniform numbers fill 256 equal parts evenly, and pairs of neighbors 16 x 16: chi-square within five deviations', () => {
  const values = draws(5, 1, 200_000)
  for (const part of [
    (x: number) => Math.floor(256 * x),
    (x: number, i: number) =>
      16 * Math.floor(16 * x) + Math.floor(16 * (values[i + 1] ?? values[0]!)),
  ]) {
    const seen = new Float64Array(256)
    values.forEach((x, i) => (seen[part(x, i)] = seen[part(x, i)]! + 1))
    const expected = values.length / 256
    expect(seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(
      255 + 5 * Math.sqrt(2 * 255),
    )
  }
})

it('uniform numbers are odd multiples of 2^-53: never 0 and never 1', () => {
  // What rounding would do to the largest of them is a 1, whose normal quantile is no number.
  const others = draws(5, 1, 1000).filter((x) => (x * 2 ** 53) % 2 !== 1)
  expect(others.slice(0, 3)).toEqual([])
})

it('scramble is lowbias32: the published inverse takes it back, for a million numbers', () => {
  const unscramble = (y: number): number => {
    let x = y ^ (y >>> 16)
    x = Math.imul(x, 0x43021123)
    x ^= (x >>> 15) ^ (x >>> 30)
    x = Math.imul(x, 0x1d69e2a5)
    return (x ^ (x >>> 16)) >>> 0
  }
  let wrong = 0
  for (let i = 0; i < 1e6; i++) {
    const x = Math.imul(i, 0x9e3779b1) >>> 0
    const y = scramble(x)
    if (unscramble(y) !== x || y < 0 || y >= 2 ** 32 || !Number.isInteger(y)) wrong++
  }
  expect(wrong).toBe(0)
})

it('scramble: one flipped bit flips every bit of the result in 40 to 60 of 100 cases', () => {
  const trials = 4000
  for (let bit = 0; bit < 32; bit++) {
    const flips = new Float64Array(32)
    for (let i = 0; i < trials; i++) {
      const x = Math.imul(i + 1, 0x9e3779b1)
      const difference = scramble(x) ^ scramble(x ^ (1 << bit))
      for (let out = 0; out < 32; out++) flips[out] = flips[out]! + ((difference >>> out) & 1)
    }
    expect(Math.min(...flips) / trials, `bit ${bit}`).toBeGreaterThan(0.4)
    expect(Math.max(...flips) / trials, `bit ${bit}`).toBeLessThan(0.6)
  }
})

it('seeds and streams get keys of their own: 90,000 of them collide as seldom as random ones', () => {
  const keys = new Set<number>()
  for (let seed = -150; seed < 150; seed++)
    for (let stream = -150; stream < 150; stream++)
      keys.add(scrambleSeed(seed * (1 + 2 ** 33), stream))
  expect(keys.size).toBeGreaterThan(90_000 - 10) // 0.9 expected
})

it('the normal quantile is the inverse of the integral of the density, to a relative 1e-11, from 1e-15 to 1 - 1e-6', () => {
  /**
   * The probability below -x, for x > 0: Simpson's rule on the density from x to where nothing is
   * left.
   */
  const tail = (x: number): number => {
    const [steps, width] = [8000, Math.min(12, 40 / x)]
    const density = (t: number): number => Math.exp(-(t * t) / 2) / Math.sqrt(2 * Math.PI)
    let sum = density(x) + density(x + width)
    for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(x + (i * width) / steps)
    return (sum * width) / steps / 3
  }
  for (const p of [1e-15, 1e-12, 1e-8, 1e-5, 1e-3, 0.01, 0.0749, 0.0751, 0.2, 0.4, 0.499]) {
    expect(Math.abs(tail(-normalQuantile(p)) / p - 1), `at ${p}`).toBeLessThan(1e-11)
  }
  for (const p of [0.501, 0.7, 0.9249, 0.9251, 0.99, 1 - 1e-6]) {
    expect(Math.abs(tail(normalQuantile(p)) / (1 - p) - 1), `at ${p}`).toBeLessThan(1e-11)
  }
})

it('the normal quantile never falls, also where its formulas meet', () => {
  for (const meeting of [0.075, Math.exp(-25), 0.5, 0.925]) {
    for (let i = -50; i < 50; i++) {
      const [low, high] = [meeting * (1 + i * 1e-13), meeting * (1 + (i + 1) * 1e-13)]
      expect(normalQuantile(high) - normalQuantile(low), `from ${low}`).toBeGreaterThan(
        -1e-15 * Math.max(1, Math.abs(normalQuantile(low))),
      )
    }
  }
})

it('normal quantiles to 1e-14 of the published ones, and odd about 1/2', () => {
  const known: [number, number][] = [
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [0.9999, 3.719016485455709],
    [1e-10, -6.361340902404056],
    [1e-20, -9.262340089798408],
  ]
  for (const [probability, expected] of known)
    expect(Math.abs(normalQuantile(probability) - expected)).toBeLessThanOrEqual(
      2e-14 * Math.max(1, Math.abs(expected)),
    )
  for (const p of [0.01, 0.1, 0.3])
    expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 12)
})
