// Where a call to train stands between two steps: all that, beside the parameters and the
// optimizer's state, what comes next depends on. It is plain data.

import type { DType } from '../../shared/arena/element-types.js'
import type { ExamplesDigest } from '../data/examples-digest.js'
import type { EarlyStopping } from './fit-options.js'
import type { History } from './history.js'

/** Where a call to train stands between two steps. */
export interface TrainingPosition {
  /** How it trains. */
  options: LastingOptions
  /** What it trains on. */
  examples: ExamplesDigest
  /** What it evaluates on after every epoch; undefined without a validation. */
  validation?: ExamplesDigest
  /** Steps done, those of the epochs before `initialEpoch` included. */
  step: number
  /** Sums over the examples of the epoch under way. */
  sums: number[]
  /** Seconds that the epoch under way has taken. */
  seconds: number
  /** Of a learning rate that falls on plateaus. */
  plateau?: PlateauPosition
  /** Of early stopping. */
  stopping?: StoppingPosition
  /**
   * Whether it is over, and has left the parameters of its best epoch: then it can't go on.
   */
  ended: boolean
  /** The figures of the epochs so far. */
  history: History
}

/** The options that decide what is computed; who goes on need not give them again. */
export interface LastingOptions {
  /** As in `EpochsOptions`. */
  epochs: number
  /** As in `EpochsOptions`. */
  initialEpoch: number
  /** As in `EpochsOptions`. */
  batchSize: number | 'all'
  /** As in `EpochsOptions`. */
  accumulationSteps: number
  /** As in `EpochsOptions`. */
  shuffle: boolean
  /** The share of the rows that is held out; undefined with examples of its own, or none. */
  validation?: number
  /** As in `EpochsOptions`. */
  classWeights?: readonly number[] | Readonly<Record<number, number>>
  /** As in `MetricOptions`. */
  metrics?: readonly string[]
  /** As in `MetricOptions`. */
  topK?: number
  /** As in `EpochsOptions`. */
  earlyStopping?: EarlyStopping
}

/** Where a learning rate stands that falls on plateaus. */
export interface PlateauPosition {
  /** The lowest loss so far; undefined before the first. */
  best?: number
  /** Epochs since then. */
  waited: number
  /** Epochs in which nothing is counted yet. */
  cooling: number
  /** What the learning rate is multiplied by. */
  reduction: number
}

/** Where early stopping stands. */
export interface StoppingPosition {
  /** The best figure so far; undefined before the first. */
  best?: number
  /** Epochs since then. */
  waited: number
  /** The epoch of that figure, whose parameters the file holds too; undefined before the first. */
  epoch?: number
}

/** What a training that goes on begins with. */
export interface TrainingStart {
  position: TrainingPosition
  /** What early stopping keeps: the parameters and the optimizer's state of the best epoch. */
  best: Uint8Array | undefined
  /** What computed so far. */
  dtype: DType
  /** The parameters and the state, if the trainer doesn't have them yet. */
  version?: Uint8Array
}
