// The first part of a step: the gradients of a batch's shards, in slots. A worker alone claims slots,
// and takes a slot's shards forward and back and to their gradient. Workers that share slots claim
// units of the shards, and take them forward and back; when all have met, each computes its share
// of its team's slot.

import { leaveIfAborted } from '../../shared/arena/barrier.js'
import { unitsOf } from '../../shared/arena/parts.js'
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

/** A worker's part of a batch before all meet: slots until none is left, or units of its team's. */
export function computeShardGradients(worker: GradientWorker, batch: Batch): void {
  const { teamSize } = worker.run.layout.slots
  recordSquares(worker)
  if (teamSize > 1) takeUnits(worker, batch)
  else fillSlots(worker, batch)
}

/** Claims slots and fills each with the summed gradient of its shards. */
function fillSlots(worker: GradientWorker, batch: Batch): void {
  const { exchange, run } = worker
  const { first, bytes, count } = run.layout.slots
  const perSlot = batch.shards / count
  const firstSlot = exchange?.firstSlot ?? 0
  const endSlot = exchange?.endSlot ?? count
  for (let slot = firstSlot + worker.claim(); slot < endSlot; slot = firstSlot + worker.claim()) {
    const target = advance(first, slot * bytes)
    gradientOfSubtree(worker, batch, slot * perSlot, perSlot, target, 0, gradientOfParts)
  }
}

/** Claims units of the shards and takes each forward and back. */
function takeUnits(worker: GradientWorker, batch: Batch): void {
  const { block, model, run, tallies, timeline } = worker
  const { shardStride, unitRows, units } = run.layout.slots
  const parameters = currentParameters(worker)
  for (let unit = worker.claim(); unit < batch.shards * units; unit = worker.claim()) {
    const shard = Math.floor(unit / units)
    const done = (unit % units) * unitRows
    clearTally(tallies[0]!)
    if (done < rowsOf(batch, shard)) {
      block.firstRow = shard * shardStride + done
      placeShards(worker, batch, shard, 1, done, unitRows)
      takeForward(worker, parameters)
      model.backward(parameters)
      timeline.mark(Phase.backward)
    }
    recordTally(worker, unit, tallies[0]!)
  }
}

/** My share of the gradient of my team's slot, when all units have been forward and back. */
export function computeMyShare(worker: GradientWorker, batch: Batch): void {
  const { elementBytes, index, run, share, timeline } = worker
  const { bytes, count, first, teamSize } = run.layout.slots
  const perSlot = batch.shards / count
  const slot = Math.floor(index / teamSize)
  const target = advance(first, slot * bytes + share.first * elementBytes)
  gradientOfSubtree(worker, batch, slot * perSlot, perSlot, target, 0, shareOfParts)
  timeline.mark(Phase.gradient)
}

/**
 * My share of the summed gradient of shards first .. first + count - 1, a complete subtree of the
 * tree over all shards, added up as the tree does it.
 *
 * @param ofParts Does that for as many shards as go side by side.
 */
function gradientOfSubtree(
  worker: GradientWorker,
  batch: Batch,
  first: number,
  count: number,
  target: ByteOffset,
  depth: number,
  ofParts: typeof gradientOfParts,
): void {
  const { kernels, run, scratch, share, timeline } = worker
  if (count === run.layout.slots.parts) return ofParts(worker, batch, first, target)
  const half = count / 2
  const right = scratch.partials[depth]!
  gradientOfSubtree(worker, batch, first, half, target, depth + 1, ofParts)
  gradientOfSubtree(worker, batch, first + half, half, right, depth + 1, ofParts)
  kernels.addInto(target, right, share.elements)
  timeline.mark(Phase.sum)
}

/**
 * Forward and backward over as many shards as go side by side, from shard `first` on; or over a
 * single one that is longer than a block, block by block. Their summed gradient into `target`, the
 * sums of each unit into its record.
 */
function gradientOfParts(
  worker: GradientWorker,
  batch: Batch,
  first: number,
  target: ByteOffset,
): void {
  const { block, model, run, share, timeline } = worker
  const { parts, units, unitRows } = run.layout.slots
  const parameters = currentParameters(worker)
  const longest = units * unitRows
  block.firstRow = 0
  for (let done = 0; done < longest; done += BLOCK_ROWS) {
    clearTallies(worker)
    if (done === 0 || done < rowsOf(batch, first)) {
      placeShards(worker, batch, first, parts, done, BLOCK_ROWS)
      takeForward(worker, parameters)
      model.backward(parameters)
      model.gradient(target, done > 0, share.ranges)
      timeline.mark(Phase.backward)
    }
    recordTallies(worker, first, done)
  }
}

/** My share of the summed gradient of shards that have been forward and back, block by block. */
function shareOfParts(
  { block, elementBytes, model, run, share }: GradientWorker,
  batch: Batch,
  first: number,
  target: ByteOffset,
): void {
  const { partStride, parts, shardStride } = run.layout.slots
  const start = advance(target, -share.first * elementBytes)
  block.parts.count = parts
  block.parts.stride = partStride
  for (let done = 0; done === 0 || done < rowsOf(batch, first); done += BLOCK_ROWS) {
    block.firstRow = first * shardStride + done
    for (let part = 0; part < parts; part++)
      block.parts.rows[part] = Math.min(BLOCK_ROWS, rowsOf(batch, first + part) - done)
    model.gradient(start, done > 0, share.ranges)
  }
}

/** Loads the block's rows and takes them forward, to the tallies. */
function takeForward(worker: GradientWorker, parameters: ByteOffset): void {
  const { model, run, tallies, timeline, words } = worker
  const training = run.layout.training!
  leaveIfAborted(words)
  model.load(training)
  timeline.mark(Phase.gather)
  const weighted = training.sampleWeights !== undefined
  keepOutputs(worker, training, model.forwardWithLoss(parameters, tallies, weighted))
  timeline.mark(Phase.forward)
}

function clearTallies({ tallies }: GradientWorker): void {
  for (const tally of tallies) clearTally(tally)
}

/** Records the units of the block, whose shards begin with `first`, each from its row `done` on. */
function recordTallies(worker: GradientWorker, first: number, done: number): void {
  const { block, run, tallies } = worker
  const { unitRows, units } = run.layout.slots
  const before = done / unitRows
  const ofPart = unitsOf(block.parts)
  for (let part = 0; part < block.parts.count; part++) {
    for (let unit = 0; unit < Math.min(ofPart, units - before); unit++)
      recordTally(worker, (first + part) * units + before + unit, tallies[part * ofPart + unit]!)
  }
}

/**
 * Makes the block's parts `count` shards from shard `first` on, each from its row `done` on, at
 * most `most` rows of it.
 */
function placeShards(
  { block, row, run }: GradientWorker,
  batch: Batch,
  first: number,
  count: number,
  done: number,
  most: number,
): void {
  const { partStride, unitRows } = run.layout.slots
  block.parts.count = count
  block.parts.stride = partStride
  block.parts.unitRows = unitRows
  for (let part = 0; part < count; part++) {
    const start = shardStart(batch.size, batch.shards, first + part) + done
    const rows = Math.min(most, rowsOf(batch, first + part) - done)
    placePart(block, part, batch.first + start, rows, row)
  }
}

/** Rows of a shard. */
function rowsOf({ size, shards }: Batch, shard: number): number {
  return shardStart(size, shards, shard + 1) - shardStart(size, shards, shard)
}
