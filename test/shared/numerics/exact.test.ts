import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exactCosine, exactExp, exactLog, exactPower } from '../../../dist/shared/numerics/exact.js'

const relative = (actual: number, expected: number): number =>
  actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected)

it('exp, log, powers and cosine agree with Math to 1e-13', () => {
  const agree = (
    range: [number, number],
    off: (x: number, y: number) => number,
    bound: number,
  ): void => {
    const number = fc.double({ min: range[0], max: range[1], noNaN: true })
    fc.assert(
      fc.property(number, fc.double({ min: -9, max: 9, noNaN: true }), (x, y) => off(x, y) < bound),
      { seed: 1 },
    )
  }
  agree([-300, 300], (x) => relative(exactExp(x), Math.exp(x)), 1e-13)
  agree(
    [1e-12, 1e12],
    (x) => Math.abs(exactLog(x) - Math.log(x)) / Math.max(1, Math.abs(Math.log(x))),
    1e-14,
  )
  agree(
    [1e-3, 1e3],
    (base, exponent) => relative(exactPower(base, exponent), base ** exponent),
    1e-13,
  )
  agree([0, Math.PI], (x) => Math.abs(exactCosine(x) - Math.cos(x)), 1e-14)
})

it('a whole power is exact where the result is', () => {
  for (const [base, exponent, power] of [
    [2, 10, 1024],
    [0.5, 3, 0.125],
    [3, 0, 1],
    [7, 1, 7],
    [10, 15, 1e15],
  ] as const)
    expect(exactPower(base, exponent)).toBe(power)
  expect(relative(exactPower(0.999, 12_345), 0.999 ** 12_345)).toBeLessThan(1e-11)
  expect(exactPower(0.9, 1e6)).toBe(0)
})

it('the ends: e^0, log 1, cos 0 and cos pi are exact', () =>
  expect([exactExp(0), exactLog(1), exactCosine(0), exactCosine(Math.PI)]).toEqual([1, 0, 1, -1]))
