import { expect, it } from 'vitest'
import {
  type LearningRate,
  constantRate,
  cosineDecay,
  exponentialDecay,
  inverseScaling,
  learningRateAt,
  plateauOf,
  reduceOnPlateau,
  stepDecay,
  warmUp,
} from '../../../dist/shared/optimizers/learning-rate.js'

/** Rates of the first steps, four an epoch. */
const ratesOf = (rate: LearningRate, steps: number, reduction?: number): number[] =>
  Array.from({ length: steps }, (_, step) => learningRateAt(rate, step, 4, reduction))
const expectClose = (actual: number[], expected: number[]): void =>
  actual.forEach((rate, i) => expect(rate, `step ${i}`).toBeCloseTo(expected[i]!, 14))

it('constant: a number, or the schedule of that name', () => {
  expect(ratesOf(0.3, 5)).toEqual([0.3, 0.3, 0.3, 0.3, 0.3])
  expect(ratesOf(constantRate({ learningRate: 0.3 }), 2)).toEqual([0.3, 0.3])
})

it('step: falls between epochs only', () =>
  expectClose(
    ratesOf(stepDecay({ learningRate: 1, factor: 0.1, every: 2 }), 20),
    Array.from({ length: 20 }, (_, step) => 0.1 ** Math.floor(step / 8)),
  ))

it('exponential: a little with every step', () =>
  expectClose(
    ratesOf(exponentialDecay({ learningRate: 2, factor: 0.5, every: 1.5 }), 12),
    Array.from({ length: 12 }, (_, step) => 2 * 0.5 ** (step / 4 / 1.5)),
  ))

it('cosine: from the rate to the minimum, and there it stays', () => {
  const rates = ratesOf(cosineDecay({ learningRate: 1, epochs: 2, minimum: 0.1 }), 12)
  expectClose(
    rates,
    Array.from(
      { length: 12 },
      (_, step) => 0.1 + 0.45 * (1 + Math.cos((Math.PI * Math.min(step, 8)) / 8)),
    ),
  )
  expect(rates.slice(8)).toEqual([0.1, 0.1, 0.1, 0.1])
})

it('inverse scaling', () =>
  expectClose(
    ratesOf(inverseScaling({ learningRate: 3, power: 0.5 }), 9),
    Array.from({ length: 9 }, (_, step) => 3 / Math.sqrt(1 + step / 4)),
  ))

it('warm-up: equal steps up to the first rate of what follows, which begins there; also shorter than an epoch', () => {
  expectClose(ratesOf(warmUp({ epochs: 1, then: 0.8 }), 6), [0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
  expectClose(
    ratesOf(
      warmUp({ epochs: 0.5, then: exponentialDecay({ learningRate: 1, factor: 0.5, every: 1 }) }),
      6,
    ),
    [0.5, 1, 1, 0.5 ** 0.25, 0.5 ** 0.5, 0.5 ** 0.75],
  )
})

it('reduce on plateau: times what the plateaus have come to, never below the minimum; also after a warm-up', () => {
  const schedule = reduceOnPlateau({ learningRate: 0.5, minimum: 0.1 })
  expect([1, 0.5, 0.1].map((reduction) => learningRateAt(schedule, 9, 4, reduction))).toEqual([
    0.5, 0.25, 0.1,
  ])
  expect(plateauOf(schedule)).toBe(schedule)
  expect(plateauOf(warmUp({ epochs: 1, then: schedule }))).toBe(schedule)
  expect(learningRateAt(warmUp({ epochs: 1, then: schedule }), 9, 4, 0.5)).toBe(0.25)
  expect([0.1, stepDecay({ learningRate: 1 })].map((rate) => plateauOf(rate))).toEqual([
    undefined,
    undefined,
  ])
})
