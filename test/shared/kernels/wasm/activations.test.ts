// The float32 activations over the whole range of float32, against formulas of their own in
// float64.

import { describe, expect, it } from 'vitest'
import {
  type ActivationName,
  activationNames,
} from '../../../../dist/shared/formulas/activations.js'
import { backends } from '../../../../dist/shared/backends.js'
import { backendsHere } from '../../../machine.js'
import { activationOperands, noise, openBench } from '../../support.js'

/**
 * Of the normal distribution, beyond x > 0: a continued fraction (Abramowitz and Stegun 26.2.14),
 * or near 0 the series of the part below it (26.2.10).
 */
function upperTail(x: number): number {
  if (x > 2) {
    let fraction = x
    for (let k = 200; k >= 1; k--) fraction = x + k / fraction
    return density(x) / fraction
  }
  let sum = 0
  let power = x // x^(2n+1) / (-2)^n n!
  for (let n = 0; n < 60; n++) {
    sum += power / (2 * n + 1)
    power *= (-x * x) / (2 * (n + 1))
  }
  return 0.5 - sum / Math.sqrt(2 * Math.PI)
}
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
const share = (z: number): number => (z > 0 ? 1 - upperTail(z) : upperTail(-z))
const sigmoid = (z: number): number =>
  z > 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z))

/** f and f' of one element. */
const exact: Record<
  Exclude<ActivationName, 'softmax'>,
  [f: (z: number) => number, slope: (z: number) => number]
> = {
  identity: [(z) => z, () => 1],
  sigmoid: [sigmoid, (z) => sigmoid(z) * sigmoid(-z)],
  tanh: [Math.tanh, (z) => 4 * sigmoid(2 * z) * sigmoid(-2 * z)],
  relu: [(z) => (z > 0 ? z : 0), (z) => Number(z > 0)],
  leakyRelu: [(z) => (z > 0 ? z : z / 100), (z) => (z > 0 ? 1 : 0.01)],
  elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => (z > 0 ? 1 : Math.exp(z))],
  softplus: [(z) => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z))), sigmoid],
  silu: [(z) => z * sigmoid(z), (z) => sigmoid(z) + z * sigmoid(z) * sigmoid(-z)],
  gelu: [(z) => z * share(z), (z) => share(z) + z * density(z)],
}
const names = activationNames.filter((name) => name !== 'softmax')

const LARGEST = 3.4028234663852886e38
const near = Array.from({ length: 40_001 }, (_, i) => Math.fround((i - 20_000) / 1000))
const far = Array.from({ length: 2000 }, (_, i) =>
  Math.fround(2 ** ((i % 1000) / 4 - 125) * (i < 1000 ? 1 : -1)),
)
const extreme = [
  0,
  -0,
  1000,
  -1000,
  1e30,
  -1e30,
  LARGEST,
  -LARGEST,
  2 ** -149,
  -(2 ** -149),
  103.97,
  -103.97,
  87.5,
  -87.5,
  14.5,
  -14.5,
]

/** Outputs and slopes, element by element. */
function run(
  backend: (typeof backendsHere)[number],
  name: ActivationName,
  values: number[],
): { outputs: number[]; slopes: number[] } {
  const { kernels, put, get } = openBench(backend)
  const rows = Math.ceil(values.length / 8)
  const [z, errors, slopes] = [
    put(rows, 8, (i, j) => values[8 * i + j] ?? 0),
    put(rows, 8, () => 1),
    put(rows, 8, () => 99),
  ]
  const bias = put(1, 8, () => 0)
  const operands = activationOperands({ rows, columns: 8, a: z, bias, slopes, dA: errors })
  kernels.activations[name].forward(operands)
  kernels.activations[name].backward(operands)
  return {
    outputs: get(z, rows, 8).slice(0, values.length),
    slopes: get(errors, rows, 8).slice(0, values.length),
  }
}

/**
 * The largest error relative to the size, or to the floor where that is larger; infinite where
 * either isn't finite.
 */
function worst(
  actual: number[],
  values: number[],
  formula: (z: number) => number,
  floor: number,
): { error: number; at: number } {
  let found = { error: 0, at: 0 }
  values.forEach((z, i) => {
    const expected = formula(z)
    const error = Math.abs(actual[i]! - expected) / Math.max(Math.abs(expected), floor)
    if (!(error <= found.error)) found = { error: Number.isFinite(error) ? error : Infinity, at: z }
  })
  return found
}

/** Every power of two from 2^-30 to 2^6, of both signs, with numbers between. */
const everySize = [1, -1].flatMap((sign) =>
  Array.from({ length: 36 * 500 }, (_, i) =>
    Math.fround(sign * 2 ** Math.floor(i / 500 - 30) * (1 + (i % 500) / 500 + noise(i, 1) / 1000)),
  ),
)

/**
 * The largest error in units of the last place of the right value, where that is at least 1e-36:
 * somewhat above the smallest normal float, since on the way there are smaller numbers.
 */
function worstInUlps(
  actual: number[],
  values: number[],
  formula: (z: number) => number,
): { error: number; at: number } {
  let found = { error: 0, at: 0 }
  values.forEach((z, i) => {
    const expected = formula(z)
    if (Math.abs(expected) < 1e-36) return
    const error =
      Math.abs(actual[i]! - expected) / 2 ** (Math.floor(Math.log2(Math.abs(expected))) - 23)
    if (!(error <= found.error)) found = { error: Number.isNaN(error) ? Infinity : error, at: z }
  })
  return found
}

