// One call to train, epoch by epoch: what `fit` and `epochs` have in common.

import { DivergenceError } from '../../shared/errors.js'
import { spansOf } from '../../shared/figures/timeline.js'
import type { Optimizer } from '../../shared/optimizers/optimizers.js'
import type { TrainRun } from '../../shared/protocol.js'
import type { Examples } from '../data/arrays.js'
import { digestOf } from '../data/digest.js'
import type { ExamplesDigest } from '../data/examples-digest.js'
import type { CheckedExamples } from '../data/examples.js'
import type { Plan, Runner } from '../runtime/runner.js'
import type { TrainedResult } from './epoch-reports.js'
import type { FitOptions, Progress } from './fit-options.js'
import { requirePossible, requireSameExamples } from './go-on.js'
import type { History } from './history.js'
import type { TrainingStart } from './position.js'
import { type Identity, type Standing, createProgress } from './progress.js'
import {
  type RunPart,
  type TrainingCall,
  type TrainingCallName,
  layOut,
  readCall,
  runOf,
} from './training-call.js'

/** A call to train that has been checked, to be taken on turn by turn. */
export interface Training {
  /** The figures of the epochs so far. */
  readonly history: History
  /** Whether all epochs are done, or training has ended early. */
  readonly over: boolean
  /** Whether there is a validation. */
  readonly validates: boolean
  /**
   * Where training stands, and what early stopping keeps. Undefined once a step has failed: then
   * what the trainer holds is right, but where it stands is not known.
   */
  readonly standing: Standing | undefined
  /** What tells the examples apart; it takes a while the first time. */
  identify: () => Promise<Identity>
  /**
   * Trains on, for an epoch or for a slice of time; says which epochs are done since, and if
   * training then diverged.
   */
  advance: () => Promise<Progress & { divergence: DivergenceError | undefined }>
  /** Leaves the trainer as early stopping promises. */
  end: () => void
}

/** What a call adds to the options that every call to train has. */
export interface TrainingSettings {
  /** What moves the parameters, if not the trainer's own optimizer. */
  optimizer?: Optimizer
  /** Where the training that goes on stood; the trainer's parameters are those of then. */
  start?: TrainingStart
  /** How long the workers train before they come back, at most. */
  sliceMs?: number
  /** After each multiple of so many epochs the workers come back. */
  everyEpochs?: number
}

/**
 * Checks a call to train and plans it; nothing is trained yet. To be called, like `advance`, when
 * the call has its turn.
 *
 * @param runner Of the trainer.
 * @param where The call, as an error names it.
 * @param given The examples as the caller gave them.
 * @param givenOptions The options as the caller gave them.
 * @param settings What else there is to say.
 * @returns The call, ready to be taken on.
 * @throws {InputError} on wrong options or data.
 */
export async function prepareTraining(
  runner: Runner,
  where: TrainingCallName,
  given: Examples,
  givenOptions: FitOptions,
  {
    optimizer = runner.recipe.optimizer,
    start,
    sliceMs,
    everyEpochs = Infinity,
  }: TrainingSettings = {},
): Promise<Training> {
  const call = readCall(runner, where, given, givenOptions, optimizer, start)
  const { epochs, onTimeline, signal } = call.options
  const progress = createProgress(runner, where, call, start)
  // The next epoch may depend on what is made of this one: then the workers come back after each.
  const oneByOne =
    where !== 'fit' || givenOptions.onEpoch !== undefined || progress.decidesBetweenEpochs
  let plan: Plan | undefined
  let identity: Promise<Identity> | undefined
  const identify = async (): Promise<Identity> => (identity ??= identityOf(runner, call))
  signal?.throwIfAborted()
  if (start) {
    requirePossible(where, start.position, call.stepsPerEpoch, call.tallies.fields)
    if (start.dtype === runner.dtype) requireIdentity(where, start.position, await identify())
  }

  const settle = async (): Promise<Plan> => {
    if (plan && runner.isCurrent(plan)) return plan
    plan = await layOut(runner, call, progress.step)
    progress.enter(plan)
    return plan
  }
  const partFor = (): RunPart => {
    const { done, rateReduction } = progress
    const next = Math.min(epochs, (Math.floor(done / everyEpochs) + 1) * everyEpochs)
    return { fromEpoch: done, untilEpoch: oneByOne ? done + 1 : next, rateReduction, sliceMs }
  }

  await settle()
  if (start?.version) runner.state.restore(start.version)
  return {
    history: progress.history,
    validates: call.validation !== undefined,
    identify,
    end: progress.end,
    get over() {
      return progress.over
    },
    get standing() {
      return progress.standing()
    },
    async advance() {
      signal?.throwIfAborted()
      const settled = await settle()
      signal?.throwIfAborted()
      progress.leave()
      const result = await runUntilAborted(runner, runOf(runner, call, settled, partFor()), signal)
      result.timelines?.forEach((records, worker) =>
        onTimeline?.(spansOf(records, worker, settled.orderedAt)),
      )
      const reports = progress.take(result, settled)
      const steps = call.stepsPerEpoch * epochs
      return { epochs: reports, step: progress.step, steps, divergence: divergenceOf(result) }
    },
  }
}

/** What tells the examples of a call apart. */
async function identityOf(
  { dtype, platform }: Runner,
  { training, validation }: TrainingCall,
): Promise<Identity> {
  const digest = async (examples: CheckedExamples): Promise<ExamplesDigest> =>
    digestOf(examples, dtype, platform.createHash(), platform.rest)
  return {
    examples: await digest(training),
    validation: validation && (await digest(validation)),
  }
}

/** @throws {InputError} unless training goes on with the examples that it began with. */
function requireIdentity(where: string, before: Identity, now: Identity): void {
  requireSameExamples(`${where}: examples`, before.examples, now.examples)
  requireSameExamples(`${where}: validation`, before.validation, now.validation)
}

/** Has the workers train; a signal makes them stop after the step under way. */
async function runUntilAborted(
  runner: Runner,
  run: TrainRun,
  signal: AbortSignal | undefined,
): Promise<TrainedResult> {
  signal?.addEventListener('abort', runner.state.stop, { once: true })
  try {
    const result = await runner.run(run)
    if (result.kind === 'trained') return result
    throw new Error(`internal: a run to train came back as ${result.kind}`)
  } finally {
    signal?.removeEventListener('abort', runner.state.stop)
  }
}

function divergenceOf({ outcome, position }: TrainedResult): DivergenceError | undefined {
  const { epoch, step, lastCost } = position
  return outcome === 'diverged' ? new DivergenceError(epoch, step, lastCost) : undefined
}
