import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sparkline } from '../../../dist/main/commands/sparkline.js'

describe('sparkline', () => {
  it('has a block for each value, at most the width', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { maxLength: 200 }),
        fc.integer({ min: 1, max: 80 }),
        (values, width) => {
          expect(sparkline(values, width)).toMatch(
            new RegExp(`^[▁▂▃▄▅▆▇█ ]{${Math.min(values.length, width)}}$`),
          )
        },
      ),
      { seed: 1 },
    )
  })

  it('larger values are at least as high', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 40 }),
        (values) => {
          const heights = Array.from(sparkline(values, 40), (block) => block.codePointAt(0)!)
          for (let i = 1; i < values.length; i++)
            if (values[i]! > values[i - 1]!)
              expect(heights[i]).toBeGreaterThanOrEqual(heights[i - 1]!)
        },
      ),
      { seed: 2 },
    )
  })

  it('uses all eight heights, linearly or, over decades, by the logarithm', () => {
    expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline([1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000], 8)).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline([1, 0.001, 0], 3)).toBe('█▁▁')
  })

  it('many values are drawn by their means', () =>
    expect(sparkline([0, 2, 8, 8, 1, 3], 3)).toBe(sparkline([1, 8, 2], 3)))

  it('nothing, one value, a constant, what is not finite', () => {
    expect(sparkline([], 10)).toBe('')
    expect(sparkline([3], 10)).toBe(sparkline([0], 10))
    expect(new Set(sparkline([2, 2, 2], 10)).size).toBe(1)
    expect(sparkline([1, NaN, Infinity, 2], 10)).toBe('▁  █')
  })
})
