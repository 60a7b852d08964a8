// The types of the options of `fit` and `epochs`, and of what they report.

import type { FileError } from '../../shared/errors.js'
import type { MetricOptions } from '../../shared/figures/metrics.js'
import type { Span } from '../../shared/figures/timeline.js'
import type { Examples } from '../data/arrays.js'
import type { EpochReport } from './history.js'

declare global {
  // There with the DOM's types and with Node's; without either, FitOptions still compiles.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges with theirs
  interface AbortSignal {}
}

/** The figures of an `EpochReport` that early stopping can watch. */
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
   * The figure to watch. Costs, losses and errors improve as they fall, all others as they rise.
   * @default 'validationCost' with a validation, 'loss' without: the mean loss, without the
   * regularization term
   */
  monitor?: MonitoredName
  /**
   * Epochs in a row without an improvement after which training ends: a whole number of at least
   * 0; 0 acts as 1.
   * @default 0
   */
  patience?: number
  /**
   * An epoch counts as an improvement only if the figure is better than the best so far by more
   * than this, at least 0.
   * @default 0
   */
  minimumChange?: number
}

/** How far training has come. */
export interface Progress {
  /** The epochs finished since the report before this one; often none. */
  epochs: EpochReport[]
  /** Steps done, those of the epochs before `initialEpoch` included. */
  step: number
  /** Steps that there will be in all, unless training ends early. */
  steps: number
}

/** How `epochs` trains. */
export interface EpochsOptions extends MetricOptions {
  /**
   * The number of the last epoch, counted from 1: with `initialEpoch` 0, how many there are. A
   * whole number of at least 1, above `initialEpoch`.
   * @default 1
   */
  epochs?: number
  /**
   * Epochs that count as done, at least 0: the order of the examples and the learning rate go on
   * from there.
   * @default 0
   */
  initialEpoch?: number
  /**
   * Examples of a batch, a whole number of at least 1; 'all', or more than there are, means every
   * example. An epoch's last batch has what is left.
   * @default 32
   */
  batchSize?: number | 'all'
  /**
   * Batches whose gradients are summed into one update (gradient accumulation), a whole number of
   * at least 1: the average is over the examples of them all. An epoch's last update takes what is
   * left.
   * @default 1
   */
  accumulationSteps?: number
  /**
   * Whether every epoch takes the examples in another order, which follows from the trainer's seed.
   * Makes no difference if a batch has them all.
   * @default true
   */
  shuffle?: boolean
  /**
   * What to evaluate on after every epoch: other examples, or a number above 0 and below 1, the
   * share of the rows to hold out. The rows held out are the last ones, their number rounded up;
   * they are not trained on.
   * @default none
   */
  validation?: Examples | number
  /**
   * A weight of at least 0 for the examples of each class, by the class's number; 1 where there is
   * none. Multiplied by the examples' own.
   * @default 1 for each
   */
  classWeights?: readonly number[] | Readonly<Record<number, number>>
  /**
   * When to end training before the last epoch.
   * @default none
   */
  earlyStopping?: EarlyStopping
  /**
   * Has the workers record what they do when. It is called some ten times a second, each time with
   * the spans of one worker. Costs a few percent of the time of small steps.
   * @default none
   */
  onTimeline?: (spans: Span[]) => void
  /**
   * Aborting it stops training after the current step: the call then rejects with the signal's
   * reason, and the parameters are those of that step.
   * @default none
   */
  signal?: AbortSignal
  /**
   * A file that a trainer of the same description has saved: training goes on where it stood there,
   * also inside an epoch, and the parameters come out as if it had never been interrupted. Options
   * left out are those that it began with; of those that decide bits only `epochs` may be others.
   * The history begins with the epochs before.
   * @default none
   */
  resume?: string
}

/** How `fit` keeps what has been reached, while it trains. */
export interface CheckpointOptions {
  /**
   * The file, which `loadTrainer`, `loadModel` and `resume` read. It is replaced at one stroke, and
   * the one before it is kept beside it: run.previous.safetensors beside run.safetensors.
   */
  file: string
  /**
   * Seconds from one checkpoint to the next, above 0. The last one is written when training ends.
   * @default 30, unless `everyEpochs` is given
   */
  everySeconds?: number
  /**
   * Epochs from one checkpoint to the next, a whole number of at least 1.
   * @default none
   */
  everyEpochs?: number
  /**
   * Whether the best epoch has a file of its own too, such as run.best.safetensors: that with the
   * lowest validation cost, or without a validation the lowest loss.
   * @default false
   */
  keepBest?: boolean
  /**
   * Called when a checkpoint could not be written, such as on a full disk; training goes on.
   * @default a warning of the process
   */
  onError?: (error: FileError) => void
}

/** How `fit` trains, and what it calls while it does. */
export interface FitOptions extends EpochsOptions {
  /**
   * Called after every epoch. Training waits for it, so the parameters are those of that epoch. In
   * it you may read them, but no call of the trainer that returns a promise may be made.
   * @default none
   */
  onEpoch?: (report: EpochReport) => unknown
  /**
   * Called about ten times a second while training goes on.
   * @default none
   */
  onProgress?: (progress: Progress) => void
  /**
   * Keeps in a file what has been reached, so that training can go on after the process has ended,
   * however it did.
   * @default none
   */
  checkpoint?: CheckpointOptions
}
