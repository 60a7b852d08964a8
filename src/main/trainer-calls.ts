// What a trainer's calls do: check what they are given, then have the workers do the work.

import type { Platform } from './runtime/platform.js'
import { type TrainerOptions, checkTrainerOptions } from './options/trainer-options.js'
import { modelKindOf } from '../shared/model/kinds.js'
import { type Runner, createRunner, describeModel, needsOf } from './runtime/runner.js'
import { findLearningRate } from './training/learning-rate-finder.js'
import { type FloatArray, bytesOfParameters, checkParameters } from './data/parameters.js'
import { checkExamples, checkInputs, decayOf } from './data/examples.js'
import {
  type MetricOptions,
  Tally,
  costOf,
  keepsOutputs,
  metricsOf,
  tallyLayout,
} from '../shared/figures/metrics.js'
import { prepareTraining } from './training/training.js'
import { answersOf } from './data/answers.js'
import { checkEvaluateOptions } from './options/evaluate-options.js'
import type { Examples, NumberArray } from './data/arrays.js'
import type { EpochsOptions, FitOptions } from './training/fit-options.js'
import type { EpochReport, History } from './training/history.js'
import type { Evaluation, Gradient, Trainer } from './trainer.js'

/** `createTrainer` on another platform. */
export async function createTrainerOn(
  platform: Platform,
  options: TrainerOptions,
): Promise<Trainer> {
  const recipe = checkTrainerOptions(options)
  // Its thread starts while we look what this machine has.
  const coordinator = platform.startCoordinator()
  try {
    const model = describeModel(recipe)
    const { flops } = modelKindOf(model).work(model)
    const choice = await platform.chooseBackend(recipe.backend, flops)
    coordinator.equip({ compiled: platform.compileKernels(choice.backend), blas: choice.blas })
    return createTrainerWith(createRunner(platform, recipe, choice, coordinator))
  } catch (error) {
    await coordinator.close()
    throw error
  }
}

function createTrainerWith(runner: Runner): Trainer {
  const { inTurn, platform, state, tensors } = runner
  const trainer: Trainer = {
    get info() {
      return { ...runner.info }
    },
    gradient: async (inputs, targets, sampleWeights) =>
      inTurn(async () => gradient(runner, { inputs, targets, sampleWeights })),
    fit: async (examples, options = {}) => inTurn(async () => fit(runner, examples, options)),
    epochs: (examples, options = {}) => epochs(runner, examples, options),
    findLearningRate: async (examples, options = {}) =>
      inTurn(async () => findLearningRate(runner, examples, options)),
    evaluate: async (examples, options = {}) =>
      inTurn(async () => evaluate(runner, examples, options)),
    predict: async (inputs) => inTurn(async () => predict(runner, inputs)),
    getParameters() {
      runner.requireOpen()
      return state.parameters()
    },
    setParameters(given) {
      runner.requireIdle('setParameters')
      state.setParameters(checkParameters(given, tensors, runner.dtype))
    },
    parametersHash: () => platform.sha256(bytesOfParameters(trainer.getParameters())),
    close: runner.close,
    [Symbol.asyncDispose]: runner.close,
  }
  return trainer
}

async function gradient(runner: Runner, given: Partial<Examples>): Promise<Gradient> {
  const { dtype, recipe, shape, state } = runner
  const examples = checkExamples('gradient', given, shape, dtype)
  const { count } = examples
  const shards = runner.shardsFor(count)
  const plan = runner.plan({
    needs: { shards, batchSize: count, training: needsOf(examples) },
  })
  await runner.store(plan.layout.training, examples)
  const decay = decayOf(recipe.l2, examples)
  const figures = await runner.figuresOf({ ...plan, kind: 'gradient', shards, decay })
  return { cost: costOf(figures), ...state.gradient() }
}

async function fit(runner: Runner, examples: Examples, options: FitOptions): Promise<History> {
  const training = await prepareTraining(runner, 'fit', examples, options)
  const { onEpoch, onProgress, signal } = options
  try {
    while (!training.over) {
      const { divergence, ...progress } = await training.advance()
      onProgress?.(progress)
      for (const report of progress.epochs) {
        if (onEpoch) await runner.waitFor(() => onEpoch(report))
      }
      if (divergence) throw divergence
      signal?.throwIfAborted()
    }
  } finally {
    training.end()
  }
  return training.history
}

async function* epochs(
  runner: Runner,
  examples: Examples,
  options: EpochsOptions,
): AsyncGenerator<EpochReport, History, undefined> {
  const { inTurn } = runner
  const training = await inTurn(async () => prepareTraining(runner, 'epochs', examples, options))
  const finishEpoch = async (): Promise<EpochReport> => {
    for (;;) {
      const { divergence, ...progress } = await training.advance()
      if (divergence) throw divergence
      options.signal?.throwIfAborted()
      const [finished] = progress.epochs
      if (finished) return finished
    }
  }
  try {
    while (!training.over) yield await inTurn(finishEpoch)
  } finally {
    if (runner.isOpen()) await inTurn(training.end)
  }
  return training.history
}

async function evaluate(
  runner: Runner,
  given: Examples,
  options: MetricOptions,
): Promise<Evaluation> {
  const { dtype, shape } = runner
  const wanted = checkEvaluateOptions(options)
  const examples = checkExamples('evaluate', given, shape, dtype)
  const { count, outputs } = examples
  const tallies = tallyLayout('evaluate', outputs, answersOf(examples), wanted)
  const plan = runner.plan({
    tallies,
    needs: { training: needsOf(examples, keepsOutputs(tallies)) },
  })
  await runner.store(plan.layout.training, examples)
  const figures = await runner.figuresOf({ ...plan, kind: 'evaluate' })
  return {
    cost: figures[Tally.loss]!,
    ...metricsOf(tallies, figures, count),
    examples: count,
  }
}

async function predict(runner: Runner, inputs: NumberArray): Promise<FloatArray> {
  const { dtype, shape } = runner
  const examples = checkInputs('predict: inputs', inputs, shape, dtype)
  const { count } = examples
  const plan = runner.plan({
    needs: { training: needsOf(examples, true) },
  })
  await runner.store(plan.layout.training, { ...examples, where: 'predict' })
  await runner.figuresOf({ ...plan, kind: 'predict' })
  return runner.outputs(plan, count * shape.output.units)
}
