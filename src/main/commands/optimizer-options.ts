// The optimizer of a command: a data set's recipe, with the command line's options in place of
// parts of it.

import {
  type LearningRate,
  type LastingSchedule,
  type ScheduleName,
  constantRate,
  cosineDecay,
  exponentialDecay,
  inverseScaling,
  reduceOnPlateau,
  stepDecay,
  warmUp,
} from '../../shared/optimizers/learning-rate.js'
import {
  type Optimizer,
  type OptimizerName,
  optimizerNamed,
} from '../../shared/optimizers/optimizers.js'
import type { Recipe } from '../data/recipe.js'

/** What a user may say about the optimizer. */
export interface OptimizerOptions {
  optimizer?: OptimizerName
  learningRate?: number
  schedule?: ScheduleName
  /** Epochs. */
  warmUp?: number
  momentum?: number
  nesterov?: boolean
  weightDecay?: number
}

/**
 * Each schedule of the command line, with its defaults, from a learning rate and the epochs there
 * will be.
 */
const schedules: Record<ScheduleName, (learningRate: number, epochs: number) => LastingSchedule> = {
  constant: (learningRate) => constantRate({ learningRate }),
  step: (learningRate) => stepDecay({ learningRate }),
  exponential: (learningRate) => exponentialDecay({ learningRate }),
  cosine: (learningRate, epochs) => cosineDecay({ learningRate, epochs }),
  inverseScaling: (learningRate) => inverseScaling({ learningRate }),
  reduceOnPlateau: (learningRate) => reduceOnPlateau({ learningRate }),
}
export const scheduleNames = Object.keys(schedules) as ScheduleName[]

/**
 * What the options leave open is the recipe's, or the optimizer's own default. An option that the
 * optimizer doesn't have stays, and is refused with the rest of the description.
 */
export function optimizerFor(recipe: Recipe, options: OptimizerOptions, epochs: number): Optimizer {
  const {
    learningRate,
    optimizer: asked,
    schedule = recipe.schedule ?? 'constant',
    warmUp: warmUpEpochs,
    momentum,
    nesterov,
    weightDecay,
  } = options
  const suited = recipe.optimizer ?? 'sgd'
  const name = asked ?? suited
  const rate =
    learningRate ??
    (name === suited ? recipe.learningRate : (recipe.otherRates?.[name] ?? defaultRateOf(name)))
  const lasting = schedules[schedule](rate, epochs)
  return {
    ...optimizerNamed(name),
    learningRate:
      warmUpEpochs === undefined ? plain(lasting) : warmUp({ epochs: warmUpEpochs, then: lasting }),
    ...(momentum !== undefined && { momentum }),
    ...(nesterov !== undefined && { nesterov }),
    ...(weightDecay !== undefined && { weightDecay }),
  }
}

function defaultRateOf(name: OptimizerName): number {
  const { learningRate } = optimizerNamed(name)
  if (typeof learningRate !== 'number')
    throw new Error(`internal: ${name} has no plain learning rate`)
  return learningRate
}

function plain(schedule: LastingSchedule): LearningRate {
  return schedule.name === 'constant' ? schedule.learningRate : schedule
}
