// Whether a gradient is right: backpropagation against central finite differences, parameter by
// parameter, and one shard against many.

import { type BackendName, backends } from '../../shared/backends.js'
import { checkGradientCheckOptions } from '../options/gradient-check-options.js'
import { type TrainerOptions, checkTrainerOptions } from '../options/trainer-options.js'
import { createUniform } from '../../shared/numerics/random.js'
import type { Examples } from '../data/examples.js'
import { type InProcess, openInProcess } from './in-process.js'
import type { FloatArray, Parameters } from '../data/parameters.js'
import { type Gradient, type Trainer, createTrainer } from '../trainer.js'

/** One parameter's gradient, computed both ways. */
export type CheckedParameter = {
  /** From 0. */
  layer: number
  /** Such as weights[1][3][0]: layer 1, from input 3 to output 0; or biases[1][0]. */
  name: string
  backpropagation: number
  finiteDifference: number
  error: number
} & ({ kind: 'weights'; row: number; column: number } | { kind: 'biases'; index: number })

/** The largest errors of one layer. */
export interface CheckedLayer {
  weights: number
  biases: number
}

/** The gradient of many shards and of several workers, against that of one. */
export interface ShardingCheck {
  backend: BackendName
  shards: number
  workers: number
  /**
   * Largest error of the cost and the gradient, of one shard and of many, against all examples at
   * once in float64.
   */
  error: number
  /** What it may be: 1e-12 of a backend in float64, 2e-4 of one in float32. */
  tolerance: number
  /** Whether so many workers give the bits of one. */
  sameBits: boolean
}

export interface GradientCheck {
  /** Weights and biases, each of which was checked. */
  parameters: number
  examples: number
  tolerance: number
  layers: CheckedLayer[]
  worst: CheckedParameter
  sharding: ShardingCheck
  passed: boolean
}

/**
 * Steps of the differences, of max(1, |w|): the next one where the one before doesn't agree, since
 * it may have stepped over a kink.
 */
const STEPS = [1e-5, 1e-6, 1e-7]
/**
 * Entries are compared relative to themselves, or to this share of the gradient's largest if they
 * are smaller.
 */
const SHARE_OF_LARGEST = 0.01
/** What rounding does to a cost, relative to it. */
const ROUNDING = 8 * Number.EPSILON
/** Of all that is random, the stream of the biases. */
const BIAS_STREAM = 0x62696173

/**
 * Checks the gradient of a network over some examples, where training would start (but with biases
 * drawn from -0.1 to 0.1 by the seed: at 0, inputs of 0 would sit on the kink of a relu).
 *
 * Backpropagation in float64 is compared with (J(w + h) - J(w - h)) / 2h, J the cost, h = 1e-5
 * max(1, |w|), for every parameter w (Goodfellow, Bengio and Courville, Deep Learning, 2016,
 * section 11.5.7). The error of an entry is the difference of the two relative to the larger of
 * them, or to a hundredth of the gradient's largest entry if they are smaller; the difference that
 * the rounding of J can make, 8 * 2^-52 J / h, is always within the tolerance. Where the error is
 * not, h is 1e-6, then 1e-7; with the last, a value between the slopes to the left and to the right
 * is right too: at a kink, a subgradient is.
 *
 * Then the trainer computes the gradient with `backend` (default 'reference') from one shard and
 * from `shards` (default 8), by `workers` (default 3) and by one.
 *
 * @param options As of createTrainer; the optimizer plays no part.
 * @param examples As of fit.
 * @param settings `tolerance`: the largest error that passes
 * @default 1e-6; `parameters` to check at, such as a trainer's own
 * @default those of the start
 * @throws {InputError} on wrong options, data or parameters.
 */
