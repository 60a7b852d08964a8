// The caller's examples: their types and shapes, checked.

import type { ModelShape } from '../../shared/model/shape.js'
import { storesPreprocessed } from '../../shared/model/network.js'
import type { DType, ElementType } from '../../shared/arena/element-types.js'
import { refuseOptions } from '../options/check.js'
import { InputError, show } from '../../shared/errors.js'
import {
  type Examples,
  type LabelArray,
  type NumberArray,
  isLabelArray,
  exampleFields,
  isNumberArray,
  rowsOf,
} from './arrays.js'

/** Examples whose shape is known to be right. */
export interface CheckedExamples {
  /** The call that they were given to, as an error names it. */
  where: string
  /** What they are for. */
  shape: ModelShape
  /** How many, m. */
  count: number
  /** (m, n_0), row-major. */
  inputs: NumberArray
  /** How the inputs will lie in the arena. */
  inputType: ElementType
  /** (m, n_L), row-major, or labels (m); undefined where there are inputs alone. */
  targets: NumberArray | LabelArray | undefined
  /** How the targets will lie in the arena. */
  targetType: ElementType | undefined
  /** (m), or undefined if all weigh 1. */
  sampleWeights: NumberArray | undefined
  /** Outputs of the network, n_L. */
  outputs: number
}

/**
 * Checks the types and shapes of examples; `storeExamples` (stored-examples.ts) checks their
 * values.
 *
 * @param where The call, as an error names it.
 * @param examples As the caller gave them.
 * @param shape Of what they are for.
 * @param dtype What the backend computes in.
 * @returns The same, with what is known of them.
 * @throws {InputError} naming what has the wrong type or shape.
 */
export function checkExamples(
  where: string,
  examples: unknown,
  shape: ModelShape,
  dtype: DType,
): CheckedExamples {
  const given = examples as Partial<Examples> | null | undefined
  if (typeof given !== 'object' || given === null)
    throw new InputError(where, '{ inputs, targets }', show(examples))
  refuseOptions(where, given, exampleFields)
  const inputsAlone = checkInputs(`${where}: inputs`, given.inputs, shape, dtype)
  const sampleWeights = checkSampleWeights(where, given.sampleWeights, inputsAlone)
  return {
    ...inputsAlone,
    ...checkTargets(where, given.targets, inputsAlone, dtype),
    where,
    sampleWeights,
  }
}

function checkSampleWeights(
  where: string,
  given: unknown,
  { count }: CheckedExamples,
): CheckedExamples['sampleWeights'] {
  if (given === undefined || (isNumberArray(given) && given.length === count)) return given
  throw new InputError(
    `${where}: sampleWeights`,
    `a typed array of ${count}, one for each example`,
    show(given),
  )
}

function checkTargets(
  where: string,
  given: unknown,
  { count, outputs }: CheckedExamples,
  dtype: DType,
): Pick<CheckedExamples, 'targets' | 'targetType'> {
  if (isNumberArray(given) && given.length === count * outputs)
    return { targets: given, targetType: dtype }
  if (outputs > 1 && isLabelArray(given) && given.length === count)
    return { targets: given, targetType: 'labels' }
  const rule = `a typed array of ${count * outputs} (${count} rows of ${outputs} outputs)`
  throw new InputError(
    `${where}: targets`,
    outputs > 1 ? `${rule}, or ${count} class labels in an integer array` : rule,
    show(given),
  )
}

/**
 * Checks the type and shape of inputs alone.
 *
 * @param where What they are called in an error.
 * @param inputs As the caller gave them.
 * @param shape Of what they are for.
 * @param dtype What the backend computes in.
 * @returns Examples without targets.
 * @throws {InputError} unless `inputs` is a whole number of rows, at least one.
 */
export function checkInputs(
  where: string,
  inputs: unknown,
  shape: ModelShape,
  dtype: DType,
): CheckedExamples {
  if (!isNumberArray(inputs))
    throw new InputError(where, 'a Uint8Array, Float32Array or Float64Array', show(inputs))
  if (inputs.length === 0 || inputs.length % shape.inputs !== 0) {
    throw new InputError(where, `one or more rows of ${shape.inputs}`, show(inputs))
  }
  return {
    where,
    shape,
    count: inputs.length / shape.inputs,
    inputs,
    inputType: storesPreprocessed(shape) ? dtype : typeAsGiven(inputs, dtype),
    targets: undefined,
    targetType: undefined,
    sampleWeights: undefined,
    outputs: shape.output.units,
  }
}

/** How inputs lie in the arena that are stored as they came. */
function typeAsGiven(inputs: NumberArray, dtype: DType): ElementType {
  if (inputs instanceof Uint8Array || inputs instanceof Uint8ClampedArray) return 'uint8'
  return inputs instanceof Float64Array ? dtype : 'float32'
}

/**
 * What examples weigh together, which their losses are averaged by.
 *
 * @param examples With weights of their own or without.
 * @returns The sum of their weights: without any, their number.
 */
export function totalWeight({
  count,
  sampleWeights,
}: Pick<CheckedExamples, 'count' | 'sampleWeights'>): number {
  if (sampleWeights === undefined) return count
  let sum = 0
  for (const weight of sampleWeights) sum += weight
  return sum
}

/**
 * What L2 regularization adds to the gradient of the mean loss, as a multiple of the weights. It
 * goes by all the examples trained on, so that no batch size makes it stronger.
 *
 * @param l2 The option.
 * @param examples What is trained on.
 * @returns l2 / N, N their total weight; 0 if they weigh nothing.
 */
export function decayOf(l2: number, examples: CheckedExamples): number {
  const weight = totalWeight(examples)
  return weight === 0 ? 0 : l2 / weight
}

/**
 * Holds the last rows out.
 *
 * @param examples All of them.
 * @param held How many to hold out.
 * @returns The first `count - held` rows and the last `held`, which are views, not copies.
 */
export function splitExamples(
  examples: CheckedExamples,
  held: number,
): [CheckedExamples, CheckedExamples] {
  const rows = (from: number, to: number): CheckedExamples => ({
    ...examples,
    count: to - from,
    inputs: rowsOf(examples.inputs, examples.count, from, to),
    targets: examples.targets && rowsOf(examples.targets, examples.count, from, to),
    sampleWeights: examples.sampleWeights?.subarray(from, to),
  })
  const kept = examples.count - held
  return [rows(0, kept), rows(kept, examples.count)]
}
