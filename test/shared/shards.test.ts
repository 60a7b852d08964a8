import { expect, it } from 'vitest'
import { partStart, shardCount, slotCount } from '../../src/shared/shards.js'

it('shardCount is a power of two: up to 8 while each keeps 16 examples; beyond 8, up to 64, while each keeps 256', () => {
  const expected: [number, number][] = [
    [1, 1], [31, 1], [32, 2], [63, 2], [64, 4], [127, 4], [128, 8], [1024, 8], [1617, 8], [4095, 8], [4096, 16], [8191, 16], [8192, 32], [16_384, 64], [1e6, 64],
  ]
  for (const [batchSize, shards] of expected) expect(shardCount(batchSize), `batch of ${batchSize}`).toBe(shards)
})

it('parts cover everything, in order, and differ by at most one', () => {
  for (const total of [0, 1, 5, 77, 1617]) {
    for (const count of [1, 2, 3, 8, 64]) {
      const sizes = Array.from({ length: count }, (_, i) => partStart(total, count, i + 1) - partStart(total, count, i))
      expect(partStart(total, count, 0)).toBe(0)
      expect(sizes.reduce((a, b) => a + b)).toBe(total)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  }
})

it('slots: one a shard while they fit 64 MB; then a power of two, at least two a worker', () => {
  expect(slotCount(8, 1000, 2)).toBe(8)
  expect(slotCount(32, 8 * 2 ** 20, 2)).toBe(8)
  expect(slotCount(32, 64 * 2 ** 20, 2)).toBe(4)
  expect(slotCount(32, 64 * 2 ** 20, 8)).toBe(16)
  expect(slotCount(2, 2 ** 30, 3)).toBe(2)
})
