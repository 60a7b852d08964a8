// Figures that workers leave in the arena: tallies by shard or block, squares by piece, figures by
// epoch, times.

import type { ByteOffset } from '../../shared/arena/offsets.js'
import { epochRecordFields } from '../../shared/arena/arena.js'
import { Tally, clearTally } from '../../shared/figures/metrics.js'
import type { TrainRun } from '../../shared/protocol.js'
import { type GradientWorker, currentParameters } from '../worker.js'

/** The tally of one shard or block. */
export function recordTally(
  { doubles, run: { layout } }: GradientWorker,
  record: number,
  tally: Float64Array,
): void {
  const at = layout.tallyRecords / 8 + record * tally.length
  for (let field = 0; field < tally.length; field++) doubles[at + field] = tally[field]!
}

/** The squares of my pieces of the weights, for the cost's regularization term. */
export function recordSquares(worker: GradientWorker): void {
  const {
    doubles,
    pass: { kernels, elementBytes },
    run: { l2, layout },
  } = worker
  if (l2 === 0) return
  const parameters = currentParameters(worker)
  for (const { kind, index, first, elements } of worker.pieces) {
    if (kind === 'weights')
      doubles[layout.squareRecords / 8 + index] = kernels.sumSquares(
        (parameters + first * elementBytes) as ByteOffset,
        elements,
      )
  }
}

/** Sums the first `records` tallies, in their order, into the worker's figures. */
export function sumTallies(
  { doubles, figures, run: { layout } }: GradientWorker,
  records: number,
): void {
  clearTally(figures)
  for (let record = 0; record < records; record++) {
    const at = layout.tallyRecords / 8 + record * figures.length
    for (let field = 0; field < figures.length; field++) figures[field]! += doubles[at + field]!
  }
}

/**
 * What a loss and a weight summed over examples come to: the mean loss plus the regularization
 * term. Of examples that weigh nothing, 0.
 */
export function costOf(
  { doubles, run: { layout, l2 } }: GradientWorker,
  loss: number,
  weight: number,
): number {
  if (weight === 0) return loss // 0, or NaN
  let squares = 0
  if (l2 > 0)
    for (let piece = 0; piece < layout.weightPieces; piece++)
      squares += doubles[layout.squareRecords / 8 + piece]!
  return loss / weight + (l2 / (2 * weight)) * squares
}

/** The worker's figures: the tallies of the first `records`, with the cost in place of the loss. */
export function sumFigures(worker: GradientWorker, records: number): Float64Array {
  const { figures } = worker
  sumTallies(worker, records)
  figures[Tally.loss] = costOf(worker, figures[Tally.loss]!, figures[Tally.weight]!)
  return figures
}

/** Figures of an epoch, of training or of validation. */
export function recordEpoch(
  worker: GradientWorker,
  run: TrainRun,
  epoch: number,
  which: 'training' | 'validation',
  figures: Float64Array,
): void {
  const at = epochRecord(worker, run, epoch) + 1 + (which === 'training' ? 0 : figures.length)
  for (let field = 0; field < figures.length; field++) worker.doubles[at + field] = figures[field]!
}

/** When an epoch ended. */
export function recordEpochTime(
  worker: GradientWorker,
  run: TrainRun,
  epoch: number,
  time: number,
): void {
  worker.doubles[epochRecord(worker, run, epoch)] = time
}

function epochRecord(
  { figures, run: { layout } }: GradientWorker,
  { fromEpoch }: TrainRun,
  epoch: number,
): number {
  return layout.epochRecords / 8 + (epoch - fromEpoch) * epochRecordFields(figures.length)
}

/**
 * Writes the time (0: all are there, 1: a step has ended), in milliseconds since 1970: every
 * thread's own clock starts elsewhere.
 */
export function recordTime({ doubles, run: { layout } }: GradientWorker, field: number): number {
  return (doubles[layout.clock / 8 + field] = performance.timeOrigin + performance.now())
}

/** The result of a run that isn't training, in the first epoch's record. */
export function recordResult(
  { doubles, run: { layout } }: GradientWorker,
  figures: Float64Array,
): void {
  for (let field = 0; field < figures.length; field++)
    doubles[layout.epochRecords / 8 + 1 + field] = figures[field]!
}
