// The activations: each against its own words, its slope against its differences.

import { describe, expect, it } from 'vitest'
import {
  type Activation,
  type ActivationName,
  activationNames,
  activations,
  keepsSlopes,
} from '../../../dist/shared/formulas/activations.js'

/** The share of the standard normal distribution below z: Simpson's rule over its density. */
function normalShare(z: number): number {
  const steps = 4000
  const h = z / steps
  const density = (x: number): number => Math.exp((x * x) / -2) / Math.sqrt(2 * Math.PI)
  let sum = density(0) + density(z)
  for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * density(i * h)
  return 0.5 + (sum * h) / 3
}

const inWords: Record<Exclude<ActivationName, 'softmax'>, (z: number) => number> = {
  identity: (z) => z,
  sigmoid: (z) => (1 + Math.tanh(z / 2)) / 2,
  tanh: (z) => (Math.exp(2 * z) - 1) / (Math.exp(2 * z) + 1),
  relu: (z) => Math.max(z, 0),
  leakyRelu: (z) => Math.max(z, z / 100),
  elu: (z) => Math.max(z, 0) + Math.min(Math.exp(z) - 1, 0),
  softplus: (z) => Math.log(1 + Math.exp(z)),
  silu: (z) => z / (1 + Math.exp(-z)),
  gelu: (z) => z * normalShare(z),
}
/** f and its slope at -1000 and 1000: left, right, slope left, slope right. */
const limits: Record<keyof typeof inWords, [number, number, number, number]> = {
  identity: [-1000, 1000, 1, 1],
  sigmoid: [0, 1, 0, 0],
  tanh: [-1, 1, 0, 0],
  relu: [0, 1000, 0, 1],
  leakyRelu: [-10, 1000, 0.01, 1],
  elu: [-1, 1000, 0, 1],
  softplus: [0, 1000, 0, 1],
  silu: [0, 1000, 0, 1],
  gelu: [0, 1000, 0, 1],
}
const places = [-7.5, -4, -2.5, -1, -0.5, -0.01, 0.01, 0.3, 1, 1.7, 3, 5, 8]

describe.each(Object.entries(inWords))('%s', (name, f) => {
  const activation = activations[name as ActivationName] as Exclude<Activation, { kind: 'row' }>
  const { forward } = activation
  const slope = (z: number): number =>
    activation.kind === 'sloped' ? activation.slope(z) : activation.derivative(forward(z))

  it('is what its words say, to 1e-12', () => {
    for (const z of [...places, 0])
      expect(Math.abs(forward(z) - f(z)), `at ${z}`).toBeLessThan(1e-12)
  })

  it('has the slope that its differences have', () => {
    const h = 1e-5
    for (const z of places)
      expect(
        Math.abs(slope(z) - (forward(z + h) - forward(z - h)) / (2 * h)),
        `at ${z}`,
      ).toBeLessThan(1e-8)
  })

  it('far out it is near its limit, and so is its slope', () => {
    const [left, right, slopeLeft, slopeRight] = limits[name as keyof typeof limits]
    expect(forward(-1000)).toBeCloseTo(left, 12)
    expect(forward(1000)).toBeCloseTo(right, 12)
    expect(slope(-1000)).toBeCloseTo(slopeLeft, 12)
    expect(slope(1000)).toBeCloseTo(slopeRight, 12)
  })
})

it('at 0: relu and its like have the slope of the negative side', () => {
  const { relu, leakyRelu, elu } = activations
  const slopes = [relu, leakyRelu, elu].map((one) => one.derivative(one.forward(0)))
  expect(slopes).toEqual([0, 0.01, 1])
  expect(relu.forward(-0)).toBe(-0)
})

it('gelu far out: z on the right, 0 on the left, and its slope 1 and 0', () => {
  const forward = (z: number): number => activations.gelu.forward(z)
  const slope = (z: number): number => activations.gelu.slope(z)
  expect([9, 40].map(forward)).toEqual([9, 40])
  expect([-9, -40].map((z) => Math.abs(forward(z)))).toEqual([0, 0])
  expect([9, 40].map(slope)).toEqual([expect.closeTo(1, 14), 1])
  // erf is 1 - 1.5e-8 at 4 and 1 - 2.2e-17 at 6 (Abramowitz and Stegun, table 7.1 and 7.1.23).
  expect(forward(4 * Math.SQRT2) / (4 * Math.SQRT2)).toBeCloseTo(1 - 1.541726e-8 / 2, 13)
})

describe('softmax', () => {
  const { softmax } = activations
  const outputs = (z: number[]): number[] => {
    const row = Float64Array.from(z)
    softmax.forward(row)
    return Array.from(row)
  }

  it('shares that sum to 1, in the ratios of the exponentials, however large', () => {
    const z = [0.5, -1, 2, 0]
    const p = outputs(z)
    expect(p.reduce((a, x) => a + x)).toBeCloseTo(1, 14)
    z.forEach((x, j) => expect(p[j]! / p[0]!).toBeCloseTo(Math.exp(x - z[0]!), 13))
    const shifted = outputs(z.map((x) => x + 1000))
    shifted.forEach((x, j) => expect(x).toBeCloseTo(p[j]!, 12))
    expect(outputs([-2000, 0])).toEqual([0, 1])
    expect(outputs([7])).toEqual([1])
  })

  it('backward is the sum over its differences', () => {
    const [z, g, h] = [[0.5, -1, 2, 0], [0.3, -0.7, 1.1, 0.2], 1e-6]
    const gradient = Float64Array.from(g)
    softmax.backward(gradient, Float64Array.from(outputs(z)))
    z.forEach((x, j) => {
      const at = (change: number): number =>
        outputs(z.with(j, x + change)).reduce((sum, p, i) => sum + g[i]! * p, 0)
      expect(gradient[j]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 8)
    })
  })
})

it('the activations that are not monotonic keep their slopes', () => {
  expect(activationNames.filter((name) => keepsSlopes(name))).toEqual(['silu', 'gelu'])
})

it('all but softmax act on each element alone; those that are monotonic say their slope from their output', () => {
  const kinds = Object.fromEntries(activationNames.map((name) => [name, activations[name].kind]))
  expect(kinds).toEqual({
    ...Object.fromEntries(Object.keys(inWords).map((name) => [name, 'elementwise'])),
    silu: 'sloped',
    gelu: 'sloped',
    softmax: 'row',
  })
})
