// The trainer: what a caller holds.

// For `await using`, whatever `lib` the caller compiles with.
/// <reference lib="esnext.disposable" preserve="true" />

import type { MetricOptions, Metrics } from '../shared/figures/metrics.js'
import type { Examples, NumberArray } from './data/arrays.js'
import type { FloatArray, Parameters } from './data/parameters.js'
import type { RateFinderOptions } from './options/rate-finder-options.js'
import type { TrainerInfo } from './runtime/trainer-info.js'
import type { EpochsOptions, FitOptions } from './training/fit-options.js'
import type { EpochReport, History } from './training/history.js'
import type { RateCurve } from './training/rate-curve.js'

/** The gradient of the cost, averaged over the examples, in the shape of the parameters. */
export interface Gradient extends Parameters {
  cost: number
}

export interface Evaluation extends Metrics {
  /** Mean loss plus the regularization term. */
  cost: number
  examples: number
}

/**
 * A network in training. Calls run one after the other, in the order they were made. After `close`
 * every method but `close` throws a ClosedError. Those that take their turn (all that return a
 * promise, `close` too) throw a BusyError inside `onEpoch`, which `fit` waits for.
 */
export interface Trainer extends AsyncDisposable {
  readonly info: TrainerInfo
  /**
   * One gradient over all examples, computed in parallel, without an update.
   * @param inputs (m, n_0), row-major.
   * @param targets (m, n_L), or class labels (m).
   * @param sampleWeights One for each example (m).
   * @default all 1
   * @throws {InputError} on a wrong shape, a label out of range or a number that is not finite.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  gradient: (
    inputs: Examples['inputs'],
    targets: Examples['targets'],
    sampleWeights?: Examples['sampleWeights'],
  ) => Promise<Gradient>
  /**
   * Trains. With a worker's death, divergence or an abort the parameters are those of the last good
   * step, and the trainer stays usable.
   * @throws {InputError} on wrong options or data.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {DivergenceError} if the cost was no longer finite.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  fit: (examples: Examples, options?: FitOptions) => Promise<History>
  /**
   * Trains like `fit`, one epoch for each turn of a loop: `for await (const epoch of
   * trainer.epochs(...))`. Between the epochs any of the trainer's calls may be made; leaving the
   * loop ends training. Its return value, which such a loop ignores, is the history. Throws like
   * `fit`, and a ClosedError if the trainer was closed between two epochs.
   */
  epochs: (
    examples: Examples,
    options?: EpochsOptions,
  ) => AsyncGenerator<EpochReport, History, undefined>
  /**
   * Finds how large a learning rate may be: one step after another over all the examples given,
   * each at a higher rate than the one before, from the parameters as they are, which are then put
   * back (Smith, "Cyclical learning rates for training neural networks", 2017).
   * @throws {InputError} on wrong options or data.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  findLearningRate: (examples: Examples, options?: RateFinderOptions) => Promise<RateCurve>
  /**
   * Cost, accuracy and other metrics on examples, in parallel.
   * @throws {InputError} on wrong data or options.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  evaluate: (examples: Examples, options?: MetricOptions) => Promise<Evaluation>
  /**
   * Outputs (m, n_L), row-major, in parallel.
   * @throws {InputError} on wrong data.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  predict: (inputs: NumberArray) => Promise<FloatArray>
  /**
   * A copy of the parameters, of the last committed step if training is under way.
   * @throws {ClosedError} after `close`.
   */
  getParameters: () => Parameters
  /**
   * The optimizer's state starts anew.
   * @throws {InputError} on a wrong shape.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} while a call is under way.
   */
  setParameters: (parameters: Parameters) => void
  /**
   * sha256 over the parameters as float32 little-endian bytes: layer by layer, weights (row-major),
   * then biases.
   * @throws {ClosedError} after `close`.
   */
  parametersHash: () => string
  /**
   * Ends the threads, once the calls under way are done. May be called twice.
   * @throws {BusyError} inside `onEpoch`.
   */
  close: () => Promise<void>
}
