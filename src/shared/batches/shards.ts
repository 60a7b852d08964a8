// How a batch is cut into shards, and how shards are grouped into slots. The shards follow from the
// recipe (batch size and the option `shards`), never from the number of workers. The grouping may
// depend on the workers, since it changes no sum.

import { paddedRows } from './padding.js'

/** Rows a worker takes through the network at a time; a longer shard is several blocks. */
export const BLOCK_ROWS = 256

/** Blocks that an evaluation claims. */
export function blockCount(examples: number): number {
  return Math.ceil(examples / BLOCK_ROWS)
}

/**
 * The number of shards of a batch, a power of two: up to 8 while each keeps 16 examples; beyond 8,
 * up to 64, while each keeps 256.
 */
export function shardCount(batchSize: number): number {
  let shards = 1
  while (shards < 8 && batchSize / (2 * shards) >= 16) shards *= 2
  while (shards >= 8 && shards < 64 && batchSize / (2 * shards) >= 256) shards *= 2
  return shards
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
