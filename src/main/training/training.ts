// One call to train, epoch by epoch: what `fit` and `epochs` have in common.

import type { FitOptions, Progress } from './fit-options.js'
import { DivergenceError } from '../../shared/errors.js'
import { spansOf } from '../../shared/figures/timeline.js'
import type { TrainRun } from '../../shared/protocol.js'
import type { Examples } from '../data/arrays.js'
import type { Plan, Runner } from '../runtime/runner.js'
import { type TrainedResult, createReporter } from './epoch-reports.js'
import { type EpochReport, type History, appendTo, emptyHistory } from './history.js'
import { createPlateau, createStopper } from './monitor.js'
import { type TrainingCallName, layOut, readCall, runOf } from './training-call.js'

/** A call to train that has been checked, to be taken on turn by turn. */
export interface Training {
  /** The figures of the epochs so far. */
  readonly history: History
  /** Whether all epochs are done, or training has ended early. */
  readonly over: boolean
  /**
   * Trains on, for an epoch or for a slice of time; says which epochs are done since, and if
   * training then diverged.
   */
  advance: () => Promise<Progress & { divergence: DivergenceError | undefined }>
  /** Leaves the trainer as early stopping promises. */
  end: () => void
}

/**
 * Checks a call to train and plans it; nothing is trained yet. To be called, like `advance`, when
 * the call has its turn.
 *
 * @param runner Of the trainer.
 * @param where The call, as an error names it.
 * @param given The examples as the caller gave them.
 * @param givenOptions The options as the caller gave them.
 * @param optimizer What moves the parameters, if not the trainer's own.
 * @returns The call, ready to be taken on.
 * @throws {InputError} on wrong options or data.
 */
export async function prepareTraining(
  runner: Runner,
  where: TrainingCallName,
  given: Examples,
  givenOptions: FitOptions,
  optimizer = runner.recipe.optimizer,
): Promise<Training> {
  const call = readCall(runner, where, given, givenOptions, optimizer)
  const { earlyStopping, epochs, initialEpoch, onTimeline, signal } = call.options
  const validates = call.validation !== undefined
  const stopper =
    earlyStopping && createStopper(runner, where, earlyStopping, call.tallies, validates)
  const plateau = createPlateau(optimizer.learningRate)
  // The next epoch may depend on what is made of this one: then the workers come back after each.
  const oneByOne = where !== 'fit' || [givenOptions.onEpoch, stopper, plateau].some(Boolean)
  const reduction = (): number => plateau?.reduction ?? 1
  const reportsOf = createReporter(call, reduction)
  const history = emptyHistory()
  let done = initialEpoch
  let stopped = false
  let plan: Plan | undefined
  signal?.throwIfAborted()

  const settle = async (): Promise<Plan> => {
    if (!plan || !runner.isCurrent(plan)) plan = await layOut(runner, call, done)
    return plan
  }
  const take = (report: EpochReport): void => {
    appendTo(history, report)
    plateau?.observe(report)
    if (stopper?.observe(report)) stopped = true
  }

  await settle()
  return {
    history,
    get over() {
      return stopped || done >= epochs
    },
    async advance() {
      signal?.throwIfAborted()
      const settled = await settle()
      signal?.throwIfAborted()
      const untilEpoch = oneByOne ? done + 1 : epochs
      const part = { fromEpoch: done, untilEpoch, rateReduction: reduction() }
      const result = await runUntilAborted(runner, runOf(runner, call, settled, part), signal)
      result.timelines?.forEach((records, worker) =>
        onTimeline?.(spansOf(records, worker, settled.orderedAt)),
      )
      const reports = reportsOf(result)
      reports.forEach(take)
      history.seconds += result.seconds
      done += reports.length
      const steps = call.stepsPerEpoch * epochs
      return { epochs: reports, step: result.steps, steps, divergence: divergenceOf(result) }
    },
    end() {
      if (stopper) history.bestEpoch = stopper.restore()
    },
  }
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
