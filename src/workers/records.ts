// Figures that workers leave in the arena: losses by shard or block, squares of the weights, costs by epoch, times.

import { EPOCH_RECORD_FIELDS, LOSS_RECORD_FIELDS } from '../shared/arena.js'
import type { Tally } from '../shared/pass.js'
import type { Figures, TrainRun } from '../shared/protocol.js'
import { type GradientWorker, currentParameters } from './worker.js'

/** The loss of one shard or block. */
export function recordTally({ doubles, run: { layout } }: GradientWorker, record: number, { loss, correct }: Tally): void {
  const at = layout.lossRecords / 8 + record * LOSS_RECORD_FIELDS
  doubles[at] = loss
  doubles[at + 1] = correct
}

/** The squares of my pieces of the weights, for the cost's regularisation term. */
export function recordSquares(worker: GradientWorker): void {
  const { doubles, pass: { kernels, scalarBytes }, run: { l2, layout } } = worker
  if (l2 === 0) return
  const parameters = currentParameters(worker)
  for (const { kind, index, first, elements } of worker.pieces) {
    if (kind === 'weights') doubles[layout.squareRecords / 8 + index] = kernels.sumSquares(parameters + first * scalarBytes, elements)
  }
}

/** Cost and right answers from the first `records` loss records, summed in their order, into the worker's figures. */
export function sumFigures({ doubles, figures, run: { layout, l2 } }: GradientWorker, records: number, examples: number): Figures {
  let loss = 0
  figures.correct = 0
  for (let record = 0; record < records; record++) {
    const at = layout.lossRecords / 8 + record * LOSS_RECORD_FIELDS
    loss += doubles[at]!
    figures.correct += doubles[at + 1]!
  }
  let squares = 0
  if (l2 > 0) for (let piece = 0; piece < layout.weightPieces; piece++) squares += doubles[layout.squareRecords / 8 + piece]!
  figures.cost = loss / examples + (l2 / (2 * examples)) * squares
  return figures
}

/** Two figures of an epoch: of training, or from field 2 on of validation. */
export function recordEpoch({ doubles, run: { layout } }: GradientWorker, { fromEpoch }: TrainRun, epoch: number, field: number, cost: number, correct: number): void {
  const at = layout.epochRecords / 8 + (epoch - fromEpoch) * EPOCH_RECORD_FIELDS + field
  doubles[at] = cost
  doubles[at + 1] = correct
}

/** When an epoch ended. */
export function recordEpochTime({ doubles, run: { layout } }: GradientWorker, { fromEpoch }: TrainRun, epoch: number, time: number): void {
  doubles[layout.epochRecords / 8 + (epoch - fromEpoch) * EPOCH_RECORD_FIELDS + 4] = time
}

/** Writes the time (0: all are there, 1: a step has ended), in milliseconds since 1970: every thread's own clock starts elsewhere. */
export function recordTime({ doubles, run: { layout } }: GradientWorker, field: number): number {
  return (doubles[layout.clock / 8 + field] = performance.timeOrigin + performance.now())
}

/** The result of a run that isn't training. */
export function recordResult({ doubles, run: { layout } }: GradientWorker, { cost, correct }: Figures): void {
  doubles[layout.epochRecords / 8] = cost
  doubles[layout.epochRecords / 8 + 1] = correct
}
