// Watching one figure of the epochs: to end training early, and to let the learning rate fall on a
// plateau.

import { InputError, show } from '../../shared/errors.js'
import { type LearningRate, plateauOf } from '../../shared/optimizers/learning-rate.js'
import { type TallyLayout, metricNames, metrics } from '../../shared/figures/metrics.js'
import { type EpochReport, validationName } from './history.js'
import type { Runner } from '../runtime/runner.js'

/** Figures of an epoch that can be watched. */
export type MonitoredName = Exclude<
  keyof EpochReport,
  'epoch' | 'learningRate' | 'examplesPerSecond' | 'confusionMatrix' | 'validationConfusionMatrix'
>

/**
 * Ends training when a figure has not got better for a while; the parameters (and the optimizer's
 * state) are then those of the best epoch, however training ended.
 */
export interface EarlyStopping {
  /**
   * The figure: a cost or an error gets better as it falls, any other as it rises.
   * @default 'validationCost' with a validation, 'cost' without
   */
  monitor?: MonitoredName
  /**
   * Epochs without an improvement after which training ends.
   * @default 0
   */
  patience?: number
  /**
   * Smaller changes are none.
   * @default 0
   */
  minimumChange?: number
}

interface Monitor {
  /** Whether the figure is better than ever before, by more than the least change that counts. */
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

export interface Stopper {
  /** Whether training should end. */
  observe: (report: EpochReport) => boolean
  /**
   * Goes back to the best epoch.
   * @returns Its number.
   */
  restore: () => number | undefined
}

/**
 * @param validates Whether there is a validation.
 * @throws {InputError} if the figure isn't reported.
 */
export function createStopper(
  runner: Runner,
  where: string,
  { monitor, patience = 0, minimumChange = 0 }: EarlyStopping,
  { names }: TallyLayout,
  validates: boolean,
): Stopper {
  const name = monitor ?? (validates ? 'validationCost' : 'cost')
  const ofTraining = ['cost', ...names.filter((metric) => metrics[metric].better)]
  const reported: string[] = [...ofTraining, ...(validates ? ofTraining.map(validationName) : [])]
  if (!reported.includes(name))
    throw new InputError(
      `${where}: earlyStopping.monitor`,
      `a figure that is reported here (${reported.join(', ')})`,
      show(name),
    )
  const watched = createMonitor(name, minimumChange)
  let best: { epoch: number; snapshot: Uint8Array } | undefined
  let waited = 0
  return {
    observe(report) {
      if (watched.improves(report[name]!)) {
        best = { epoch: report.epoch, snapshot: runner.snapshot() }
        waited = 0
        return false
      }
      return ++waited >= patience
    },
    restore() {
      if (best) runner.restore(best.snapshot)
      return best?.epoch
    },
  }
}

export interface Plateau {
  /** What the learning rate is multiplied by now. */
  reduction: number
  observe: (report: EpochReport) => void
}

/** The state of a learning rate that falls on plateaus: Keras's ReduceLROnPlateau. */
export function createPlateau(rate: LearningRate): Plateau | undefined {
  const schedule = plateauOf(rate)
  if (!schedule) return undefined
  const watched = createMonitor('cost', schedule.minimumChange)
  let waited = 0
  let cooling = 0
  const plateau: Plateau = {
    reduction: 1,
    observe({ cost, validationCost }) {
      if (cooling > 0) {
        cooling--
        waited = 0
      }
      if (watched.improves(validationCost ?? cost)) waited = 0
      else if (cooling === 0 && ++waited >= schedule.patience) {
        plateau.reduction *= schedule.factor
        cooling = schedule.cooldown
        waited = 0
      }
    },
  }
  return plateau
}