describe.each(backendsHere)('%s', (backend) => {
  const double = backends[backend].dtype === 'float64'

  it.each(names)(
    '%s and its slope over the whole range, the ends of it too: finite, and right to an absolute 1e-6 of at least 1, in float64 1e-14',
    (name) => {
      const values = [...near, ...far, ...extreme]
      const { outputs, slopes } = run(backend, name, values)
      const bound = double ? 1e-14 : 1e-6
      const [f, slope] = [
        worst(outputs, values, exact[name][0], 1),
        worst(slopes, values, exact[name][1], 1),
      ]
      expect(f.error, `f(${f.at})`).toBeLessThan(bound)
      expect(slope.error, `f'(${slope.at})`).toBeLessThan(bound)
    },
  )

  it.each(['leakyRelu', 'elu', 'softplus', 'silu', 'gelu'] as const)(
    '%s: small outputs keep a relative accuracy of 1e-6, far out 5e-6',
    (name) => {
      // In float64 by 1 + erf, which has none there.
      const values = [...near, ...far].filter((z) => !double || z > -5)
      const { outputs } = run(backend, name, values)
      for (const [limit, bound] of [
        [5, 1e-6],
        [80, 5e-6],
      ] as const) {
        const within = values.flatMap((z, i) =>
          Math.abs(z) < limit && z * outputs[i]! !== 0 ? [i] : [],
        )
        const { error, at } = worst(
          within.map((i) => outputs[i]!),
          within.map((i) => values[i]!),
          exact[name][0],
          1e-37,
        )
        expect(error, `at ${at}`).toBeLessThan(bound)
      }
    },
  )

  // The oracle may use Math, and need not be nearer than that.
  if (!double) {
    it.each([
      ['leakyRelu', 1],
      ['elu', 1],
      ['sigmoid', 2.5],
      ['tanh', 2],
      ['softplus', 2.5],
      ['silu', 4],
      ['gelu', 4.5],
    ] as const)(
      '%s: outputs keep their relative accuracy wherever they are not tiny: %d ulp',
      (name, ulps) => {
        const { outputs } = run(backend, name, everySize)
        const { error, at } = worstInUlps(outputs, everySize, exact[name][0])
        expect(error, `at ${at}`).toBeLessThan(ulps)
      },
    )

    it.each([
      ['elu', 2.5, [-2, 100]],
      ['sigmoid', 2.5, [-80, 1]],
      ['tanh', 2.5, [-0.7, 0.7]],
      ['softplus', 3, [-80, 100]],
      ['silu', 6, [-80, -2]],
      ['silu', 6, [-1, 100]],
      ['gelu', 4.5, [-12, -2]],
      ['gelu', 6, [-0.5, 100]],
    ] as const)(
      '%s: so do slopes, to %d ulp, where they are not the small difference of others: z in %o',
      (name, ulps, [from, to]) => {
        const values = everySize.filter((z) => z > from && z < to)
        const { slopes } = run(backend, name, values)
        const { error, at } = worstInUlps(slopes, values, exact[name][1])
        expect(error, `at ${at}`).toBeLessThan(ulps)
      },
    )

    it('an infinity goes to the limit, and minus infinity has a slope too', () => {
      const limits: Partial<Record<ActivationName, [up: number, down: number]>> = {
        sigmoid: [1, 0],
        tanh: [1, -1],
        relu: [Infinity, 0],
        elu: [Infinity, -1],
        softplus: [Infinity, 0],
        silu: [Infinity, 0],
        gelu: [Infinity, 0],
      }
      for (const [name, [up, down]] of Object.entries(limits) as [ActivationName, number[]][]) {
        const { outputs, slopes } = run(backend, name, [Infinity, -Infinity])
        expect(outputs[0], name).toBe(up)
        expect(outputs[1], name).toBeCloseTo(down!, 37)
        expect(slopes[1], `slope of ${name}`).toBeCloseTo(0, 37)
      }
    })
  }

  it('softplus: its slope keeps its relative accuracy where it is small', () => {
    const values = near.map((z) => Math.fround(4 * z)).filter((z) => z > -80)
    const { error, at } = worst(
      run(backend, 'softplus', values).slopes,
      values,
      exact.softplus[1],
      1e-37,
    )
    expect(error, `at ${at}`).toBeLessThan(2e-6)
  })

  it('what lies far out is exact: 1000 and -1000', () => {
    const ends: Partial<Record<ActivationName, [outputs: number[], slopes: number[]]>> = {
      leakyRelu: [
        [1000, -10],
        [1, double ? 0.01 : Math.fround(0.01)],
      ],
      elu: [
        [1000, -1],
        [1, 0],
      ],
      softplus: [
        [1000, 0],
        [1, 0],
      ],
      silu: [
        [1000, 0],
        [1, 0],
      ],
      gelu: [
        [1000, 0],
        [1, 0],
      ],
    }
    for (const [name, [outputs, slopes]] of Object.entries(ends) as [
      ActivationName,
      [number[], number[]],
    ][]) {
      const result = run(backend, name, [1000, -1000])
      expect(
        result.outputs.map((x) => x + 0),
        name,
      ).toEqual(outputs) // + 0: -0 is 0
      expect(
        result.slopes.map((x) => x + 0),
        `slope of ${name}`,
      ).toEqual(slopes)
    }
  })

  it('NaN stays NaN, in outputs and in slopes, and stays where it is', () => {
    for (const name of names.filter(
      (each) => each !== 'identity' && each !== 'relu' && each !== 'leakyRelu',
    )) {
      const { outputs, slopes } = run(backend, name, [1, NaN, -2])
      for (const [what, values] of [
        ['outputs', outputs],
        ['slopes', slopes],
      ] as const)
        expect(values.map(Number.isNaN), `${name}, ${what}`).toEqual([false, true, false])
    }
  })
})
