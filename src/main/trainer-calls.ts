// What a trainer's calls do: check what they are given, then have the workers do the work.

import { FileError, InputError } from '../shared/errors.js'
import { modelKindOf } from '../shared/model/kinds.js'
import {
  type MetricOptions,
  Tally,
  costOf,
  keepsOutputs,
  metricsOf,
  tallyLayout,
} from '../shared/figures/metrics.js'
import { answersOf } from './data/answers.js'
import type { Examples, NumberArray } from './data/arrays.js'
import { checkExamples, checkInputs, decayOf } from './data/examples.js'
import {
  type FloatArray,
  bytesOfParameters,
  checkParameters,
  initialParameters,
} from './data/parameters.js'
import { optionsFrom, stateFrom } from './files/trainer-file.js'
import { createModel } from './inference/model.js'
import { check } from './options/check.js'
import { checkEvaluateOptions } from './options/evaluate-options.js'
import { type LoadTrainerOptions, checkLoadTrainerOptions } from './options/load-trainer-options.js'
import { filePath } from './options/rules.js'
import {
  type TrainerOptions,
  type TrainerRecipe,
  checkTrainerOptions,
} from './options/trainer-options.js'
import type { Platform } from './runtime/platform.js'
import { type Runner, createRunner, describeModel, needsOf } from './runtime/runner.js'
import { type Session, createSession, readTrainerFile } from './session.js'
import type { EpochsOptions, FitOptions } from './training/fit-options.js'
import type { EpochReport, History } from './training/history.js'
import { findLearningRate } from './training/learning-rate-finder.js'
import type { Evaluation, Gradient, Trainer } from './trainer.js'

/** `createTrainer` on another platform. */
export async function createTrainerOn(
  platform: Platform,
  options: TrainerOptions,
): Promise<Trainer> {
  const recipe = checkTrainerOptions(options)
  const runner = await startRunner(platform, recipe)
  runner.state.setParameters(initialParameters(runner.tensors, recipe.seed))
  return trainerOf(createSession(runner))
}

/** `loadTrainer` on another platform. */
export async function loadTrainerOn(
  platform: Platform,
  file: string,
  options: LoadTrainerOptions,
): Promise<Trainer> {
  const { workers, backend } = checkLoadTrainerOptions(file, options)
  const stored = await readTrainerFile(platform, file)
  const described = optionsFrom(stored.document, stored.trainer, stored.file.metadata)
  const recipe = ofFile(file, () =>
    checkTrainerOptions({ ...described, workers, backend: backend ?? described.backend }),
  )
  const runner = await startRunner(platform, recipe)
  try {
    const { version, start } = stateFrom(stored.file, stored.trainer, runner)
    runner.state.restore(version)
    return trainerOf(createSession(runner, start))
  } catch (error) {
    await runner.close()
    throw error
  }
}

/** @throws {FileError} where what a file says of its trainer breaks a rule. */
function ofFile<Result>(file: string, check: () => Result): Result {
  try {
    return check()
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause
    throw new FileError(file, `it describes no trainer: ${cause.message}`, { cause })
  }
}

async function startRunner(platform: Platform, recipe: TrainerRecipe): Promise<Runner> {
  // Its thread starts while we look what this machine has.
  const coordinator = platform.startCoordinator()
  try {
    const model = describeModel(recipe)
    const { flops } = modelKindOf(model).work(model)
    const choice = await platform.chooseBackend(recipe.backend, flops)
    coordinator.equip({ compiled: platform.compileKernels(choice.backend), blas: choice.blas })
    return createRunner(platform, recipe, choice, coordinator)
  } catch (error) {
    await coordinator.close()
    throw error
  }
}

function trainerOf(session: Session): Trainer {
  const { runner } = session
  const { inTurn, platform, recipe, state, tensors } = runner
  const trainer: Trainer = {
    get info() {
      return { ...runner.info }
    },
    get options() {
      return structuredClone(recipe)
    },
    gradient: async (inputs, targets, sampleWeights) =>
      inTurn(async () => gradient(runner, { inputs, targets, sampleWeights })),
    fit: async (examples, options = {}) => inTurn(async () => fit(session, examples, options)),
    epochs: (examples, options = {}) => epochs(session, examples, options),
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
      session.forget()
    },
    parametersHash() {
      const hash = platform.createHash()
      for (const bytes of bytesOfParameters(trainer.getParameters())) hash.update(bytes)
      return hash.digest()
    },
    model() {
      const { network, classes, metadata } = trainer.options
      const parameters = trainer.getParameters()
      const kernels = platform.compileInference()
      return createModel({ network, classes, metadata, parameters, kernels })
    },
    async save(file) {
      runner.requireOpen()
      await session.save(check('save: file', filePath, file))
    },
    close: session.close,
    [Symbol.asyncDispose]: session.close,
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

async function fit(session: Session, examples: Examples, options: FitOptions): Promise<History> {
  const { runner } = session
  const training = await session.prepare('fit', examples, options)
  const { checkpoint, onEpoch, onProgress, signal } = options
  const checkpoints = checkpoint && session.startCheckpoints(training, checkpoint)
  try {
    while (!training.over) {
      const { divergence, ...progress } = await session.advance(training)
      checkpoints?.note(progress.epochs)
      onProgress?.(progress)
      for (const report of progress.epochs) {
        if (onEpoch) await runner.waitFor(() => onEpoch(report))
      }
      if (divergence) throw divergence
      signal?.throwIfAborted()
    }
  } finally {
    try {
      await checkpoints?.finish()
    } finally {
      session.end(training)
    }
  }
  return training.history
}

async function* epochs(
  session: Session,
  examples: Examples,
  options: EpochsOptions,
): AsyncGenerator<EpochReport, History, undefined> {
  const { runner } = session
  const { inTurn } = runner
  const training = await inTurn(async () => session.prepare('epochs', examples, options))
  const finishEpoch = async (): Promise<EpochReport> => {
    for (;;) {
      const { divergence, ...progress } = await session.advance(training)
      if (divergence) throw divergence
      options.signal?.throwIfAborted()
      const [finished] = progress.epochs
      if (finished) return finished
    }
  }
  try {
    while (!training.over) yield await inTurn(finishEpoch)
  } finally {
    if (runner.isOpen()) await inTurn(() => session.end(training))
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
