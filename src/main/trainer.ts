// The trainer: what a caller holds. Its calls check what they are given, and have the workers do
// it.

import {
  type TrainerOptions,
  type TrainerRecipe,
  checkEvaluateOptions,
  checkTrainerOptions,
} from './options/description.js'
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
import { type Examples, type NumberArray, checkExamples, checkInputs } from './data/examples.js'
import type { EpochReport, History } from './training/history.js'
import {
  type RateCurve,
  type RateFinderOptions,
  findLearningRate,
} from './training/learning-rate-finder.js'
import {
  type FloatArray,
  type Parameters,
  checkParameters,
  hashParameters,
} from './data/parameters.js'
import { type TrainerInfo, createRunner, needsOf } from './runtime/runner.js'
import { type EpochsOptions, type FitOptions, prepareTraining } from './training/training.js'

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
 * A network in training. Calls run one after the other, in the order they were made. Every method
 * but `close` throws after `close`.
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
   * @throws {WorkerError} if a worker died.
   * @throws {DivergenceError} if the cost was no longer finite.
   */
  fit: (examples: Examples, options?: FitOptions) => Promise<History>
  /**
   * Trains like `fit`, one epoch for each turn of a loop: `for await (const epoch of
   * trainer.epochs(...))`. Between the epochs any of the trainer's calls may be made; leaving the
   * loop ends training. Its return value, which such a loop ignores, is the history. Throws like
   * `fit`.
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
   * @throws {WorkerError} if a worker died.
   */
  findLearningRate: (examples: Examples, options?: RateFinderOptions) => Promise<RateCurve>
  /**
   * Cost, accuracy and other metrics on examples, in parallel.
   * @throws {InputError} on wrong data or options.
   * @throws {WorkerError} if a worker died.
   */
  evaluate: (examples: Examples, options?: MetricOptions) => Promise<Evaluation>
  /**
   * Outputs (m, n_L), row-major, in parallel.
   * @throws {InputError} on wrong data.
   * @throws {WorkerError} if a worker died.
   */
  predict: (inputs: NumberArray) => Promise<FloatArray>
  /** A copy of the parameters, of the last committed step if training is under way. */
  getParameters: () => Parameters
  /**
   * The optimizer's state starts anew.
   * @throws {InputError} on a wrong shape.
   * @throws {Error} while a call is under way.
   */
  setParameters: (parameters: Parameters) => void
  /**
   * sha256 over the parameters as float32 little-endian bytes: layer by layer, weights (row-major),
   * then biases.
   */
  parametersHash: () => string
  /** Ends the threads, once the calls under way are done. May be called twice. */
  close: () => Promise<void>
}

/** The script that the gradient workers run; tests start others. */
const GRADIENT_WORKER = new URL('../workers/node/gradient-worker.js', import.meta.url)

/**
 * Makes a trainer for a network.
 *
 * @throws {InputError} naming the option that is wrong, before anything starts.
 * @throws {ArenaError} if the parameters alone don't fit in a shared memory.
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  return createTrainerOn(GRADIENT_WORKER, options)
}

/** `createTrainer` with another worker script. */
export async function createTrainerOn(
  gradientWorker: URL,
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

/** A trainer whose runs a coordinator does that is there already; tests share one. */
export function createTrainerWith(
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
