// Watches one figure from epoch to epoch: to end training early, or to let the learning rate fall
// on a plateau.

import { InputError, show } from '../../shared/errors.js'
import { type LearningRate, plateauOf } from '../../shared/optimizers/learning-rate.js'
import { type TallyLayout, metricNames, metrics } from '../../shared/figures/metrics.js'
import { nearest } from '../options/nearest.js'
import type { EarlyStopping, MonitoredName } from './fit-options.js'
import { type EpochReport, type History, validationName } from './history.js'
import type { PlateauPosition, StoppingPosition, TrainingStart } from './position.js'
import type { Runner } from '../runtime/runner.js'

interface Monitor {
  /** The best value so far; undefined before the first. */
  readonly best: number | undefined
  /** Whether a value is better than the best before it by more than `minimumChange`. */
  improves: (value: number) => boolean
}

/** Metrics that get better as they rise, of training and of validation; a cost is none of them. */
const rising = new Set(
  metricNames
    .filter((name) => metrics[name].better === 'higher')
    .flatMap((name) => [name, validationName(name)]),
)

/** @param best The best value so far, of a training that goes on. */
function createMonitor(name: MonitoredName, minimumChange: number, best?: number): Monitor {
  const sign = rising.has(name) ? -1 : 1
  return {
    get best() {
      return best
    },
    improves(value) {
      const better = sign * value < (best === undefined ? Infinity : sign * best) - minimumChange
      if (better) best = value
      return better
    },
  }
}

/** What ends training early, and goes back to the best epoch. */
export interface Stopper {
  /** Takes note of an epoch, and says whether training should end after it. */
  observe: (report: EpochReport) => boolean
  /** Whether training should have ended by now. */
  readonly stopped: boolean
  /** Where it stands, and what it keeps. */
  position: () => { stopping: StoppingPosition; best: Uint8Array | undefined }
  /**
   * Goes back to the best epoch.
   * @returns Its number.
   */
  restore: () => number | undefined
}

/**
 * Watches a figure, as early stopping asks for.
 *
 * @param runner Of the trainer, whose state is kept and restored.
 * @param where The call, as an error names it.
 * @param options What to watch, and for how long.
 * @param tallies Which metrics are reported.
 * @param validates Whether there is a validation.
 * @param start Where the training that goes on stood.
 * @returns What is to be shown every epoch.
 * @throws {InputError} if the figure isn't reported.
 */
export function createStopper(
  runner: Runner,
  where: string,
  { monitor, patience = 0, minimumChange = 0 }: EarlyStopping,
  { names }: TallyLayout,
  validates: boolean,
  start?: TrainingStart,
): Stopper {
  const name = monitor ?? defaultMonitor(validates)
  const watchable = names.filter((metric) => metrics[metric].better)
  const reported: string[] = ['cost', 'loss', ...watchable]
  if (validates) reported.push('validationCost', ...watchable.map(validationName))
  if (!reported.includes(name))
    throw new InputError(
      `${where}: earlyStopping.monitor`,
      `a figure that is reported here (${reported.join(', ')})`,
      show(name),
      nearest(name, reported),
    )
  const from = start?.position.stopping
  const watched = createMonitor(name, minimumChange, from?.best)
  let best: { epoch: number; snapshot: Uint8Array } | undefined =
    start?.best && from?.epoch !== undefined
      ? { epoch: from.epoch, snapshot: start.best }
      : undefined
  let waited = from?.waited ?? 0
  return {
    get stopped() {
      return waited > 0 && waited >= patience
    },
    observe(report) {
      if (watched.improves(report[name]!)) {
        best = { epoch: report.epoch, snapshot: runner.state.snapshot() }
        waited = 0
        return false
      }
      return ++waited >= patience
    },
    position: () => ({
      stopping: { best: watched.best, waited, epoch: best?.epoch },
      best: best?.snapshot,
    }),
    restore() {
      const kept = best
      best = undefined
      if (kept) runner.state.restore(kept.snapshot)
      return kept?.epoch
    },
  }
}

/** The figure that is watched if none is named. */
function defaultMonitor(validates: boolean): 'validationCost' | 'loss' {
  return validates ? 'validationCost' : 'loss'
}

/**
 * Tells the best epochs of a training, by the cost held out or else by the loss.
 *
 * @param validates Whether there is a validation.
 * @param history Of the epochs before.
 * @returns Whether an epoch is better than all before it.
 */
export function watchBest(validates: boolean, history: History): (report: EpochReport) => boolean {
  const name = defaultMonitor(validates)
  const watched = createMonitor(name, 0)
  for (const value of history[name]) watched.improves(value)
  return (report) => watched.improves(report[name]!)
}

/** What lowers the learning rate when the cost no longer falls. */
export interface Plateau {
  /** What the learning rate is multiplied by now. */
  reduction: number
  /** Takes note of an epoch. */
  observe: (report: EpochReport) => void
  position: () => PlateauPosition
}

/**
 * The state of a learning rate that falls on plateaus, as Keras's ReduceLROnPlateau.
 *
 * @param rate The optimizer's learning rate.
 * @param from Where the training that goes on stood.
 * @returns Undefined unless there is such a schedule in it.
 */
export function createPlateau(rate: LearningRate, from?: PlateauPosition): Plateau | undefined {
  const schedule = plateauOf(rate)
  if (!schedule) return undefined
  const watched = createMonitor('loss', schedule.minimumChange, from?.best)
  let waited = from?.waited ?? 0
  let cooling = from?.cooling ?? 0
  const plateau: Plateau = {
    reduction: from?.reduction ?? 1,
    position: () => ({ best: watched.best, waited, cooling, reduction: plateau.reduction }),
    observe({ loss, validationCost }) {
      if (cooling > 0) {
        cooling--
        waited = 0
      }
      if (watched.improves(validationCost ?? loss)) waited = 0
      else if (cooling === 0 && ++waited >= schedule.patience) {
        plateau.reduction *= schedule.factor
        cooling = schedule.cooldown
        waited = 0
      }
    },
  }
  return plateau
}
