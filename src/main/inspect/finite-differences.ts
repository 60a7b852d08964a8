// Compares a gradient by backpropagation with central finite differences of the cost, parameter by
// parameter.

import type { FloatArray, Parameters } from '../data/parameters.js'
import type { CheckedLayer, CheckedParameter } from './gradient-report.js'
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

/**
 * Compares every entry of a gradient with the slope of the cost.
 *
 * @param inProcess The network over its examples.
 * @param parameters Where to compare.
 * @param tolerance The largest error that passes.
 * @returns The largest errors of each layer, and the parameter with the largest of all.
 */
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
