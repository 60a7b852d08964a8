// A worker claims shards and computes their gradients: the parallel part of forward and backward.

import { leaveIfAborted } from '../shared/barrier.js'
import { backward, forwardWithLoss, loadBlock } from '../shared/pass.js'
import { BLOCK_ROWS, partStart } from '../shared/shards.js'
import { Phase } from '../shared/timeline.js'
import { recordSquares, recordTally } from './records.js'
import { type GradientWorker, currentParameters, placeRows } from './worker.js'

/** The examples of one step: positions `first` .. `first + size - 1` of its epoch. */
export interface Batch {
  epoch: number
  first: number
  size: number
  endsEpoch: boolean
}

/** Claims slots until none is left and fills each with the gradients of its shards. */
export function computeShardGradients(worker: GradientWorker, batch: Batch, shards: number): void {
  const { slots, slotBytes, slotCount } = worker.run.layout
  const perSlot = shards / slotCount
  recordSquares(worker)
  for (let slot = worker.claim(); slot < slotCount; slot = worker.claim()) {
    gradientOfSubtree(worker, batch, shards, slot * perSlot, perSlot, slots + slot * slotBytes, 0)
  }
}

/** The summed gradient of a complete subtree of shards, added up as the tree does it. */
function gradientOfSubtree(
  worker: GradientWorker, batch: Batch, shards: number, first: number, count: number, target: number, depth: number,
): void {
  if (count === 1) return gradientOfShard(worker, batch, shards, first, target)
  const right = worker.pass.scratch.partials[depth]!
  gradientOfSubtree(worker, batch, shards, first, count / 2, target, depth + 1)
  gradientOfSubtree(worker, batch, shards, first + count / 2, count / 2, right, depth + 1)
  worker.pass.kernels.addInto(target, right, worker.pass.layout.elements)
  worker.timeline.mark(Phase.sum)
}

/** Forward and backward over one shard, block by block; its gradient into `target`, its loss into its record. */
function gradientOfShard(worker: GradientWorker, batch: Batch, shards: number, shard: number, target: number): void {
  const { pass, run: { layout }, tally, timeline } = worker
  const parameters = currentParameters(worker)
  const start = partStart(batch.size, shards, shard)
  const end = partStart(batch.size, shards, shard + 1)
  tally.loss = 0
  tally.correct = 0
  if (start === end) worker.bytes.fill(0, target, target + layout.slotBytes)
  for (let at = start; at < end; at += BLOCK_ROWS) {
    leaveIfAborted(worker.words)
    const rows = Math.min(BLOCK_ROWS, end - at)
    placeRows(worker, worker.row, batch.first + at, rows)
    loadBlock(pass, layout.training!, rows)
    timeline.mark(Phase.gather)
    forwardWithLoss(pass, parameters, rows, tally)
    timeline.mark(Phase.forward)
    backward(pass, parameters, target, rows, at > start)
    timeline.mark(Phase.backward)
  }
  recordTally(worker, shard, tally)
}
