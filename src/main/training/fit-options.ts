// The options of `fit` and `epochs`, and how they report.

import type { MetricOptions } from '../../shared/figures/metrics.js'
import type { Span } from '../../shared/figures/timeline.js'
import type { Examples } from '../data/arrays.js'
import type { EpochReport } from './history.js'

declare global {
  // There with the DOM's types and with Node's; without either, FitOptions still compiles.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges with theirs
  interface AbortSignal {}
}

/** Figures of an epoch that can be watched. */
export type MonitoredName = Exclude<
  keyof EpochReport,
  'epoch' | 'learningRate' | 'examplesPerSecond' | 'confusionMatrix' | 'validationConfusionMatrix'
>

/**
 * Ends training when a figure has not got better for a while; the parameters (and the optimizer's
 * state) are then those of the best epoch, however training ended.
 */
export interface EarlyStopping {
  /**
   * The figure. Costs and errors should fall, others rise.
   * @default 'validationCost' with a validation, 'cost' without
   */
  monitor?: MonitoredName
  /**
   * Epochs without an improvement after which training ends.
   * @default 0
   */
  patience?: number
  /**
   * Smaller changes are none.
   * @default 0
   */
  minimumChange?: number
}

/** How training stands; `epochs` are those finished since the last report. */
export interface Progress {
  epochs: EpochReport[]
  /** Steps done, of how many; `initialEpoch` counts as done. */
  step: number
  steps: number
}

export interface EpochsOptions extends MetricOptions {
  /**
   * The number of the last epoch.
   * @default 1
   */
  epochs?: number
  /**
   * Epochs that count as done: the order of the examples and the learning rate go on from there.
   * @default 0
   */
  initialEpoch?: number
  /**
   * Examples of a batch; 'all', or more than there are, means every example.
   * @default 32
   */
  batchSize?: number | 'all'
  /**
   * Batches whose gradients are summed into one update (gradient accumulation): the average is over
   * the examples of them all. An epoch's last update takes what is left.
   * @default 1
   */
  accumulationSteps?: number
  /**
   * Whether every epoch takes the examples in another order, which follows from the seed. Plays no
   * part if a batch has them all.
   * @default true
   */
  shuffle?: boolean
  /**
   * Examples to evaluate after every epoch: others, or the last share of the rows, which is then
   * not trained on.
   */
  validation?: Examples | number
  /**
   * A weight for the examples of each class, by its number; 1 where there is none. Multiplied by
   * the examples' own.
   */
  classWeights?: readonly number[] | Readonly<Record<number, number>>
  /** @default none */
  earlyStopping?: EarlyStopping
  /**
   * Has the workers record what they do when; called with the spans, some ten times a second. Costs
   * a few percent of the time of small steps.
   */
  onTimeline?: (spans: Span[]) => void
  /**
   * Aborting stops training after the current step: the call rejects with the signal's reason, the
   * parameters are the last step's.
   */
  signal?: AbortSignal
}

export interface FitOptions extends EpochsOptions {
  /**
   * Called after every epoch; training waits for it, so the parameters are those of that epoch. Of
   * the trainer's calls only those that return at once may be made in it.
   */
  onEpoch?: (report: EpochReport) => unknown
  /** Called about ten times a second while training goes on. */
  onProgress?: (progress: Progress) => void
}