export async function checkGradients(
  options: TrainerOptions,
  examples: Examples,
  settings: { tolerance?: number; parameters?: Parameters } = {},
): Promise<GradientCheck> {
  const { tolerance } = checkGradientCheckOptions(settings)
  const recipe = checkTrainerOptions(options)
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

  const { layers, worst } = compareWithDifferences(inProcess, parameters, tolerance)
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

/** Every entry of a gradient against the slope of the cost. */
export function compareWithDifferences(
  inProcess: InProcess,
  parameters: Parameters,
  tolerance: number,
): { layers: CheckedLayer[]; worst: CheckedParameter } {
  const gradient = inProcess.gradient(parameters)
  const floor = SHARE_OF_LARGEST * largestOf(gradientValues(gradient))
  const { weights, biases } = parameters
  const moved: Parameters = {
    weights: weights.map((layer) => Float64Array.from(layer)),
    biases: biases.map((layer) => Float64Array.from(layer)),
  }
  const start = inProcess.cost(moved)

  const compare = (
    values: FloatArray,
    index: number,
    backpropagation: number,
  ): { finiteDifference: number; error: number } => {
    const value = values[index]!
    const costAt = (w: number): number => {
      values[index] = w
      const cost = inProcess.cost(moved)
      values[index] = value
      return cost
    }
    let best = { finiteDifference: NaN, error: Infinity }
    for (const step of STEPS) {
      const h = step * Math.max(1, Math.abs(value))
      const [right, left] = [value + h, value - h]
      const [rightCost, leftCost] = [costAt(right), costAt(left)]
      const slopes = [(rightCost - start) / (right - value), (start - leftCost) / (value - left)]
      const isSubgradient =
        step === STEPS.at(-1) &&
        Math.min(...slopes) <= backpropagation &&
        backpropagation <= Math.max(...slopes)
      const finiteDifference = isSubgradient
        ? backpropagation
        : (rightCost - leftCost) / (right - left)
      const rounding = (ROUNDING * Math.max(Math.abs(rightCost), Math.abs(leftCost))) / h
      const size =
        Math.max(Math.abs(backpropagation), Math.abs(finiteDifference), floor) +
        rounding / tolerance
      const error = relativeTo(size, Math.abs(backpropagation - finiteDifference))
      if (error < best.error) best = { finiteDifference, error }
      if (error <= tolerance) break
    }
    return best
  }

  const checked = moved.weights.flatMap((_, layer): CheckedParameter[] => {
    const outputs = moved.biases[layer]!.length
    const checkedWeights = Array.from(
      gradient.weights[layer]!,
      (backpropagation, i): CheckedParameter => {
        const [row, column] = [Math.floor(i / outputs), i % outputs]
        const name = `weights[${layer}][${row}][${column}]`
        return {
          layer,
          kind: 'weights',
          row,
          column,
          name,
          backpropagation,
          ...compare(moved.weights[layer]!, i, backpropagation),
        }
      },
    )
    const checkedBiases = Array.from(
      gradient.biases[layer]!,
      (backpropagation, index): CheckedParameter => ({
        layer,
        kind: 'biases',
        index,
        name: `biases[${layer}][${index}]`,
        backpropagation,
        ...compare(moved.biases[layer]!, index, backpropagation),
      }),
    )
    return [...checkedWeights, ...checkedBiases]
  })
  const largest = (layer: number, kind: CheckedParameter['kind']): number =>
    checked.reduce(
      (error, one) =>
        one.layer === layer && one.kind === kind ? Math.max(error, one.error) : error,
      0,
    )
  return {
    layers: moved.weights.map((_, layer) => ({
      weights: largest(layer, 'weights'),
      biases: largest(layer, 'biases'),
    })),
    worst: checked.reduce((worst, one) => (one.error > worst.error ? one : worst)),
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

/** Where both are nothing, nothing is off; what is not a number is off without bound. */
function relativeTo(size: number, difference: number): number {
  if (difference === 0) return 0
  const error = difference / size
  return Number.isNaN(error) ? Infinity : error
}

function gradientValues({ weights, biases }: Parameters): number[] {
  return [...weights, ...biases].flatMap((layer) => Array.from(layer))
}

function haveSameBits(one: Gradient, other: Gradient): boolean {
  const values = gradientValues(other)
  return (
    Object.is(one.cost, other.cost) &&
    gradientValues(one).every((value, i) => Object.is(value, values[i]))
  )
}

function largestOf(values: number[]): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
}
