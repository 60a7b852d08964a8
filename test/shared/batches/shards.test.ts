import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NOWHERE } from '../../../dist/shared/arena/offsets.js'
import { MOST_PARTS, unitsOf } from '../../../dist/shared/arena/parts.js'
import {
  BLOCK_ROWS,
  blockCount,
  shardStart,
  partsOfBlock,
  shardCount,
  sliceRowsOf,
  slotCount,
  stepsPerEpoch,
  unitRowsOf,
  unitsPerShard,
} from '../../../dist/shared/batches/shards.js'

const batchSizes = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 1e6 }))
/** What each shard keeps: half of the first batch that is cut in two. */
const leastRows =
  Array.from({ length: 4096 }, (_, i) => i).findIndex((m) => shardCount(m) === 2) / 2

it('shardCount: a power of two up to 64, as many as leave each enough rows, and those from 32 to a block', () => {
  expect(leastRows).toBeGreaterThanOrEqual(32)
  expect(leastRows).toBeLessThanOrEqual(BLOCK_ROWS)
  fc.assert(
    fc.property(batchSizes, (batchSize) => {
      const shards = shardCount(batchSize)
      const keeps = (count: number): boolean =>
        Math.floor(batchSize / count) >= (count > 8 ? 2 : 1) * leastRows
      expect([1, 2, 4, 8, 16, 32, 64]).toContain(shards)
      if (shards > 1) expect(keeps(shards)).toBe(true)
      if (shards < 64) expect(keeps(2 * shards)).toBe(false)
      expect(shardCount(batchSize + 1)).toBeGreaterThanOrEqual(shards)
    }),
    { seed: 1 },
  )
})

it('shardCount of the largest batches is 64, of a small one 1', () => {
  expect([1, leastRows, 128 * leastRows, 1e6, 1e9].map(shardCount)).toEqual([1, 1, 64, 64, 64])
})

const power64 = fc.integer({ min: 0, max: 6 }).map((exponent) => 2 ** exponent)
const rowsOf = (batchSize: number, shards: number, shard: number): number =>
  shardStart(batchSize, shards, shard + 1) - shardStart(batchSize, shards, shard)

it('units: some rows, whole tiles of 4, the same for all shards; together they are each shard of each batch, and no fewer would do for the longest', () => {
  fc.assert(
    fc.property(
      batchSizes,
      power64,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (largest, shards, part) => {
        const [rows, units] = [unitRowsOf(largest, shards), unitsPerShard(largest, shards)]
        expect(Number.isInteger(units)).toBe(true)
        expect(units).toBeGreaterThanOrEqual(1)
        expect(rows % 4).toBe(0)
        expect(rows).toBeGreaterThan(0)
        const longest = Math.max(
          ...Array.from({ length: shards }, (_, shard) => rowsOf(largest, shards, shard)),
        )
        expect(units * rows).toBeGreaterThanOrEqual(longest)
        expect((units - 1) * rows).toBeLessThan(longest)
        // The last batch of an epoch is cut into as many.
        const last = Math.ceil(part * largest)
        for (let shard = 0; shard < shards; shard++)
          expect(units * rows).toBeGreaterThanOrEqual(rowsOf(last, shards, shard))
      },
    ),
    { seed: 7, numRuns: 300 },
  )
})

it('units: none reaches from one block of a shard into the next, and none is longer than a block', () => {
  fc.assert(
    fc.property(batchSizes, power64, (batchSize, shards) => {
      const rows = unitRowsOf(batchSize, shards)
      expect(rows).toBeLessThanOrEqual(BLOCK_ROWS)
      if (Math.ceil(batchSize / shards) > BLOCK_ROWS) expect(BLOCK_ROWS % rows).toBe(0)
    }),
    { seed: 8, numRuns: 1000 },
  )
})

it('units of shards of 64, 128, 192 and 256 rows are all of one length', () => {
  for (const shardRows of [64, 128, 192, 256])
    for (const shards of [1, 2, 8, 64])
      expect(shardRows % unitRowsOf(shards * shardRows, shards), `${shards} of ${shardRows}`).toBe(
        0,
      )
})

it('units that blocks of several shards count are those of a shard: the tallies of side by side are the units of each', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 * BLOCK_ROWS }), power64, (batchSize, shards) => {
      const shardRows = Math.ceil(batchSize / shards)
      fc.pre(shardRows <= BLOCK_ROWS)
      const { stride } = partsOfBlock(shards, shardRows)
      const parts = { count: 1, stride, unitRows: unitRowsOf(batchSize, shards) }
      const ofBlock = unitsOf({ ...parts, rows: new Int32Array(1), rowsAt: NOWHERE })
      expect(ofBlock).toBe(unitsPerShard(batchSize, shards))
    }),
    { seed: 9 },
  )
})

it('slices of weights: a power of two of rows, at least 8', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (batchSize) => {
      expect(Number.isInteger(Math.log2(sliceRowsOf(batchSize)))).toBe(true)
      expect(sliceRowsOf(batchSize)).toBeGreaterThanOrEqual(8)
    }),
    { seed: 10 },
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
