// `checkGradients`: backpropagation against central finite differences, parameter by parameter, and
// one shard against many.

import { backends } from '../../shared/backends.js'
import { checkGradientCheckOptions } from '../options/gradient-check-options.js'
import { type TrainerOptions, checkTrainerOptions } from '../options/trainer-options.js'
import { createUniform } from '../../shared/numerics/random.js'
import type { Examples } from '../data/arrays.js'
import type { Parameters } from '../data/parameters.js'
import {
  SHARE_OF_LARGEST,
  compareWithDifferences,
  gradientValues,
  largestOf,
  relativeTo,
} from './finite-differences.js'
import type { GradientCheck, GradientCheckOptions, ShardingCheck } from './gradient-report.js'
import type { Gradient, Trainer } from '../trainer.js'
import { createTrainer } from '../create-trainer.js'

/** Of all that is random, the stream of the biases. */
const BIAS_STREAM = 0x62696173
/** How long the caller's event loop may stand still, in milliseconds. */
const STILL_MS = 50

/**
 * Checks the gradient of a network over some examples, where training would start (but with biases
 * drawn from -0.1 to 0.1 by the seed: at 0, inputs of 0 would sit on the kink of a relu).
 *
 * Backpropagation in float64 is compared with (J(w + h) - J(w - h)) / 2h, J the cost, h = 1e-5
 * max(1, |w|), for every parameter w (Goodfellow, Bengio and Courville, Deep Learning, 2016,
 * section 11.5.7). The error of an entry is the difference of the two relative to the larger of
 * them, or to a hundredth of the gradient's largest entry if they are smaller; the difference that
 * the rounding of J can make, 8 * 2^-52 J / h, is always within the tolerance. Where the error is
 * not, h is 1e-6, then 1e-7; with the last, the difference is that to the nearest value from the
 * slope to the left to the slope to the right: at a kink, a subgradient is right.
 *
 * Then a trainer computes the gradient from one shard and from many, by one worker and by several.
 *
 * @param options As of `createTrainer`. Without a `backend` it is 'reference'; without `shards`
 * they are 8, without `workers` 3, likewise where these are 'auto'. The optimizer makes no
 * difference.
 * @param examples As of `fit`.
 * @param settings Where to check, and how strictly.
 * @returns The errors, and whether they are small enough.
 * @throws {InputError} on wrong options, data or parameters.
 * @throws The signal's reason, once it is aborted.
 */
export async function checkGradients(
  options: TrainerOptions,
  examples: Examples,
  settings: GradientCheckOptions = {},
): Promise<GradientCheck> {
  const { tolerance, signal } = checkGradientCheckOptions(settings)
  const recipe = checkTrainerOptions(options)
  signal?.throwIfAborted()
  const { openInProcess } = await import('./in-process.js') // loaded by whoever checks
  const inProcess = await openInProcess(recipe, examples)
  const choice: TrainerOptions = { ...options, backend: options.backend ?? 'reference' }
  const shards = recipe.shards === 'auto' ? 8 : recipe.shards
  const workers = recipe.workers === 'auto' ? 3 : recipe.workers
  await using one = await createTrainer({ ...choice, shards: 1, workers: 1 })
  await using many = await createTrainer({ ...choice, shards, workers })
  await using manyByOne = await createTrainer({ ...choice, shards, workers: 1 })

  if (settings.parameters) one.setParameters(settings.parameters)
  const parameters = inFloat32(
    settings.parameters ? one.getParameters() : startOf(one, recipe.seed),
  )
  const expected = { cost: inProcess.cost(parameters), ...inProcess.gradient(parameters) }
  const [alone, sharded, shardedByOne] = (await Promise.all(
    [one, many, manyByOne].map(async (trainer) => {
      trainer.setParameters(parameters)
      return trainer.gradient(examples.inputs, examples.targets, examples.sampleWeights)
    }),
  )) as [Gradient, Gradient, Gradient]
  const { backend } = one.info
  const sharding: ShardingCheck = {
    backend,
    shards,
    workers,
    error: Math.max(largestError(alone, expected), largestError(sharded, expected)),
    tolerance: backends[backend].dtype === 'float64' ? 1e-12 : 2e-4,
    sameBits: haveSameBits(sharded, shardedByOne),
  }

  const rest = restNowAndThen(signal)
  const { layers, worst } = await compareWithDifferences(inProcess, parameters, tolerance, rest)
  return {
    parameters: one.info.parameters,
    examples: inProcess.examples,
    tolerance,
    layers,
    worst,
    sharding,
    passed: worst.error <= tolerance && sharding.error <= sharding.tolerance && sharding.sameBits,
  }
}

/** Lets the event loop turn, so that the signal can be heard; most calls return at once. */
function restNowAndThen(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < STILL_MS) return undefined
    return new Promise((resolve) => void setTimeout(resolve)).then(() => {
      since = performance.now()
      signal?.throwIfAborted()
    })
  }
}

/** The trainer's initial weights, and biases that are not 0. */
function startOf(trainer: Trainer, seed: number): Parameters {
  const { weights, biases } = trainer.getParameters()
  const uniform = createUniform(seed, BIAS_STREAM)
  return {
    weights,
    biases: biases.map((layer) => Float64Array.from(layer, () => 0.2 * uniform() - 0.1)),
  }
}

/** Rounded, so that every backend starts from the same. */
function inFloat32({ weights, biases }: Parameters): Parameters {
  return {
    weights: weights.map((layer) => Float64Array.from(layer, Math.fround)),
    biases: biases.map((layer) => Float64Array.from(layer, Math.fround)),
  }
}

/** The largest error of the cost and of the entries of a gradient. */
function largestError(actual: Gradient, expected: Gradient): number {
  const floor = SHARE_OF_LARGEST * largestOf(gradientValues(expected))
  const entries = gradientValues(actual)
  const errors = gradientValues(expected).map((value, i) =>
    relativeTo(
      Math.max(Math.abs(value), Math.abs(entries[i]!), floor),
      Math.abs(value - entries[i]!),
    ),
  )
  return Math.max(
    relativeTo(Math.abs(expected.cost), Math.abs(actual.cost - expected.cost)),
    largestOf(errors),
  )
}

function haveSameBits(one: Gradient, other: Gradient): boolean {
  const values = gradientValues(other)
  return (
    Object.is(one.cost, other.cost) &&
    gradientValues(one).every((value, i) => Object.is(value, values[i]))
  )
}
