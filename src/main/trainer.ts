// The trainer that a caller holds: its types.

// For `await using`, whatever `lib` the caller compiles with.
/// <reference lib="esnext.disposable" preserve="true" />

import type { MetricOptions, Metrics } from '../shared/figures/metrics.js'
import type { Examples, NumberArray } from './data/arrays.js'
import type { FloatArray, Parameters } from './data/parameters.js'
import type { TrainedModel } from './inference/model.js'
import type { RateFinderOptions } from './options/rate-finder-options.js'
import type { TrainerOptions } from './options/trainer-options.js'
import type { TrainerInfo } from './runtime/trainer-info.js'
import type { EpochsOptions, FitOptions } from './training/fit-options.js'
import type { EpochReport, History } from './training/history.js'
import type { RateCurve } from './training/rate-curve.js'

/** The gradient of the cost. It has the shape of the parameters: `weights` and `biases`. */
export interface Gradient extends Parameters {
  /**
   * The cost that it is the gradient of: the mean loss, plus l2 / 2N of the squared weights, N
   * being these examples, or the sum of their weights.
   */
  cost: number
}

/** The figures of some examples: the cost, and the metrics that were asked for. */
export interface Evaluation extends Metrics {
  /** The mean loss. The regularization term is no part of it. */
  cost: number
  /** How many examples there were. */
  examples: number
}

/**
 * A network, its parameters, and the threads that train it. Calls run one after the other, in the
 * order they were made.
 *
 * After `close` every method but `close` throws a ClosedError. Inside `onEpoch` every call that
 * would have to wait for its turn throws a BusyError: `fit` waits for `onEpoch`, so both would wait
 * for ever. Those are the methods that return a promise (`close` too) and the turns of `epochs`.
 */
export interface Trainer extends AsyncDisposable {
  /** What the trainer works with: workers, shards, backend. A copy, as things are now. */
  readonly info: TrainerInfo
  /**
   * What the trainer is made from, with the defaults filled in: `createTrainer(trainer.options)`
   * makes another one. A copy.
   */
  readonly options: TrainerOptions
  /**
   * One gradient over all examples, computed in parallel, without an update.
   *
   * @param inputs (m, n_0), row-major.
   * @param targets (m, n_L), row-major, or class labels (m).
   * @param sampleWeights One for each example (m), at least 0; all 1 if left out.
   * @returns The gradient and the cost, averaged over the examples by their weights.
   * @throws {InputError} on a wrong shape, a label out of range or a number that is not finite.
   * @throws {WorkerError} if a worker died.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  gradient: (
    inputs: Examples['inputs'],
    targets: Examples['targets'],
    sampleWeights?: Examples['sampleWeights'],
  ) => Promise<Gradient>
  /**
   * Trains. If a worker dies, the cost diverges or `options.signal` aborts, the parameters are
   * those of the last good step, and the trainer stays usable. After an abort the promise rejects
   * with the signal's reason.
   *
   * @param examples What to train on.
   * @param options For how long, in which batches, and what to call meanwhile.
   * @returns The figures of every epoch.
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
   * loop ends training.
   *
   * @param examples What to train on.
   * @param options For how long, and in which batches.
   * @returns A generator of the figures of each epoch. Its return value, which such a loop ignores,
   * is the history.
   * @throws {InputError} on wrong options or data.
   * @throws {WorkerError} if a worker died.
   * @throws {DivergenceError} if the cost was no longer finite.
   */
  epochs: (
    examples: Examples,
    options?: EpochsOptions,
  ) => AsyncGenerator<EpochReport, History, undefined>
  /**
   * Finds how large a learning rate may be. It does one step after another over all the examples
   * given, each at a higher rate than the one before, from the parameters as they are. Then it puts
   * those back (Smith, "Cyclical learning rates for training neural networks", 2017).
   *
   * @param examples The batch of every step: some thousands are enough.
   * @param options Which rates to try.
   * @returns The cost at each rate, and a rate to begin with.
   * @throws {InputError} on wrong options or data.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  findLearningRate: (examples: Examples, options?: RateFinderOptions) => Promise<RateCurve>
  /**
   * Works out cost, accuracy and other metrics on examples, in parallel.
   *
   * @param examples What to evaluate on.
   * @param options Which metrics.
   * @returns The figures.
   * @throws {InputError} on wrong data or options.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  evaluate: (examples: Examples, options?: MetricOptions) => Promise<Evaluation>
  /**
   * Computes the outputs of the network, in parallel.
   *
   * @param inputs (m, n_0), row-major.
   * @returns (m, n_L), row-major.
   * @throws {InputError} on wrong data.
   * @throws {ArenaError} if it needs more memory than there is.
   * @throws {WorkerError} if a worker died.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} inside `onEpoch`.
   */
  predict: (inputs: NumberArray) => Promise<FloatArray>
  /**
   * Reads the parameters. While training is under way they are those of the last finished step.
   *
   * @returns A copy.
   * @throws {ClosedError} after `close`.
   */
  getParameters: () => Parameters
  /**
   * Replaces the trainer's parameters. The optimizer's state (momentum and the like) starts anew.
   *
   * @param parameters Of the same shapes as those of `getParameters`; they are copied.
   * @throws {InputError} on a wrong shape.
   * @throws {ClosedError} after `close`.
   * @throws {BusyError} while a call is under way.
   */
  setParameters: (parameters: Parameters) => void
  /**
   * The sha256 of the parameters as float32 little-endian bytes: layer by layer, weights
   * (row-major), then biases. Equal hashes mean equal bits.
   *
   * @returns The hash in hexadecimal.
   * @throws {ClosedError} after `close`.
   */
  parametersHash: () => string
  /**
   * The model with the parameters of the last finished step, which are copied: for inference on the
   * calling thread, also while training is under way.
   *
   * @returns A model in float32, whose outputs are those of `predict`: on backend `wasm` to the
   * last bit, on others to the rounding of float32.
   * @throws {ClosedError} after `close`.
   */
  model: () => TrainedModel
  /**
   * Writes the trainer to a file in the format safetensors: its description, the parameters, the
   * optimizer's state and where its training stands. `loadTrainer` goes on with it, `loadModel`
   * predicts with it. While training is under way it is copied between two steps, at the latest
   * after a tenth of a second. A file of that name is replaced at one stroke.
   *
   * What tells the examples of the latest `fit` apart is worked out from the caller's arrays: they
   * must not have been changed since.
   *
   * @param file The file's path.
   * @returns When the file is on the disk.
   * @throws {FileError} if it can't be written.
   * @throws {InputError} if the path is none.
   * @throws {ClosedError} after `close`.
   */
  save: (file: string) => Promise<void>
  /**
   * Ends the threads, once the calls under way are done. May be called twice.
   *
   * @returns When they have ended.
   * @throws {BusyError} inside `onEpoch`.
   */
  close: () => Promise<void>
  /** `close`, as the end of an `await using` calls it. */
  [Symbol.asyncDispose]: () => Promise<void>
}
