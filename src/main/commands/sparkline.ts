// A curve in one line of text.

import { drawable, logarithmicFloor } from '../pictures/scale.js'

const blocks = '▁▂▃▄▅▆▇█'

/**
 * Values as blocks of eight heights, lowest to highest; logarithmic when they span more than two
 * decades. More values than `width` are drawn by the means of equal parts; what is not finite is a
 * blank.
 */
export function sparkline(values: readonly number[], width: number): string {
  const columns = Math.min(width, values.length)
  const means = Array.from({ length: columns }, (_, i) =>
    mean(
      values.slice(
        Math.floor((i * values.length) / columns),
        Math.floor(((i + 1) * values.length) / columns),
      ),
    ),
  )
  const floor = logarithmicFloor(means)
  const heights = means
    .map((value) => drawable(value, floor))
    .map((value) => (floor === undefined ? value : Math.log(value)))
  const finite = heights.filter(Number.isFinite)
  const [lowest, highest] = [Math.min(...finite), Math.max(...finite)]
  return heights
    .map((height) => {
      if (!Number.isFinite(height)) return ' '
      // Halves, whose difference can't overflow.
      const share = highest > lowest ? (height / 2 - lowest / 2) / (highest / 2 - lowest / 2) : 0.5
      return blocks[Math.min(Math.floor(share * blocks.length), blocks.length - 1)]!
    })
    .join('')
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
