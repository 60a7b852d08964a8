// The learning-rate finder: the cost as the learning rate rises from step to step.

import { type RateFinderOptions, checkRateFinderOptions } from '../options/rate-finder-options.js'
import { exactPower } from '../../shared/numerics/exact.js'
import { exponentialDecay } from '../../shared/optimizers/learning-rate.js'
import type { Examples } from '../data/arrays.js'
import type { Runner } from '../runtime/runner.js'
import { type RateCurve, suggestedRate } from './rate-curve.js'
import { prepareTraining } from './training.js'

/**
 * Tries one learning rate after another, and leaves the trainer as it was.
 *
 * @param runner Of the trainer.
 * @param examples All of them are a step's batch.
 * @param options As the caller gave them.
 * @returns The cost at each rate.
 * @throws {InputError} on wrong options or data.
 * @throws The signal's reason, once it is aborted.
 */
export async function findLearningRate(
  runner: Runner,
  examples: Examples,
  options: RateFinderOptions,
): Promise<RateCurve> {
  const { from, to, steps, signal } = checkRateFinderOptions(options)
  const factor = exactPower(to / from, 1 / (steps - 1))
  const optimizer = {
    ...runner.recipe.optimizer,
    learningRate: exponentialDecay({ learningRate: from, factor, every: 1 }),
  }
  // Nobody shall take for the trainer's own what is only tried.
  const { costs, rates } = await runner.during(async () => {
    const before = runner.state.snapshot()
    try {
      const training = await prepareTraining(
        runner,
        'findLearningRate',
        examples,
        { epochs: steps, batchSize: 'all', signal },
        { optimizer },
      )
      const { cost: costs, learningRate: rates } = training.history
      while (!training.over && !(costs.at(-1)! > 4 * Math.min(...costs)))
        if ((await training.advance()).divergence) break
      return { costs, rates }
    } finally {
      runner.state.restore(before)
    }
  })
  return { rates, costs, suggested: suggestedRate(rates, costs) ?? from }
}
