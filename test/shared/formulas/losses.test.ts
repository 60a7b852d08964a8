// The losses: each against its own words, its slope against its differences.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activations } from '../../../dist/shared/formulas/activations.js'
import {
  type DifferenceLoss,
  type FusedLoss,
  type Loss,
  type LossName,
  fusedActivation,
  lossNames,
  losses,
} from '../../../dist/shared/formulas/losses.js'

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
const close = (actual: number, expected: number, bound: number): void =>
  expect(Math.abs(actual - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(bound)
const number = fc.double({ min: -8, max: 8, noNaN: true })

describe('losses of p - y', () => {
  /** Of outputs p and targets y, in words that are not the source's. */
  const inWords: Partial<Record<LossName, (p: number[], y: number[]) => number>> = {
    halfSquaredError: (p, y) => sum(p.map((x, j) => (x - y[j]!) ** 2)) / 2,
    meanSquaredError: (p, y) => sum(p.map((x, j) => (x - y[j]!) ** 2)) / p.length,
    meanAbsoluteError: (p, y) => sum(p.map((x, j) => Math.max(x - y[j]!, y[j]! - x))) / p.length,
    // Huber 1964: the square is cut off where its slope is 1.
    huber: (p, y) =>
      sum(
        p.map((x, j) => {
          const d = Math.abs(x - y[j]!)
          const cut = Math.min(d, 1)
          return cut * (d - cut / 2)
        }),
      ) / p.length,
  }
  const differences = lossNames.filter((name) => losses[name].kind === 'difference')

  it('are these', () => expect(Object.keys(inWords)).toEqual(differences))

  it.each(differences)('%s: the loss in words, and the slope of it', (name) => {
    const { term, slope, scale } = losses[name] as DifferenceLoss
    const lossOf = (p: number[], y: number[]): number =>
      scale(p.length) * sum(p.map((x, j) => term(x - y[j]!)))
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 5 }), (pairs) => {
        const [p, y] = [pairs.map(([x]) => x), pairs.map(([, x]) => x)]
        close(lossOf(p, y), inWords[name]!(p, y), 1e-13)
      }),
      { seed: 1 },
    )
    for (const d of [-5, -1.5, -0.75, -0.1, 0.25, 0.5, 0.9, 1.1, 7]) {
      const h = 1e-5
      close(slope(d), (term(d + h) - term(d - h)) / (2 * h), 1e-8)
      expect(slope(-d)).toBe(-slope(d))
    }
    expect(Math.abs(slope(0))).toBe(0)
  })

  it('huber is a square up to 1, and grows by its distance beyond', () => {
    const { term, slope } = losses.huber
    expect([0, 0.5, 1, 2, -3].map(term)).toEqual([0, 0.125, 0.5, 1.5, 2.5])
    expect([-2, -1, -0.5, 0.5, 1, 2].map(slope)).toEqual([-1, -1, -0.5, 0.5, 1, 1])
  })
})

describe('losses with their activation', () => {
  const rows = fc.array(fc.tuple(number, fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 2,
    maxLength: 5,
  })
  const inWords: Partial<Record<LossName, (p: number[], y: number[]) => number>> = {
    binaryCrossEntropy: (p, y) =>
      -sum(p.map((x, j) => y[j]! * Math.log(x) + (1 - y[j]!) * Math.log1p(-x))),
    categoricalCrossEntropy: (p, y) => -sum(p.map((x, j) => y[j]! * Math.log(x))),
  }
  const outputsOf: Partial<Record<LossName, (z: number[]) => number[]>> = {
    binaryCrossEntropy: (z) => z.map((x) => 1 / (1 + Math.exp(-x))),
    categoricalCrossEntropy: (z) => {
      const all = sum(z.map(Math.exp))
      return z.map((x) => Math.exp(x) / all)
    },
  }
  const fused = lossNames.filter((name) => losses[name].kind === 'fused')
  const lossOf = ({ terms }: FusedLoss, z: number[], y: number[]): number => {
    const term = terms(z)
    return sum(y.map((target, j) => term(target, j)))
  }

  it('are these', () => expect(Object.keys(inWords)).toEqual(fused))

  it.each(fused)('%s: the loss in words, and the slope of it', (name) => {
    const loss = losses[name] as FusedLoss
    fc.assert(
      fc.property(rows, (pairs) => {
        const [z, y] = [pairs.map(([x]) => x), pairs.map(([, x]) => x)]
        const p = outputsOf[name]!(z)
        close(lossOf(loss, z, y), inWords[name]!(p, y), 1e-11)
        const h = 1e-5
        z.forEach((_, j) => {
          const at = (change: number): number => lossOf(loss, z.with(j, z[j]! + change), y)
          close(loss.slope(p[j]!, y[j]!, sum(y)), (at(h) - at(-h)) / (2 * h), 1e-7)
        })
      }),
      { seed: 2 },
    )
  })

  it('are finite and right where an output rounds to 0 or 1', () => {
    const { binaryCrossEntropy, categoricalCrossEntropy } = losses
    expect(lossOf(binaryCrossEntropy, [1000], [0])).toBe(1000)
    expect(lossOf(binaryCrossEntropy, [-1000], [1])).toBe(1000)
    expect(lossOf(binaryCrossEntropy, [1000], [1])).toBe(0)
    expect(lossOf(binaryCrossEntropy, [-1000], [0])).toBe(0)
    expect(lossOf(binaryCrossEntropy, [0], [1])).toBe(Math.LN2)
    expect(lossOf(categoricalCrossEntropy, [1000, 0], [0, 1])).toBe(1000)
    expect(lossOf(categoricalCrossEntropy, [-1000, 0], [1, 0])).toBe(1000)
    expect(lossOf(categoricalCrossEntropy, [-Infinity, 0], [0, 1])).toBe(0)
    close(lossOf(categoricalCrossEntropy, [3, 3, 3, 3], [0, 0, 1, 0]), Math.log(4), 1e-15)
  })
})

it('each says its formula, and which activation it is defined with, if any', () => {
  const named = Object.fromEntries(lossNames.map((name) => [name, fusedActivation(name)]))
  expect(named).toEqual({
    halfSquaredError: undefined,
    meanSquaredError: undefined,
    meanAbsoluteError: undefined,
    huber: undefined,
    binaryCrossEntropy: 'sigmoid',
    categoricalCrossEntropy: 'softmax',
  })
  for (const loss of Object.values<Loss>(losses)) {
    expect(loss.formula).toMatch(/sum of .*\b[py]\b/)
    if (loss.kind === 'fused') expect(Object.keys(activations)).toContain(loss.activation)
  }
})
