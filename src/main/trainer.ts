// The trainer: what a caller holds. Its calls check what they are given, and have the workers do
// it.

// For `await using`, whatever `lib` the caller compiles with.
/// <reference lib="esnext.disposable" preserve="true" />

import { checkEvaluateOptions } from './options/evaluate-options.js'
import {
  type TrainerOptions,
  type TrainerRecipe,
  checkTrainerOptions,
} from './options/trainer-options.js'
import {
  type MetricOptions,
  type Metrics,
  Tally,
  metricsOf,
  tallyLayout,
} from '../shared/figures/metrics.js'
import { flopsOf, widthsOf } from '../shared/network/network.js'
import { blockCount } from '../shared/batches/shards.js'
import { type BackendChoice, chooseBackend } from './runtime/backend-choice.js'
import { compileKernels, programOf } from './runtime/node/compiled-kernels.js'
import { type CoordinatorThread, startCoordinator } from './runtime/node/coordinator-thread.js'
import type { Examples, NumberArray } from './data/arrays.js'
import { checkExamples, checkInputs } from './data/examples.js'
import type { EpochReport, History } from './training/history.js'
import type { RateFinderOptions } from './options/rate-finder-options.js'
import { findLearningRate } from './training/learning-rate-finder.js'
import type { RateCurve } from './training/rate-curve.js'
import {
  type FloatArray,
  type Parameters,
  checkParameters,
  hashParameters,
} from './data/parameters.js'
import { createRunner, needsOf } from './runtime/runner.js'
import type { TrainerInfo } from './runtime/trainer-info.js'
import type { EpochsOptions, FitOptions } from './training/fit-options.js'
import { prepareTraining } from './training/training.js'

/** The gradient of the cost in the shape of the parameters: `weights` and `biases`. */
export interface Gradient extends Parameters {
  /** The cost that it is the gradient of: mean loss plus the regularization term. */
  cost: number
}

/** The figures of some examples: the cost, and the metrics that were asked for. */
export interface Evaluation extends Metrics {
  /** Mean loss plus the regularization term. */
  cost: number
  /** How many examples there were. */
  examples: number
}

/**
 * A network in training. Calls run one after the other, in the order they were made. Every method
 * but `close` throws after `close`.
 */
export interface Trainer extends AsyncDisposable {
  /** What it works with; a copy, as things are now. */
  readonly info: TrainerInfo
  /**
   * One gradient over all examples, computed in parallel, without an update.
   *
   * @param inputs (m, n_0), row-major.
   * @param targets (m, n_L), row-major, or class labels (m).
   * @param sampleWeights One for each example (m), at least 0; all 1 if left out.
   * @returns The gradient and the cost, averaged over the examples by their weights.
   * @throws {InputError} on a wrong shape, a label out of range or a number that is not finite.
   * @throws {WorkerError} if a worker died.
   */
  gradient: (
    inputs: Examples['inputs'],
    targets: Examples['targets'],
    sampleWeights?: Examples['sampleWeights'],
  ) => Promise<Gradient>
  /**
   * Trains. With a worker's death, divergence or an abort the parameters are those of the last good
   * step, and the trainer stays usable. An abort rejects with the reason of `options.signal`.
   *
   * @param examples What to train on.
   * @param options For how long, in which batches, and what to call meanwhile.
   * @returns The figures of every epoch.
   * @throws {InputError} on wrong options or data.
   * @throws {WorkerError} if a worker died.
   * @throws {DivergenceError} if the cost was no longer finite.
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
   * Finds how large a learning rate may be: one step after another over all the examples given,
   * each at a higher rate than the one before, from the parameters as they are, which are then put
   * back (Smith, "Cyclical learning rates for training neural networks", 2017).
   *
   * @param examples A step's batch: some thousands are enough.
   * @param options Which rates to try.
   * @returns The cost at each rate, and a rate to begin with.
   * @throws {InputError} on wrong options or data.
   * @throws {WorkerError} if a worker died.
   */
  findLearningRate: (examples: Examples, options?: RateFinderOptions) => Promise<RateCurve>
  /**
   * Works out cost, accuracy and other metrics on examples, in parallel.
   *
   * @param examples What to evaluate on.
   * @param options Which metrics.
   * @returns The figures.
   * @throws {InputError} on wrong data or options.
   * @throws {WorkerError} if a worker died.
   */
  evaluate: (examples: Examples, options?: MetricOptions) => Promise<Evaluation>
  /**
   * Computes the outputs of the network, in parallel.
   *
   * @param inputs (m, n_0), row-major.
   * @returns (m, n_L), row-major.
   * @throws {InputError} on wrong data.
   * @throws {WorkerError} if a worker died.
   */
  predict: (inputs: NumberArray) => Promise<FloatArray>
  /**
   * The parameters, those of the last finished step if training is under way.
   *
   * @returns A copy.
   */
  getParameters: () => Parameters
  /**
   * Puts other parameters in the place of the trainer's; the optimizer's state starts anew.
   *
   * @param parameters Of the same shapes as those of `getParameters`; they are copied.
   * @throws {InputError} on a wrong shape.
   * @throws {Error} while a call is under way.
   */
  setParameters: (parameters: Parameters) => void
  /**
   * sha256 over the parameters as float32 little-endian bytes: layer by layer, weights (row-major),
   * then biases.
   *
   * @returns The hash in hexadecimal.
   */
  parametersHash: () => string
  /**
   * Ends the threads, once the calls under way are done. May be called twice.
   *
   * @returns When they have ended.
   * @throws {Error} inside `onEpoch`, which `fit` waits for.
   */
  close: () => Promise<void>
  /** `close`, as the end of an `await using` calls it. */
  [Symbol.asyncDispose]: () => Promise<void>
}

