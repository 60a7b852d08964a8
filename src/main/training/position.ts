// Where a call to train stands between two steps: all that, beside the parameters and the
// optimizer's state, what comes next depends on. It is plain data.

import type { EarlyStopping } from './fit-options.js'
import type { History } from './history.js'

/** Where a call to train stands between two steps. */
export interface TrainingPosition {
  options: LastingOptions
  examples: ExamplesDigest
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
  /** Whether it has ended before its last epoch. */
  stopped: boolean
  /** The figures of the epochs so far. */
  history: History
}

/** The options that decide what is computed; who goes on need not give them again. */
export interface LastingOptions {
  epochs: number
  initialEpoch: number
  batchSize: number | 'all'
  accumulationSteps: number
  shuffle: boolean
  /** The share of the rows that is held out; undefined with examples of its own, or none. */
  validation?: number
  classWeights?: readonly number[] | Readonly<Record<number, number>>
  metrics?: readonly string[]
  topK?: number
  earlyStopping?: EarlyStopping
}

/** What tells examples apart. */
export interface ExamplesDigest {
  count: number
  /** The sha256 of their numbers as they are trained on. */
  sha256: string
}

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

export interface StoppingPosition {
  /** The best figure so far; undefined before the first. */
  best?: number
  /** Epochs since then. */
  waited: number
  /** The epoch of that figure, whose parameters the file holds too; undefined before the first. */
  epoch?: number
  /** Updates of the optimizer by then. */
  updates?: number
}
