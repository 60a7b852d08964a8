// One call to train, checked: its options and data, and the order for the workers that follows from
// them.

import { stepsPerEpoch } from '../../shared/batches/shards.js'
import { InputError } from '../../shared/errors.js'
import { type TallyLayout, keepsOutputs, tallyLayout } from '../../shared/figures/metrics.js'
import type { Optimizer } from '../../shared/optimizers/optimizers.js'
import type { TrainRun } from '../../shared/protocol.js'
import type { Examples } from '../data/arrays.js'
import { answersOf } from '../data/answers.js'
import { weighClasses } from '../data/class-weights.js'
import { type CheckedExamples, checkExamples, decayOf, splitExamples } from '../data/examples.js'
import { checkTrainingOptions } from '../options/training-options.js'
import { type Plan, type Runner, needsOf } from '../runtime/runner.js'
import type { EpochsOptions } from './fit-options.js'
import { goOnWith } from './go-on.js'
import type { TrainingStart } from './position.js'

/** The calls that train. */
export type TrainingCallName = 'fit' | 'epochs' | 'findLearningRate'

export interface TrainingCall {
  options: EpochsOptions & ReturnType<typeof checkTrainingOptions>
  optimizer: Optimizer
  training: CheckedExamples
  validation: CheckedExamples | undefined
  tallies: TallyLayout
  batchSize: number
  stepsPerEpoch: number
  shards: number
  /** Of the L2 term, as in `TrainRun`. */
  decay: number
}

/** How long the workers run before they report, at most. */
const SLICE_MS = 100

/**
 * @param start Where the training that goes on stood: options left out are then its own.
 * @throws {InputError} on wrong options or data.
 */
export function readCall(
  runner: Runner,
  where: TrainingCallName,
  given: Examples,
  givenOptions: EpochsOptions,
  optimizer: Optimizer,
  start?: TrainingStart,
): TrainingCall {
  const asked = start ? goOnWith(where, givenOptions, start.position) : givenOptions
  const options = checkTrainingOptions(where, asked) as TrainingCall['options']
  const [training, validation] = trainingAndValidation(runner, where, given, options)
  const { count } = training
  const batchSize = options.batchSize === 'all' ? count : Math.min(options.batchSize, count)
  return {
    options,
    optimizer,
    training,
    validation,
    tallies: tallyLayout(where, training.outputs, answersOf(training, validation), options),
    batchSize,
    stepsPerEpoch: stepsPerEpoch(count, batchSize, options.accumulationSteps),
    shards: runner.shardsFor(batchSize),
    decay: decayOf(runner.recipe.l2, training),
  }
}

/** Brings a call's job into the arena, to go on after `step` steps. */
export async function layOut(runner: Runner, call: TrainingCall, step: number): Promise<Plan> {
  const { batchSize, options, shards, tallies, training, validation } = call
  const keeps = keepsOutputs(tallies)
  const plan = runner.plan({
    tallies,
    needs: {
      shards,
      batchSize,
      batches: Math.min(options.accumulationSteps, Math.ceil(training.count / batchSize)),
      training: needsOf(training, keeps),
      validation: validation && needsOf(validation, keeps),
      timeline: options.onTimeline !== undefined,
      gradient: options.accumulationSteps > 1 || runner.recipe.clipNorm !== undefined,
    },
  })
  await runner.store(plan.layout.training, training)
  if (validation) await runner.store(plan.layout.validation, validation)
  runner.state.enterStep(step)
  return plan
}

/** What differs from run to run of a call. */
export interface RunPart extends Pick<TrainRun, 'fromEpoch' | 'untilEpoch' | 'rateReduction'> {
  /** How long the workers run before they report, if not as long as usual. */
  sliceMs: number | undefined
}

/** What the workers are told. */
export function runOf(
  { recipe }: Runner,
  call: TrainingCall,
  plan: Plan,
  { fromEpoch, untilEpoch, rateReduction, sliceMs = SLICE_MS }: RunPart,
): TrainRun {
  const { batchSize, optimizer, options, shards, training } = call
  return {
    ...plan,
    kind: 'train',
    decay: call.decay,
    optimizer,
    clipNorm: recipe.clipNorm,
    rateReduction,
    seed: recipe.seed,
    shards,
    batchSize,
    accumulationSteps: options.accumulationSteps,
    stepsPerEpoch: call.stepsPerEpoch,
    shuffle: options.shuffle && batchSize < training.count,
    fromEpoch,
    untilEpoch,
    sliceMs: Math.min(SLICE_MS, sliceMs),
  }
}

/** The examples to train on, weighed, and those to validate with. */
function trainingAndValidation(
  { shape, dtype }: Runner,
  where: string,
  given: Examples,
  { classWeights, validation }: EpochsOptions,
): [CheckedExamples, CheckedExamples | undefined] {
  const examples = checkExamples(where, given, shape, dtype)
  const weigh = (chosen: CheckedExamples): CheckedExamples =>
    classWeights === undefined ? chosen : weighClasses(where, chosen, classWeights, dtype)
  if (validation === undefined) return [weigh(examples), undefined]
  if (typeof validation !== 'number') {
    return [weigh(examples), checkExamples(`${where}: validation`, validation, shape, dtype)]
  }
  const held = Math.ceil(examples.count * validation)
  if (held === examples.count) {
    throw new InputError(
      `${where}: validation`,
      `a share that leaves some of the ${held} examples to train on`,
      String(validation),
    )
  }
  const [training, heldOut] = splitExamples(examples, held)
  return [weigh(training), heldOut]
}
