// The learning-rate finder: the cost as the learning rate rises from step to step.

import { checkRateFinderOptions } from '../options/rate-finder-options.js'
import { exactPower } from '../../shared/numerics/exact.js'
import { exponentialDecay } from '../../shared/optimizers/learning-rate.js'
import type { Examples } from '../data/examples.js'
import type { Runner } from '../runtime/runner.js'
import { prepareTraining } from './training.js'

export interface RateFinderOptions {
  /**
   * The first learning rate.
   * @default 1e-5
   */
  from?: number
  /**
   * The last one.
   * @default 10
   */
  to?: number
  /**
   * Steps from one to the other, each over all the examples.
   * @default 100
   */
  steps?: number
}

export interface RateCurve {
  /** The learning rates tried, rising. */
  rates: number[]
  /**
   * The cost before the step at each rate. Ends where the cost has grown to four times its lowest,
   * or is no longer finite.
   */
  costs: number[]
  /**
   * The smaller of two common suggestions: the rate at which the cost fell fastest, and a tenth of
   * the one at which it was lowest.
   */
  suggested: number
}

/** Tries one learning rate after another, and leaves the trainer as it was. */
export async function findLearningRate(
  runner: Runner,
  examples: Examples,
  options: RateFinderOptions,
): Promise<RateCurve> {
  const { from, to, steps } = checkRateFinderOptions(options)
  const before = runner.snapshot()
  const factor = exactPower(to / from, 1 / (steps - 1))
  const optimizer = {
    ...runner.recipe.optimizer,
    learningRate: exponentialDecay({ learningRate: from, factor, every: 1 }),
  }
  const training = await prepareTraining(
    runner,
    'findLearningRate',
    examples,
    { epochs: steps, batchSize: 'all' },
    optimizer,
  )
  const { cost: costs, learningRate: rates } = training.history
  try {
    while (!training.over && !(costs.at(-1)! > 4 * Math.min(...costs)))
      if ((await training.advance()).divergence) break
  } finally {
    runner.restore(before)
  }
  return { rates, costs, suggested: suggestedRate(rates, costs) ?? from }
}

function suggestedRate(rates: number[], costs: number[]): number | undefined {
  const falls = costs.slice(1).map((cost, i) => costs[i]! - cost)
  const [fastest, lowest] = [
    rates[falls.indexOf(Math.max(...falls))],
    rates[costs.indexOf(Math.min(...costs))],
  ]
  return fastest === undefined || lowest === undefined ? undefined : Math.min(fastest, lowest / 10)
}
