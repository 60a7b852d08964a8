// One call to train, epoch by epoch: what `fit` and `epochs` have in common.

import { DivergenceError } from '../../shared/errors.js'
import type { MetricOptions } from '../../shared/figures/metrics.js'
import { type Span, spansOf } from '../../shared/figures/timeline.js'
import type { TrainRun } from '../../shared/protocol.js'
import type { Examples } from '../data/examples.js'
import type { Plan, Runner } from '../runtime/runner.js'
import { type TrainedResult, createReporter } from './epoch-reports.js'
import { type EpochReport, type History, appendTo, emptyHistory } from './history.js'
import { type EarlyStopping, createPlateau, createStopper } from './monitor.js'
import { type TrainingCallName, layOut, readCall, runOf } from './training-call.js'

/** How training stands; `epochs` are those finished since the last report. */
export interface Progress {
  epochs: EpochReport[]
  /** Steps done, of how many; `initialEpoch` counts as done. */
  step: number
  steps: number
}

export interface EpochsOptions extends MetricOptions {
  /**
   * The number of the last epoch.
   * @default 1
   */
  epochs?: number
  /**
   * Epochs that count as done: the order of the examples and the learning rate go on from there.
   * @default 0
   */
  initialEpoch?: number
  /**
   * Examples of a batch; 'all', or more than there are, means every example.
   * @default 32
   */
  batchSize?: number | 'all'
  /**
   * Batches whose gradients are summed into one update (gradient accumulation): the average is over
   * the examples of them all. An epoch's last update takes what is left.
   * @default 1
   */
  accumulationSteps?: number
  /**
   * Whether every epoch takes the examples in another order, which follows from the seed. Plays no
   * part if a batch has them all.
   * @default true
   */
  shuffle?: boolean
  /**
   * Examples to evaluate after every epoch: others, or the last share of the rows, which is then
   * not trained on.
   */
  validation?: Examples | number
  /**
   * A weight for the examples of each class, by its number; 1 where there is none. Multiplied by
   * the examples' own.
   */
  classWeights?: readonly number[] | Readonly<Record<number, number>>
  /** @default none */
  earlyStopping?: EarlyStopping
  /**
   * Has the workers record what they do when; called with the spans, some ten times a second. Costs
   * a few percent of the time of small steps.
   */
  onTimeline?: (spans: Span[]) => void
  /**
   * Aborting stops training after the current step: the call rejects with the signal's reason, the
   * parameters are the last step's.
   */
  signal?: AbortSignal
}

export interface FitOptions extends EpochsOptions {
  /**
   * Called after every epoch; training waits for it, so the parameters are those of that epoch. Of
   * the trainer's calls only those that return at once may be made in it.
   */
  onEpoch?: (report: EpochReport) => unknown
  /** Called about ten times a second while training goes on. */
  onProgress?: (progress: Progress) => void
}

export interface Training {
  readonly history: History
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
