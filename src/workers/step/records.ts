// The figures that workers leave in the arena: tallies of units and blocks, squares of pieces,
// figures of epochs, times.

import { epochRecordFields } from '../../shared/arena/arena.js'
import { advance, index64 } from '../../shared/arena/offsets.js'
import { Tally, clearTally } from '../../shared/figures/metrics.js'
import type { TrainRun } from '../../shared/protocol.js'
import { type GradientWorker, currentParameters } from '../worker.js'

/** The tally of one unit or block. */
export function recordTally(
  { doubles, run: { layout } }: GradientWorker,
  record: number,
  tally: Float64Array,
): void {
  const at = index64(layout.records.tallies) + record * tally.length
  for (let field = 0; field < tally.length; field++) doubles[at + field] = tally[field]!
}

/** The squares of my pieces of the weights, for the cost's regularization term. */
export function recordSquares(worker: GradientWorker): void {
  const { doubles, elementBytes, kernels, pieces, run } = worker
  if (run.decay === 0) return
  const parameters = currentParameters(worker)
  const squares = index64(run.layout.records.squares)
  for (const { regularized, index, first, elements } of pieces) {
    if (!regularized) continue
    const values = advance(parameters, first * elementBytes)
    doubles[squares + index] = kernels.sumSquares(values, elements)
  }
}

/** Sums the first `records` tallies, in their order, into the worker's figures. */
export function sumTallies(
  { doubles, figures, run: { layout } }: GradientWorker,
  records: number,
): void {
  clearTally(figures)
  for (let record = 0; record < records; record++) {
    const at = index64(layout.records.tallies) + record * figures.length
    for (let field = 0; field < figures.length; field++) figures[field]! += doubles[at + field]!
  }
}

/** The regularization term of the cost: l2 / 2N of the squared weights. */
export function penaltyOf({ doubles, run: { layout, decay } }: GradientWorker): number {
  if (decay === 0) return 0
  let squares = 0
  for (let piece = 0; piece < layout.records.regularizedPieces; piece++)
    squares += doubles[index64(layout.records.squares) + piece]!
  return (decay / 2) * squares
}

/** The worker's figures: the tallies of the first `records`, loss and penalty as means. */
export function sumFigures(worker: GradientWorker, records: number): Float64Array {
  const { figures } = worker
  sumTallies(worker, records)
  figures[Tally.loss]! /= figures[Tally.weight]! || 1
  figures[Tally.penalty] = penaltyOf(worker)
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
  return index64(layout.records.epochs) + (epoch - fromEpoch) * epochRecordFields(figures.length)
}

/**
 * Writes the time (0: all are there, 1: a step has ended), in milliseconds since 1970: every
 * thread's own clock starts elsewhere.
 */
export function recordTime({ doubles, run: { layout } }: GradientWorker, field: number): number {
  return (doubles[index64(layout.records.clock) + field] =
    performance.timeOrigin + performance.now())
}

/** The result of a run that isn't training, in the first epoch's record. */
export function recordResult(
  { doubles, run: { layout } }: GradientWorker,
  figures: Float64Array,
): void {
  for (let field = 0; field < figures.length; field++)
    doubles[index64(layout.records.epochs) + 1 + field] = figures[field]!
}
