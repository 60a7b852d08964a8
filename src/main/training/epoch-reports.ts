// Makes the report of each finished epoch from the figures that the workers left.

import { Tally, costOf, metricsOf } from '../../shared/figures/metrics.js'
import { learningRateAt } from '../../shared/optimizers/learning-rate.js'
import type { EpochFigures, RunResult } from '../../shared/protocol.js'
import { type EpochReport, ofValidation } from './history.js'
import type { TrainingCall } from './training-call.js'

export type TrainedResult = Extract<RunResult, { kind: 'trained' }>

export interface Reporter {
  /** The reports of one run after another: an epoch may take several. */
  reportsOf: (result: TrainedResult) => EpochReport[]
  /** Seconds that the epoch under way has taken so far. */
  secondsOfEpoch: () => number
}

/**
 * Makes reports.
 * @param reduction What plateaus have multiplied the learning rate by.
 * @param secondsBefore What the epoch under way has taken before.
 */
export function createReporter(
  call: TrainingCall,
  reduction: () => number,
  secondsBefore = 0,
): Reporter {
  return {
    secondsOfEpoch: () => Math.max(0, secondsBefore), // a difference may be a rounding below
    reportsOf(result) {
      const finished = result.epochs.reduce((sum, { seconds }) => sum + seconds, 0)
      const reports = result.epochs.map((figures, i) =>
        reportOf(call, figures, figures.seconds + (i === 0 ? secondsBefore : 0), reduction()),
      )
      secondsBefore =
        reports.length > 0 ? result.seconds - finished : secondsBefore + result.seconds
      return reports
    },
  }
}

function reportOf(
  { optimizer, stepsPerEpoch, tallies, training, validation }: TrainingCall,
  { epoch, training: figures, validation: held }: EpochFigures,
  seconds: number,
  reduction: number,
): EpochReport {
  const steps = epoch * stepsPerEpoch
  const rate = learningRateAt(optimizer.learningRate, steps - 1, stepsPerEpoch, reduction)
  return {
    epoch,
    cost: costOf(figures),
    loss: figures[Tally.loss]!,
    ...metricsOf(tallies, figures, training.count),
    ...(held && {
      validationCost: held[Tally.loss]!,
      ...ofValidation(metricsOf(tallies, held, validation!.count)),
    }),
    learningRate: rate,
    examplesPerSecond: Math.round(training.count / seconds),
  }
}