/** The script that the gradient workers run; tests start others. */
const GRADIENT_WORKER = new URL('../workers/node/gradient-worker.js', import.meta.url)

/**
 * Makes a trainer for a network. To be closed when it is no longer needed: its threads keep the
 * process alive; `await using` does that by itself.
 *
 * @param options The network, the loss, and how to train.
 * @returns The trainer, with the parameters that its seed gives.
 * @throws {InputError} naming the option that is wrong, before anything starts.
 * @throws {BackendError} if the backend asked for can't run on this machine.
 * @throws {ArenaError} if the parameters alone don't fit in a shared memory.
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  return createTrainerOn(GRADIENT_WORKER, options)
}

/**
 * `createTrainer` with another worker script.
 *
 * @param gradientWorker URL of the script.
 * @param options As of `createTrainer`.
 * @returns The trainer.
 */
export async function createTrainerOn(
  gradientWorker: { readonly href: string },
  options: TrainerOptions,
): Promise<Trainer> {
  const recipe = checkTrainerOptions(options)
  // Its thread starts while we look what this machine has.
  const coordinator = startCoordinator(gradientWorker)
  try {
    const choice = await chooseBackend(recipe.backend, widthsOf(recipe.network))
    coordinator.equip({ compiled: compileKernels(programOf(choice.backend)), blas: choice.blas })
    return createTrainerWith(recipe, choice, coordinator)
  } catch (error) {
    await coordinator.close()
    throw error
  }
}

function createTrainerWith(
  recipe: TrainerRecipe,
  choice: BackendChoice,
  coordinator: CoordinatorThread,
): Trainer {
  const runner = createRunner(recipe, choice, coordinator)
  const { inTurn, dtype, widths } = runner
  const { network } = recipe
  const outputs = widths.at(-1)!

  const trainer: Trainer = {
    get info() {
      return { ...runner.info }
    },

    gradient: async (inputs, targets, sampleWeights) =>
      inTurn(async () => {
        const examples = checkExamples(
          'gradient',
          { inputs, targets, sampleWeights },
          network,
          dtype,
        )
        const { count } = examples
        const shards = runner.shardsFor(count)
        const plan = runner.plan({
          units: shards,
          examples: count,
          flops: flopsOf(widths, count),
          needs: { shards, batchSize: count, training: needsOf(examples) },
        })
        await runner.store(plan.layout.training, examples)
        const figures = await runner.figuresOf({ ...plan, kind: 'gradient', shards })
        return { cost: figures[Tally.loss]!, ...runner.gradient() }
      }),

    fit: async (examples, options = {}) =>
      inTurn(async () => {
        const training = await prepareTraining(runner, 'fit', examples, options)
        const { onEpoch, onProgress, signal } = options
        try {
          while (!training.over) {
            const { divergence, ...progress } = await training.advance()
            onProgress?.(progress)
            for (const report of progress.epochs)
              if (onEpoch) await runner.waitFor(() => onEpoch(report))
            if (divergence) throw divergence
            signal?.throwIfAborted()
          }
        } finally {
          training.end()
        }
        return training.history
      }),

    async *epochs(examples, options = {}) {
      const training = await inTurn(async () =>
        prepareTraining(runner, 'epochs', examples, options),
      )
      const finishEpoch = async (): Promise<EpochReport> => {
        for (;;) {
          const {
            epochs: [finished],
            divergence,
          } = await training.advance()
          if (divergence) throw divergence
          options.signal?.throwIfAborted()
          if (finished) return finished
        }
      }
      try {
        while (!training.over) yield await inTurn(finishEpoch)
      } finally {
        if (runner.isOpen()) await inTurn(training.end)
      }
      return training.history
    },

    findLearningRate: async (examples, options = {}) =>
      inTurn(async () => findLearningRate(runner, examples, options)),

    evaluate: async (given, options = {}) =>
      inTurn(async () => {
        const tallies = tallyLayout('evaluate', network, checkEvaluateOptions(options))
        const examples = checkExamples('evaluate', given, network, dtype)
        const { count } = examples
        const plan = runner.plan({
          units: blockCount(count),
          examples: count,
          flops: flopsOf(widths, count) / 3,
          tallies,
          needs: { training: needsOf(examples) },
        })
        await runner.store(plan.layout.training, examples)
        const figures = await runner.figuresOf({ ...plan, kind: 'evaluate' })
        return {
          cost: figures[Tally.loss]!,
          ...metricsOf(tallies, figures, count, outputs),
          examples: count,
        }
      }),

    predict: async (inputs) =>
      inTurn(async () => {
        const examples = checkInputs('predict: inputs', inputs, network, dtype)
        const { count } = examples
        const plan = runner.plan({
          units: blockCount(count),
          examples: count,
          flops: flopsOf(widths, count) / 3,
          needs: { training: needsOf(examples), predicts: true },
        })
        await runner.store(plan.layout.training, { ...examples, where: 'predict' })
        await runner.figuresOf({ ...plan, kind: 'predict' })
        return runner.outputs(plan, count * outputs)
      }),

    getParameters() {
      runner.requireOpen()
      return runner.parameters()
    },
    setParameters(given) {
      runner.requireIdle('setParameters')
      runner.setParameters(checkParameters(given, widths, dtype))
    },
    parametersHash: () => hashParameters(trainer.getParameters()),
    close: runner.close,
    [Symbol.asyncDispose]: runner.close,
  }
  return trainer
}
