// The first part of a step: the gradients of a batch's shards, in slots. Workers each on their own
// claim slots, and take a slot's shards forward, back and to their gradient. Workers together claim
// units of the shards, and take them forward and back; when all have met, each computes its share
// of its team's slot, or where that is updated at once, of the gradient.

import { leaveIfAborted } from '../../shared/arena/barrier.js'
import type { Stretch } from '../../shared/arena/pieces.js'
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
  recordSquares(worker)
  if (worksTogether(worker)) takeUnits(worker, batch)
  else fillSlots(worker, batch)
}

/** Whether a worker shares its slot with others. */
export function worksTogether({ run }: GradientWorker): boolean {
  return run.layout.slots.teamSize > 1
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
    gradientOfSubtree(worker, batch, slot * perSlot, perSlot, target, worker.share, 0)
  }
}

/** Claims units of the shards, some of one shard at a time, and takes them forward and back. */
function takeUnits(worker: GradientWorker, batch: Batch): void {
  const { block, model, run, timeline } = worker
  const { shardStride, unitRows, units, unitsPerClaim } = run.layout.slots
  const parameters = currentParameters(worker)
  const perShard = Math.ceil(units / unitsPerClaim)
  const rows = unitsPerClaim * unitRows
  for (let claim = worker.claim(); claim < batch.shards * perShard; claim = worker.claim()) {
    const shard = Math.floor(claim / perShard)
    const done = (claim % perShard) * rows
    clearTallies(worker)
    block.firstRow = shard * shardStride + done
    block.parts.stride = rows
    placeShards(worker, batch, shard, 1, done, rows)
    if (done < rowsOf(batch, shard)) {
      takeForward(worker, parameters)
      model.backward(parameters)
      timeline.mark(Phase.backward)
    }
    recordTallies(worker, shard, done)
  }
}

/** My share of my team's slot, when all units have been forward and back. */
export function computeMyShare(worker: GradientWorker, batch: Batch): void {
  const { elementBytes, index, run, share } = worker
  const { bytes, first, teamSize } = run.layout.slots
  const slot = Math.floor(index / teamSize)
  const target = advance(first, slot * bytes + share.first * elementBytes)
  computeStretch(worker, batch, slot, share, target)
}

/**
 * Sees to it that the gradient of a stretch is there to be summed: it is, in the slots, or it is
 * computed now.
 * @returns Where the slots begin; or where a slot would, of which this stretch is there alone.
 */
export function gradientOrigin(worker: GradientWorker, batch: Batch, stretch: Stretch): ByteOffset {
  const { elementBytes, run, scratch } = worker
  if (!run.layout.slots.fused) return run.layout.slots.first
  computeStretch(worker, batch, 0, stretch, scratch.stretch)
  return advance(scratch.stretch, -stretch.first * elementBytes)
}

function computeStretch(
  worker: GradientWorker,
  batch: Batch,
  slot: number,
  stretch: Stretch,
  target: ByteOffset,
): void {
  const perSlot = batch.shards / worker.run.layout.slots.count
  gradientOfSubtree(worker, batch, slot * perSlot, perSlot, target, stretch, 0)
  worker.timeline.mark(Phase.gradient)
}

/**
 * A stretch of the summed gradient of shards first .. first + count - 1, a complete subtree of the
 * tree over all shards, added up as the tree does it.
 */
function gradientOfSubtree(
  worker: GradientWorker,
  batch: Batch,
  first: number,
  count: number,
  target: ByteOffset,
  stretch: Stretch,
  depth: number,
): void {
  const { kernels, run, scratch, timeline } = worker
  if (count === run.layout.slots.parts) {
    if (worksTogether(worker)) stretchOfParts(worker, batch, first, target, stretch)
    else gradientOfParts(worker, batch, first, target)
    return
  }
  const half = count / 2
  const right = scratch.partials[depth]!
  gradientOfSubtree(worker, batch, first, half, target, stretch, depth + 1)
  gradientOfSubtree(worker, batch, first + half, half, right, stretch, depth + 1)
  kernels.addInto(target, right, stretch.elements)
  if (!worksTogether(worker)) timeline.mark(Phase.sum)
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
  const { parts, partStride, units, unitRows } = run.layout.slots
  const parameters = currentParameters(worker)
  const longest = units * unitRows
  block.firstRow = 0
  for (let done = 0; done < longest; done += BLOCK_ROWS) {
    clearTallies(worker)
    if (done === 0 || done < rowsOf(batch, first)) {
      block.parts.stride = partStride
      placeShards(worker, batch, first, parts, done, BLOCK_ROWS)
      takeForward(worker, parameters)
      model.backward(parameters)
      model.gradient(target, done > 0, share.ranges)
      timeline.mark(Phase.backward)
    }
    recordTallies(worker, first, done)
  }
}

/** A stretch of the summed gradient of shards that have been forward and back, block by block. */
function stretchOfParts(
  { block, elementBytes, model, run }: GradientWorker,
  batch: Batch,
  first: number,
  target: ByteOffset,
  stretch: Stretch,
): void {
  const { partStride, parts, shardStride } = run.layout.slots
  const start = advance(target, -stretch.first * elementBytes)
  block.parts.count = parts
  block.parts.stride = partStride
  for (let done = 0; done === 0 || done < rowsOf(batch, first); done += BLOCK_ROWS) {
    block.firstRow = first * shardStride + done
    for (let part = 0; part < parts; part++)
      block.parts.rows[part] = Math.min(BLOCK_ROWS, rowsOf(batch, first + part) - done)
    model.gradient(start, done > 0, stretch.ranges)
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
 * most `most` rows of it. How far apart they lie, the block says.
 */
function placeShards(
  { block, row, run }: GradientWorker,
  batch: Batch,
  first: number,
  count: number,
  done: number,
  most: number,
): void {
  const { unitRows } = run.layout.slots
  block.parts.count = count
  block.parts.unitRows = unitRows
  for (let part = 0; part < count; part++) {
    const start = shardStart(batch.size, batch.shards, first + part) + done
    const rows = Math.min(most, Math.max(0, rowsOf(batch, first + part) - done))
    placePart(block, part, batch.first + start, rows, row)
  }
}

/** Rows of a shard. */
function rowsOf({ size, shards }: Batch, shard: number): number {
  return shardStart(size, shards, shard + 1) - shardStart(size, shards, shard)
}
