// One call to train, epoch by epoch: what `fit` and `epochs` have in common.

import { checkTrainingOptions } from '../options/training-options.js'
import { DivergenceError, InputError } from '../../shared/errors.js'
import { learningRateAt } from '../../shared/optimizers/learning-rate.js'
import { Tally, metricsOf, tallyLayout } from '../../shared/figures/metrics.js'
import { flopsOf } from '../../shared/network/network.js'
import type { Figures, RunResult } from '../../shared/protocol.js'
import { stepsPerEpoch } from '../../shared/batches/shards.js'
import { spansOf } from '../../shared/figures/timeline.js'
import type { Examples } from '../data/arrays.js'
import {
  type CheckedExamples,
  checkExamples,
  splitExamples,
  weighClasses,
} from '../data/examples.js'
import type { EpochsOptions, FitOptions, Progress } from './fit-options.js'
import { type EpochReport, type History, appendTo, emptyHistory, ofValidation } from './history.js'
import { createPlateau, createStopper } from './monitor.js'
import { type Plan, type Runner, needsOf } from '../runtime/runner.js'

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

/** How long the workers run before they report. */
const SLICE_MS = 100

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
  where: 'fit' | 'epochs' | 'findLearningRate',
  given: Examples,
  givenOptions: FitOptions,
  optimizer = runner.recipe.optimizer,
): Promise<Training> {
  const { recipe, widths } = runner
  const options = checkTrainingOptions(where, givenOptions) as ReturnType<
    typeof checkTrainingOptions
  > &
    FitOptions
  const { accumulationSteps, earlyStopping, epochs, initialEpoch, onTimeline, signal } = options
  const [training, validation] = trainingAndValidation(runner, where, given, options)
  const outputs = widths.at(-1)!
  const tallies = tallyLayout(where, recipe.network, options)
  const stopper =
    earlyStopping && createStopper(runner, where, earlyStopping, tallies, validation !== undefined)
  const plateau = createPlateau(optimizer.learningRate)
  signal?.throwIfAborted()

  const batchSize =
    options.batchSize === 'all' ? training.count : Math.min(options.batchSize, training.count)
  const perEpoch = stepsPerEpoch(training.count, batchSize, accumulationSteps)
  const shards = runner.shardsFor(batchSize)
  const oneByOne =
    // Then the next epoch depends on what is made of this one.
    where !== 'fit' || [options.onEpoch, stopper, plateau].some((part) => part !== undefined)
  const history = emptyHistory()
  let done = initialEpoch
  let secondsOfEpoch = 0 // of the one under way
  let stopped = false
  let plan: Plan | undefined

  /** Brings the job into the arena, unless it is there still. */
  const settle = async (): Promise<Plan> => {
    if (plan && runner.occupant === plan) return plan
    plan = runner.plan({
      units: shards,
      examples: batchSize,
      flops: flopsOf(widths, batchSize),
      tallies,
      needs: {
        shards,
        batchSize,
        training: needsOf(training),
        validation: validation && needsOf(validation),
        timeline: onTimeline !== undefined,
        gradient: accumulationSteps > 1 || recipe.clipNorm !== undefined,
      },
    })
    await runner.store(plan.layout.training, training)
    if (validation) await runner.store(plan.layout.validation, validation)
    runner.standAt(done * perEpoch)
    return plan
  }

  const reportOf = (
    epoch: number,
    figures: Figures,
    held: Figures | undefined,
    seconds: number,
  ): EpochReport => ({
    epoch,
    cost: figures[Tally.loss]!,
    ...metricsOf(tallies, figures, training.count, outputs),
    ...(held && {
      validationCost: held[Tally.loss]!,
      ...ofValidation(metricsOf(tallies, held, validation!.count, outputs)),
    }),
    learningRate: learningRateAt(
      optimizer.learningRate,
      epoch * perEpoch - 1,
      perEpoch,
      plateau?.reduction,
    ),
    examplesPerSecond: Math.round(training.count / seconds),
  })

  /** Takes in what the workers have done. */
  const account = (
    result: RunResult,
    { orderedAt }: Plan,
  ): Awaited<ReturnType<Training['advance']>> => {
    if (result.kind !== 'trained')
      throw new Error(`internal: a run to train came back as ${result.kind}`)
    history.seconds += result.seconds
    secondsOfEpoch += result.seconds
    result.timelines?.forEach((records, worker) =>
      onTimeline?.(spansOf(records, worker, orderedAt)),
    )
    const finished = result.epochs.reduce((sum, { seconds }) => sum + seconds, 0)
    const reports = result.epochs.map(
      ({ epoch, training: figures, validation: held, seconds }, i) =>
        reportOf(
          epoch,
          figures,
          held,
          i === 0 ? seconds + (secondsOfEpoch - result.seconds) : seconds,
        ),
    )
    if (reports.length > 0) secondsOfEpoch = result.seconds - finished
    for (const report of reports) {
      appendTo(history, report)
      plateau?.observe(report)
      if (stopper?.observe(report)) stopped = true
    }
    done += reports.length
    const { epoch, step, lastCost } = result.position
    const divergence =
      result.outcome === 'diverged' ? new DivergenceError(epoch, step, lastCost) : undefined
    return { epochs: reports, step: result.steps, steps: perEpoch * epochs, divergence }
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
      signal?.addEventListener('abort', runner.stop, { once: true })
      try {
        const result = await runner.run({
          ...settled,
          kind: 'train',
          stepsPerEpoch: perEpoch,
          optimizer,
          clipNorm: recipe.clipNorm,
          rateReduction: plateau?.reduction ?? 1,
          seed: recipe.seed,
          shards,
          batchSize,
          accumulationSteps,
          shuffle: options.shuffle && batchSize < training.count,
          fromEpoch: done,
          untilEpoch: oneByOne ? done + 1 : epochs,
          sliceMs: SLICE_MS,
        })
        return account(result, settled)
      } finally {
        signal?.removeEventListener('abort', runner.stop)
      }
    },
    end() {
      if (stopper) history.bestEpoch = stopper.restore()
    },
  }
}

/** The examples to train on, weighed, and those to validate with. */
function trainingAndValidation(
  { recipe: { network }, dtype }: Runner,
  where: string,
  given: Examples,
  { classWeights, validation }: EpochsOptions,
): [CheckedExamples, CheckedExamples | undefined] {
  const examples = checkExamples(where, given, network, dtype)
  const weigh = (chosen: CheckedExamples): CheckedExamples =>
    classWeights === undefined ? chosen : weighClasses(where, chosen, classWeights, dtype)
  if (validation === undefined) return [weigh(examples), undefined]
  if (typeof validation !== 'number')
    return [weigh(examples), checkExamples(`${where}: validation`, validation, network, dtype)]
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
