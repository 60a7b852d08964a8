// How a batch is cut, and its gradient:
//
//   rows      batch > shards > units    summed apart; taken forward and back on their own
//   weights   layer > slices            one product of a gradient
//
// That follows from the recipe (batch size and the option `shards`), never from the number of
// workers, and fixes the bits. How shards are grouped into slots, and units claimed, may depend on
// the workers: it changes no sum. (Pieces and chunks, in which parameters are updated: pieces.ts.)

import { paddedRows } from './padding.js'

/** Rows a worker takes through the network at a time; a longer shard is several blocks. */
export const BLOCK_ROWS = 256

/** Blocks that an evaluation claims. */
export function blockCount(examples: number): number {
  return Math.ceil(examples / BLOCK_ROWS)
}

/**
 * The number of shards of a batch, a power of two: up to 8 while each keeps 64 examples; beyond 8,
 * up to 64, while each keeps 128.
 */
export function shardCount(batchSize: number): number {
  let shards = 1
  while (shards < 8 && batchSize / (2 * shards) >= 64) shards *= 2
  while (shards >= 8 && shards < 64 && batchSize / (2 * shards) >= 128) shards *= 2
  return shards
}

/**
 * Rows of a unit, a multiple of 4: what goes through the network on its own, row by row. From 16 to
 * 64 rows or a little more: as many as still make 16 units of the batch, and such that a shard's
 * units are of about one length.
 */
export function unitRowsOf(batchSize: number, shards: number): number {
  let rows = 16
  while (rows < 64 && batchSize / (2 * rows) >= 16) rows *= 2
  const longest = Math.max(1, Math.ceil(batchSize / shards))
  if (longest > BLOCK_ROWS) return rows
  rows = paddedRows(Math.ceil(longest / Math.max(1, Math.round(longest / rows))))
  while (rows < longest && (longest - 1) % rows < rows / 2 - 1) rows += 4
  return rows
}

/** Units of a shard; of a shorter one the last may be empty. */
export function unitsPerShard(batchSize: number, shards: number): number {
  return Math.ceil(Math.ceil(batchSize / shards) / unitRowsOf(batchSize, shards))
}

/**
 * Units of a shard that a worker claims at a time, where several share out the units of a batch: as
 * many as get it done soonest, and of those most, since what is read for one then serves for all.
 */
export function unitsPerClaim(batchSize: number, shards: number, workers: number): number {
  const units = unitsPerShard(batchSize, shards)
  const most = Math.floor(BLOCK_ROWS / unitRowsOf(batchSize, shards))
  let best = 1
  for (let count = 2; count <= Math.min(units, most); count++)
    if (turns(units, shards, workers, count) <= turns(units, shards, workers, best)) best = count
  return best
}

/** Units that the busiest worker takes, if each claims so many at a time. */
function turns(units: number, shards: number, workers: number, count: number): number {
  return count * Math.ceil((shards * Math.ceil(units / count)) / workers)
}

/**
 * Rows of a layer's weights whose gradient is one product, a power of two: fewer where more workers
 * than shards may want to share them out.
 */
export function sliceRowsOf(batchSize: number): number {
  return batchSize < 1024 ? 32 : 128
}

/** Steps of an epoch, each of so many batches; the last one takes what is left. */
export function stepsPerEpoch(
  examples: number,
  batchSize: number,
  accumulationSteps: number,
): number {
  return Math.ceil(examples / (batchSize * accumulationSteps))
}

/** The first row of shard number `shard` of a batch: shards differ by at most one row. */
export function shardStart(batchSize: number, shards: number, shard: number): number {
  return Math.floor((shard * batchSize) / shards)
}

/**
 * The number of slots for the gradients of `shards` shards. A slot holds the sum of a complete
 * subtree of `shards / slots` shards, which one worker adds up in the order of the tree: as few as
 * keep every worker busy, since whatever lies in slots has to go from one core's cache to
 * another's.
 */
export function slotCount(shards: number, workers: number): number {
  const evenly = Number.isInteger(Math.log2(workers))
  let slots = shards
  while (slots / 2 >= (evenly ? workers : 2 * workers)) slots /= 2
  return slots
}

/**
 * The shards of a slot that a block takes through the network side by side, a power of two: as many
 * as fit into its rows. `stride` is the rows from one to the next, and follows from the recipe
 * alone.
 */
export function partsOfBlock(
  shardsOfSlot: number,
  shardRows: number,
): { parts: number; stride: number } {
  const stride = paddedRows(Math.min(BLOCK_ROWS, Math.max(1, shardRows)))
  let parts = 1
  while (2 * parts <= shardsOfSlot && 2 * parts * stride <= BLOCK_ROWS) parts *= 2
  return { parts, stride }
}
