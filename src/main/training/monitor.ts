// Watches one figure from epoch to epoch: to end training early, or to let the learning rate fall
// on a plateau.

import { InputError, show } from '../../shared/errors.js'
import { type LearningRate, plateauOf } from '../../shared/optimizers/learning-rate.js'
import { type TallyLayout, metricNames, metrics } from '../../shared/figures/metrics.js'
import { nearest } from '../options/nearest.js'
import type { EarlyStopping, MonitoredName } from './fit-options.js'
import { type EpochReport, validationName } from './history.js'
import type { Runner } from '../runtime/runner.js'

interface Monitor {
  /** Whether a value is better than the best before it by more than `minimumChange`. */
  improves: (value: number) => boolean
}

/** Metrics that get better as they rise, of training and of validation; a cost is none of them. */
const rising = new Set(
  metricNames
    .filter((name) => metrics[name].better === 'higher')
    .flatMap((name) => [name, validationName(name)]),
)

function createMonitor(name: MonitoredName, minimumChange: number): Monitor {
  const sign = rising.has(name) ? -1 : 1
  let best = Infinity
  return {
    improves(value) {
      const better = sign * value < best - minimumChange
      if (better) best = sign * value
      return better
    },
  }
}

/** What ends training early, and goes back to the best epoch. */
export interface Stopper {
  /** Takes note of an epoch, and says whether training should end after it. */
  observe: (report: EpochReport) => boolean
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
 * @returns What is to be shown every epoch.
 * @throws {InputError} if the figure isn't reported.
 */
export function createStopper(
  runner: Runner,
  where: string,
  { monitor, patience = 0, minimumChange = 0 }: EarlyStopping,
  { names }: TallyLayout,
  validates: boolean,
): Stopper {
  const name = monitor ?? (validates ? 'validationCost' : 'loss')
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
  const watched = createMonitor(name, minimumChange)
  let best: { epoch: number; snapshot: Uint8Array } | undefined
  let waited = 0
  return {
    observe(report) {
      if (watched.improves(report[name]!)) {
        best = { epoch: report.epoch, snapshot: runner.state.snapshot() }
        waited = 0
        return false
      }
      return ++waited >= patience
    },
    restore() {
      if (best) runner.state.restore(best.snapshot)
      return best?.epoch
    },
  }
}

/** What lowers the learning rate when the cost no longer falls. */
export interface Plateau {
  /** What the learning rate is multiplied by now. */
  reduction: number
  /** Takes note of an epoch. */
  observe: (report: EpochReport) => void
}

/**
 * The state of a learning rate that falls on plateaus, as Keras's ReduceLROnPlateau.
 *
 * @param rate The optimizer's learning rate.
 * @returns Undefined unless there is such a schedule in it.
 */
export function createPlateau(rate: LearningRate): Plateau | undefined {
  const schedule = plateauOf(rate)
  if (!schedule) return undefined
  const watched = createMonitor('loss', schedule.minimumChange)
  let waited = 0
  let cooling = 0
  const plateau: Plateau = {
    reduction: 1,
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
