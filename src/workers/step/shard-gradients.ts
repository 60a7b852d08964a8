// The first half of a step: a worker claims slots and computes the gradients of their shards.

import { leaveIfAborted } from '../../shared/arena/barrier.js'
import { type ByteOffset, advance } from '../../shared/arena/offsets.js'
import { BLOCK_ROWS, shardStart } from '../../shared/batches/shards.js'
import { clearTally } from '../../shared/figures/metrics.js'
import { Phase } from '../../shared/figures/timeline.js'
import { placePart } from '../../shared/model/block.js'
import { type GradientWorker, currentParameters } from '../worker.js'
import { keepOutputs } from './all-rows.js'
import { recordSquares, recordTally } from './records.js'

/** Examples whose gradients are computed together: positions first .. first + size - 1. */
export interface Batch {
  first: number
  size: number
  /** How many shards it is cut into. */
  shards: number
}

/** The examples of a step: of one batch, or of several whose gradients are summed. */
export interface Step {
  first: number
  size: number
  epoch: number
  endsEpoch: boolean
}

/** Claims slots until none is left and fills each with the gradients of its shards. */
export function computeShardGradients(worker: GradientWorker, batch: Batch): void {
  const { exchange, run } = worker
  const { first, bytes, count } = run.layout.slots
  const perSlot = batch.shards / count
  const firstSlot = exchange?.firstSlot ?? 0
  const endSlot = exchange?.endSlot ?? count
  recordSquares(worker)
  for (let slot = firstSlot + worker.claim(); slot < endSlot; slot = firstSlot + worker.claim()) {
    gradientOfSubtree(worker, batch, slot * perSlot, perSlot, advance(first, slot * bytes), 0)
  }
}

/**
 * The summed gradient of shards first .. first + count - 1, a complete subtree of the tree over all
 * shards, added up as the tree does it.
 */
function gradientOfSubtree(
  worker: GradientWorker,
  batch: Batch,
  first: number,
  count: number,
  target: ByteOffset,
  depth: number,
): void {
  const { kernels, run, scratch, timeline } = worker
  if (count === run.layout.slots.parts) return gradientOfParts(worker, batch, first, target)
  const half = count / 2
  const right = scratch.partials[depth]!
  gradientOfSubtree(worker, batch, first, half, target, depth + 1)
  gradientOfSubtree(worker, batch, first + half, half, right, depth + 1)
  kernels.addInto(target, right, run.layout.parameters.elements)
  timeline.mark(Phase.sum)
}

/**
 * Forward and backward over as many shards as go side by side, from shard `first` on; or over a
 * single one that is longer than a block, block by block. Their summed gradient into `target`, each
 * one's sums into its record.
 */
function gradientOfParts(
  worker: GradientWorker,
  batch: Batch,
  first: number,
  target: ByteOffset,
): void {
  const { block, model, run, tallies, timeline } = worker
  const { parts } = block
  const { slots, training } = run.layout
  const parameters = currentParameters(worker)
  const weighted = training!.sampleWeights !== undefined
  const longest = startOf(batch, first + slots.parts) - startOf(batch, first)
  parts.count = slots.parts
  parts.stride = slots.partStride
  for (let part = 0; part < parts.count; part++) clearTally(tallies[part]!)
  for (let done = 0; done === 0 || (parts.count === 1 && done < longest); done += BLOCK_ROWS) {
    leaveIfAborted(worker.words)
    placeShards(worker, batch, first, done)
    model.load(training!)
    timeline.mark(Phase.gather)
    keepOutputs(worker, training!, model.forwardWithLoss(parameters, tallies, weighted))
    timeline.mark(Phase.forward)
    model.backward(parameters, target, done > 0)
    timeline.mark(Phase.backward)
  }
  for (let part = 0; part < parts.count; part++) recordTally(worker, first + part, tallies[part]!)
}

/** Makes the block's parts the shards from shard `first` on, each from its row `done` on. */
function placeShards(
  { block, row }: GradientWorker,
  batch: Batch,
  first: number,
  done: number,
): void {
  for (let part = 0; part < block.parts.count; part++) {
    const start = startOf(batch, first + part) + done
    const rows = Math.min(BLOCK_ROWS, startOf(batch, first + part + 1) - start)
    placePart(block, part, batch.first + start, rows, row)
  }
}

/** Where a shard begins in its batch. */
function startOf({ size, shards }: Batch, shard: number): number {
  return shardStart(size, shards, shard)
}
