// Compares a gradient by backpropagation with central finite differences of the cost, parameter by
// parameter.

import type { FloatArray, Parameters } from '../data/parameters.js'
import type {
  CheckedGradient,
  CheckedLayer,
  CheckedParameter,
  WeightPlace,
} from './gradient-report.js'
import type { InProcess } from './in-process.js'

/**
 * Steps of the differences, of max(1, |w|): the next one where the one before doesn't agree, since
 * it may have stepped over a kink.
 */
const STEPS = [1e-5, 1e-6, 1e-7]
/**
 * Entries are compared relative to themselves, or to this share of the gradient's largest if they
 * are smaller.
 */
export const SHARE_OF_LARGEST = 0.01
/** What rounding does to a cost, relative to it. */
const ROUNDING = 8 * Number.EPSILON

/** The slope by differences for one parameter, and how far backpropagation is from it. */
type Comparison = Pick<CheckedGradient, 'finiteDifference' | 'error'>

/** What one parameter makes of the cost. */
interface CostAlong {
  /** The parameter's own value. */
  value: number
  /** The cost there. */
  cost: number
  /** The cost with another value. */
  costAt: (value: number) => number
}

/** How strictly entries are compared. */
interface Strictness {
  /** The largest error that passes. */
  tolerance: number
  /** Entries smaller than that are compared relative to it. */
  floor: number
}

/**
 * Compares every entry of a gradient with the slope of the cost.
 *
 * @param inProcess The network over its examples.
 * @param parameters Where to compare.
 * @param tolerance The largest error that passes.
 * @param rest Awaited after every parameter.
 * @returns The largest errors of each layer, and the parameter with the largest of all.
 */
export async function compareWithDifferences(
  inProcess: InProcess,
  parameters: Parameters,
  tolerance: number,
  rest: () => Promise<void> | undefined = () => undefined,
): Promise<{ layers: CheckedLayer[]; worst: CheckedParameter }> {
  const gradient = inProcess.gradient(parameters)
  const strictness = {
    tolerance,
    floor: SHARE_OF_LARGEST * largestOf(gradientValues(gradient)),
  }
  const moved: Parameters = {
    weights: parameters.weights.map((layer) => Float64Array.from(layer)),
    biases: parameters.biases.map((layer) => Float64Array.from(layer)),
  }
  const cost = inProcess.cost(moved)
  const compareOne = (values: FloatArray, index: number, backpropagation: number): Comparison => {
    const value = values[index]!
    const costAt = (w: number): number => {
      values[index] = w
      const movedCost = inProcess.cost(moved)
      values[index] = value
      return movedCost
    }
    return compare(backpropagation, { value, cost, costAt }, strictness)
  }
  const checked: CheckedParameter[] = []
  for (const [layer, weights] of moved.weights.entries()) {
    const biases = moved.biases[layer]!
    for (const [i, backpropagation] of gradient.weights[layer]!.entries()) {
      const place = weightPlace(layer, i, inProcess.units[layer]!)
      checked.push({ layer, ...place, backpropagation, ...compareOne(weights, i, backpropagation) })
      await rest()
    }
    for (const [index, backpropagation] of gradient.biases[layer]!.entries()) {
      const place = { kind: 'biases' as const, index, name: `biases[${layer}][${index}]` }
      checked.push({
        layer,
        ...place,
        backpropagation,
        ...compareOne(biases, index, backpropagation),
      })
      await rest()
    }
  }
  return {
    layers: moved.weights.map((_, layer) => ({
      weights: largestError(checked, layer, 'weights'),
      biases: largestError(checked, layer, 'biases'),
    })),
    worst: checked.reduce((worst, one) => (one.error > worst.error ? one : worst)),
  }
}

function weightPlace(layer: number, i: number, outputs: number): WeightPlace & { name: string } {
  const [row, column] = [Math.floor(i / outputs), i % outputs]
  return { kind: 'weights', row, column, name: `weights[${layer}][${row}][${column}]` }
}

function largestError(
  checked: CheckedParameter[],
  layer: number,
  kind: CheckedParameter['kind'],
): number {
  const errors = checked.filter((one) => one.layer === layer && one.kind === kind)
  return errors.reduce((largest, { error }) => Math.max(largest, error), 0)
}

/** The best comparison of those with ever smaller steps, up to one that passes. */
function compare(
  backpropagation: number,
  costAlong: CostAlong,
  strictness: Strictness,
): Comparison {
  let best = { finiteDifference: NaN, error: Infinity }
  for (const step of STEPS) {
    const comparison = compareBy(step, backpropagation, costAlong, strictness)
    if (comparison.error < best.error) best = comparison
    if (comparison.error <= strictness.tolerance) break
  }
  return best
}

function compareBy(
  step: number,
  backpropagation: number,
  { value, cost, costAt }: CostAlong,
  { tolerance, floor }: Strictness,
): Comparison {
  const h = step * Math.max(1, Math.abs(value))
  const [right, left] = [value + h, value - h]
  const [rightCost, leftCost] = [costAt(right), costAt(left)]
  const slopes = [(rightCost - cost) / (right - value), (cost - leftCost) / (value - left)]
  const nearest = Math.min(Math.max(backpropagation, Math.min(...slopes)), Math.max(...slopes))
  const finiteDifference = step === STEPS.at(-1) ? nearest : (rightCost - leftCost) / (right - left)
  const rounding = (ROUNDING * Math.max(Math.abs(rightCost), Math.abs(leftCost))) / h
  const size =
    Math.max(Math.abs(backpropagation), Math.abs(finiteDifference), floor) + rounding / tolerance
  const error = relativeTo(size, Math.abs(backpropagation - finiteDifference))
  return { finiteDifference, error }
}

/**
 * A difference relative to a size: 0 if the difference is, Infinity if either is not a number.
 *
 * @param size What it is divided by.
 * @param difference At least 0.
 * @returns The error.
 */
export function relativeTo(size: number, difference: number): number {
  if (difference === 0) return 0
  const error = difference / size
  return Number.isNaN(error) ? Infinity : error
}

/**
 * All entries of a gradient.
 *
 * @param parameters The gradient.
 * @returns The weights of all layers, then the biases of all layers.
 */
export function gradientValues({ weights, biases }: Parameters): number[] {
  return [...weights, ...biases].flatMap((layer) => Array.from(layer))
}

/**
 * The largest of some values in size.
 *
 * @param values Of any sign.
 * @returns At least 0.
 */
export function largestOf(values: number[]): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
}
