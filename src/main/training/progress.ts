// How far a call to train has come: what the workers' runs add up to, and what is decided between
// epochs.

import type { Plan, Runner } from '../runtime/runner.js'
import { type TrainedResult, createReporter } from './epoch-reports.js'
import { lastingOptionsOf } from './go-on.js'
import { type EpochReport, type History, appendTo, emptyHistory } from './history.js'
import { createPlateau, createStopper } from './monitor.js'
import type { TrainingPosition, TrainingStart } from './position.js'
import type { TrainingCall } from './training-call.js'

/** What tells the examples of a training apart. */
export type Identity = Pick<TrainingPosition, 'examples' | 'validation'>

/** Where training stands, but for what tells its examples apart, and what early stopping keeps. */
export interface Standing extends Pick<TrainingStart, 'best'> {
  position: Omit<TrainingPosition, keyof Identity>
}

export interface TrainingProgress {
  readonly history: History
  /** Epochs and steps that are done. */
  readonly done: number
  readonly step: number
  /** Whether all epochs are done, or training has ended early. */
  readonly over: boolean
  /** What plateaus have multiplied the learning rate by. */
  readonly rateReduction: number
  /** Whether what the next epoch does may depend on the figures of this one. */
  readonly decidesBetweenEpochs: boolean
  /** Before the first run of a plan. */
  enter: (plan: Plan) => void
  /** Before a run: until its result is taken, it is not known where training stands. */
  leave: () => void
  /** After a run: the epochs that it has finished. */
  take: (result: TrainedResult, plan: Plan) => EpochReport[]
  /** Undefined if it is not known, since a run has failed or diverged. */
  standing: () => Standing | undefined
  /** Leaves the trainer as early stopping promises. */
  end: () => void
}

/**
 * @param where The call, as an error names it.
 * @param start Where the training that goes on stood.
 */
export function createProgress(
  runner: Runner,
  where: string,
  call: TrainingCall,
  start: TrainingStart | undefined,
): TrainingProgress {
  const { earlyStopping, epochs, initialEpoch } = call.options
  const from = start?.position
  const validates = call.validation !== undefined
  const stopper =
    earlyStopping && createStopper(runner, where, earlyStopping, call.tallies, validates, start)
  const plateau = createPlateau(call.optimizer.learningRate, from?.plateau)
  const reduction = (): number => plateau?.reduction ?? 1
  const reporter = createReporter(call, reduction, from?.seconds)
  const history = structuredClone(from?.history ?? emptyHistory())
  let step = from?.step ?? initialEpoch * call.stepsPerEpoch
  let sums = from?.sums ?? [] // of the epoch under way
  let stopped = stopper?.stopped ?? false
  let known = true
  let ended = false
  const done = (): number => Math.floor(step / call.stepsPerEpoch)

  return {
    history,
    decidesBetweenEpochs: stopper !== undefined || plateau !== undefined,
    get done() {
      return done()
    },
    get step() {
      return step
    },
    get over() {
      return stopped || done() >= epochs
    },
    get rateReduction() {
      return reduction()
    },

    enter: ({ layout }) => runner.state.setEpochSums(layout.records.sums, sums),

    leave() {
      known = false
    },

    take(result, { layout }) {
      const reports = reporter.reportsOf(result)
      for (const report of reports) {
        appendTo(history, report)
        plateau?.observe(report)
        if (stopper?.observe(report)) stopped = true
      }
      history.seconds += result.seconds
      step = result.steps
      sums = [...runner.state.epochSums(layout.records.sums, call.tallies.fields)]
      known = result.outcome !== 'diverged'
      return reports
    },

    standing() {
      if (!known) return undefined
      const kept = stopper?.position()
      return {
        best: ended ? undefined : kept?.best,
        position: {
          options: lastingOptionsOf(call.options),
          step,
          sums,
          seconds: reporter.secondsOfEpoch(),
          plateau: plateau?.position(),
          stopping: kept?.stopping,
          ended,
          history: structuredClone(history),
        },
      }
    },

    end() {
      if (!stopper || ended) return
      ended = true
      history.bestEpoch = stopper.restore()
    },
  }
}
