// A worker claims shards and computes their gradients: the parallel part of forward and backward.

import type { ByteOffset } from '../../shared/arena/offsets.js'
import { leaveIfAborted } from '../../shared/arena/barrier.js'
import { clearTally } from '../../shared/figures/metrics.js'
import { backward, forwardWithLoss, loadBlock } from '../../shared/model/pass.js'
import { BLOCK_ROWS, partStart } from '../../shared/batches/shards.js'
import { Phase } from '../../shared/figures/timeline.js'
import { recordSquares, recordTally } from './records.js'
import { type GradientWorker, currentParameters, placePart } from '../worker.js'

/**
 * Examples whose gradients are computed together: positions `first` .. `first + size - 1` of an
 * epoch.
 */
export interface Batch {
  first: number
  size: number
}

/**
 * The examples of one step: of one batch, or of several whose gradients are summed before the
 * update.
 */
export interface Step extends Batch {
  epoch: number
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
  worker: GradientWorker,
  batch: Batch,
  shards: number,
  first: number,
  count: number,
  target: number,
  depth: number,
): void {
  if (count === worker.run.layout.parts)
    return gradientOfParts(worker, batch, shards, first, target)
  const right = worker.pass.scratch.partials[depth]!
  gradientOfSubtree(worker, batch, shards, first, count / 2, target, depth + 1)
  gradientOfSubtree(worker, batch, shards, first + count / 2, count / 2, right, depth + 1)
  worker.pass.kernels.addInto(
    target as ByteOffset,
    right as ByteOffset,
    worker.pass.layout.elements,
  )
  worker.timeline.mark(Phase.sum)
}

/**
 * Forward and backward over as many shards as go side by side, from shard `first` on; or over a
 * single one that is longer than a block, block by block. Their summed gradient into `target`, each
 * one's loss into its record.
 */
function gradientOfParts(
  worker: GradientWorker,
  batch: Batch,
  shards: number,
  first: number,
  target: number,
): void {
  const {
    pass,
    run: { layout },
    timeline,
  } = worker
  const { parts, tallies } = pass
  const parameters = currentParameters(worker)
  const longest =
    partStart(batch.size, shards, first + layout.parts) - partStart(batch.size, shards, first)
  parts.count = layout.parts
  parts.stride = layout.partStride
  for (let part = 0; part < parts.count; part++) clearTally(tallies[part]!)
  for (let done = 0; done === 0 || (parts.count === 1 && done < longest); done += BLOCK_ROWS) {
    leaveIfAborted(worker.words)
    for (let part = 0; part < parts.count; part++) {
      const start = partStart(batch.size, shards, first + part) + done
      placePart(
        worker,
        worker.row,
        part,
        batch.first + start,
        Math.min(BLOCK_ROWS, partStart(batch.size, shards, first + part + 1) - start),
      )
    }
    loadBlock(pass, layout.training!)
    timeline.mark(Phase.gather)
    forwardWithLoss(pass, parameters, layout.training!.sampleWeights !== undefined)
    timeline.mark(Phase.forward)
    backward(pass, parameters, target, done > 0)
    timeline.mark(Phase.backward)
  }
  for (let part = 0; part < parts.count; part++) recordTally(worker, first + part, tallies[part]!)
}
