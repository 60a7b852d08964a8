import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MOST_PARTS } from '../../../dist/shared/arena/parts.js'
import {
  BLOCK_ROWS,
  blockCount,
  shardStart,
  partsOfBlock,
  shardCount,
  slotCount,
  stepsPerEpoch,
} from '../../../dist/shared/batches/shards.js'

it('shardCount is a power of two: up to 8 while each keeps 16 examples; beyond 8, up to 64, while each keeps 256', () => {
  const expected: [number, number][] = [
    [1, 1],
    [31, 1],
    [32, 2],
    [63, 2],
    [64, 4],
    [127, 4],
    [128, 8],
    [1024, 8],
    [1617, 8],
    [4095, 8],
    [4096, 16],
    [8191, 16],
    [8192, 32],
    [16_384, 64],
    [1e6, 64],
  ]
  for (const [batchSize, shards] of expected)
    expect(shardCount(batchSize), `batch of ${batchSize}`).toBe(shards)
})

it('shardCount: every shard of every batch keeps its 16, or beyond 8 its 256, and twice as many would not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (batchSize) => {
      const shards = shardCount(batchSize)
      const smallest = (count: number): number => Math.floor(batchSize / count)
      const keeps = (count: number): boolean => smallest(count) >= (count > 8 ? 256 : 16)
      expect([1, 2, 4, 8, 16, 32, 64]).toContain(shards)
      if (shards > 1) expect(keeps(shards)).toBe(true)
      if (shards < 64) expect(keeps(2 * shards)).toBe(false)
      expect(shardCount(batchSize + 1)).toBeGreaterThanOrEqual(shards)
    }),
    { seed: 1 },
  )
})

it('parts cover everything, in order, and differ by at most one', () => {
  for (const total of [0, 1, 5, 77, 1617]) {
    for (const count of [1, 2, 3, 8, 64]) {
      const sizes = Array.from(
        { length: count },
        (_, i) => shardStart(total, count, i + 1) - shardStart(total, count, i),
      )
      expect(shardStart(total, count, 0)).toBe(0)
      expect(sizes.reduce((a, b) => a + b)).toBe(total)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  }
})

const power = fc.integer({ min: 0, max: 10 }).map((exponent) => 2 ** exponent)

it('slots: one a worker where that shares the work out evenly, two otherwise', () => {
  expect(slotCount(8, 1)).toBe(1)
  expect(slotCount(8, 2)).toBe(2)
  expect(slotCount(8, 3)).toBe(8)
  expect(slotCount(32, 3)).toBe(8)
  expect(slotCount(32, 8)).toBe(8)
  expect(slotCount(2, 3)).toBe(2)
})

it('slots: each a complete subtree, a slot for every worker that can have one, and no more than two for each', () => {
  fc.assert(
    fc.property(power, fc.integer({ min: 1, max: 64 }), (shards, workers) => {
      const slots = slotCount(shards, workers)
      expect(shards % slots).toBe(0)
      expect(Number.isInteger(Math.log2(slots))).toBe(true)
      expect(slots).toBeGreaterThanOrEqual(Math.min(shards, workers))
      expect(slots).toBeLessThan(4 * workers)
    }),
    { seed: 2 },
  )
})

it('shards side by side: a power of two of them, of whole tiles, all that fit a block, and no more than a slot has', () => {
  fc.assert(
    fc.property(power, fc.integer({ min: 0, max: 1000 }), (shardsOfSlot, shardRows) => {
      const { parts, stride } = partsOfBlock(shardsOfSlot, shardRows)
      expect(shardsOfSlot % parts).toBe(0)
      expect(Number.isInteger(Math.log2(parts))).toBe(true)
      expect(parts).toBeLessThanOrEqual(MOST_PARTS)
      expect(parts * stride).toBeLessThanOrEqual(BLOCK_ROWS)
      if (parts < shardsOfSlot) expect(2 * parts * stride).toBeGreaterThan(BLOCK_ROWS)
      expect(stride % 4).toBe(0)
      expect(stride).toBeGreaterThanOrEqual(Math.min(BLOCK_ROWS, shardRows))
      expect(stride - 4).toBeLessThan(Math.max(1, shardRows))
    }),
    { seed: 3 },
  )
})

it('shards side by side: where the next begins follows from the recipe alone, not from how many go together', () => {
  fc.assert(
    fc.property(power, power, fc.integer({ min: 0, max: 1000 }), (few, many, shardRows) => {
      expect(partsOfBlock(few, shardRows).stride).toBe(partsOfBlock(many, shardRows).stride)
    }),
    { seed: 4 },
  )
})

it('parts of whole numbers: none begins before the one ahead of it, up to a thousand million', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      fc.integer({ min: 1, max: 1024 }),
      fc.nat(),
      (total, count, at) => {
        const index = at % count
        const size = shardStart(total, count, index + 1) - shardStart(total, count, index)
        expect([Math.floor(total / count), Math.ceil(total / count)]).toContain(size)
        expect(shardStart(total, count, count)).toBe(total)
      },
    ),
    { seed: 5 },
  )
})

it('blocks: as few as have room for all examples', () => {
  expect([1, 256, 257, 512, 513].map(blockCount)).toEqual([1, 1, 2, 2, 3])
})

it('steps of an epoch: each takes all batches of an update, the last one what is left', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 9 }),
      (examples, batchSize, accumulationSteps) => {
        let steps = 0
        for (let left = examples; left > 0; left -= batchSize * accumulationSteps) steps++
        expect(stepsPerEpoch(examples, batchSize, accumulationSteps)).toBe(steps)
      },
    ),
    { seed: 6 },
  )
})
