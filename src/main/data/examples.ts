// The caller's examples: checked, then copied into the arena in slices, so that the caller's event
// loop is never held up for long.

import { type Network, outputLayer, storesPreprocessed } from '../../shared/model/network.js'
import type { DType, ElementType } from '../../shared/arena/element-types.js'
import type { ExamplesLayout, MatrixLayout } from '../../shared/arena/arena.js'
import { refuseOptions } from '../options/check.js'
import { InputError, show } from '../../shared/errors.js'
import { applyToRows } from '../../shared/formulas/preprocessing.js'
import { hasAccuracy } from '../../shared/formulas/losses.js'
import { classOf } from '../../shared/figures/metrics.js'
import {
  type Examples,
  type LabelArray,
  type NumberArray,
  isLabelArray,
  isNumberArray,
} from './arrays.js'

/** Examples whose shape is known to be right. */
export interface CheckedExamples {
  /** The call that they were given to, as an error names it. */
  where: string
  /** What they are for. */
  network: Network
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
  classes: number
}

/** What is copied, or computed by a step of preprocessing, between two turns of the event loop. */
const ELEMENTS_PER_SLICE = 1 << 20

/**
 * Checks the types and shapes of examples; `storeExamples` checks their values.
 *
 * @param where The call, as an error names it.
 * @param examples As the caller gave them.
 * @param network What they are for.
 * @param dtype What the backend computes in.
 * @returns The same, with what is known of them.
 * @throws {InputError} naming what has the wrong type or shape.
 */
export function checkExamples(
  where: string,
  examples: unknown,
  network: Network,
  dtype: DType,
): CheckedExamples {
  const given = examples as Partial<Examples> | null | undefined
  if (typeof given !== 'object' || given === null)
    throw new InputError(where, '{ inputs, targets }', show(examples))
  refuseOptions(where, given)
  const checked = checkInputs(`${where}: inputs`, given.inputs, network, dtype)
  const classes = outputLayer(network).units
  const { count } = checked
  const { targets, sampleWeights } = given
  if (
    sampleWeights !== undefined &&
    !(isNumberArray(sampleWeights) && sampleWeights.length === count)
  ) {
    throw new InputError(
      `${where}: sampleWeights`,
      `a typed array of ${count}, one for each example`,
      show(sampleWeights),
    )
  }
  const rule = `a typed array of ${count * classes} (${count} rows of ${classes} outputs)`
  if (isNumberArray(targets) && targets.length === count * classes) {
    return { ...checked, where, targets, targetType: dtype, sampleWeights, classes }
  }
  if (classes > 1 && isLabelArray(targets) && targets.length === count)
    return { ...checked, where, targets, targetType: 'labels', sampleWeights, classes }
  throw new InputError(
    `${where}: targets`,
    classes > 1 ? `${rule}, or ${count} class labels in an integer array` : rule,
    show(targets),
  )
}

/**
 * Checks the type and shape of inputs alone.
 *
 * @param where What they are called in an error.
 * @param inputs As the caller gave them.
 * @param network What they are for.
 * @param dtype What the backend computes in.
 * @returns Examples without targets.
 * @throws {InputError} unless `inputs` is a whole number of rows, at least one.
 */
export function checkInputs(
  where: string,
  inputs: unknown,
  network: Network,
  dtype: DType,
): CheckedExamples {
  if (!isNumberArray(inputs))
    throw new InputError(where, 'a Uint8Array, Float32Array or Float64Array', show(inputs))
  if (inputs.length === 0 || inputs.length % network.inputs !== 0) {
    throw new InputError(where, `one or more rows of ${network.inputs}`, show(inputs))
  }
  const bytes = inputs instanceof Uint8Array || inputs instanceof Uint8ClampedArray
  const inputType = storesPreprocessed(network)
    ? dtype
    : bytes
      ? 'uint8'
      : inputs instanceof Float64Array
        ? dtype
        : 'float32'
  return {
    where,
    network,
    count: inputs.length / network.inputs,
    inputs,
    inputType,
    targets: undefined,
    targetType: undefined,
    sampleWeights: undefined,
    classes: outputLayer(network).units,
  }
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

function rowsOf<Values extends NumberArray | LabelArray>(
  values: Values,
  count: number,
  from: number,
  to: number,
): Values {
  const columns = values.length / count
  return values.subarray(from * columns, to * columns) as Values
}

/**
 * Multiplies each example's weight by that of its class.
 *
 * @param where The call, as an error names it.
 * @param examples With weights of their own or without.
 * @param classWeights By the class's number; 1 where there is none.
 * @param dtype What the backend computes in.
 * @returns The same examples, with other weights.
 * @throws {InputError} if the targets say no class, or a weight is negative or not finite.
 */
export function weighClasses(
  where: string,
  examples: CheckedExamples,
  classWeights: readonly number[] | Readonly<Record<number, number>>,
  dtype: DType,
): CheckedExamples {
  const { classes: columns, count, network, targets, targetType, sampleWeights } = examples
  const { activation } = outputLayer(network)
  if (targetType !== 'labels' && !hasAccuracy(activation)) {
    throw new InputError(
      `${where}: classWeights`,
      'targets that say a class (labels, or sigmoid or softmax outputs)',
      `${activation} outputs`,
    )
  }
  const classes = Math.max(2, columns)
  for (const [name, weight] of Object.entries(classWeights)) {
    if (!(Number.isInteger(Number(name)) && Number(name) >= 0 && Number(name) < classes))
      throw new InputError(`${where}: classWeights`, `classes from 0 to ${classes - 1}`, show(name))
    if (!(Number.isFinite(weight) && weight >= 0))
      throw new InputError(
        `${where}: classWeights[${name}]`,
        'a number of at least 0',
        show(weight),
      )
  }
  const weighed = new (dtype === 'float32' ? Float32Array : Float64Array)(count)
  for (let row = 0; row < count; row++)
    weighed[row] =
      (sampleWeights?.[row] ?? 1) *
      (classWeights[
        targetType === 'labels' ? targets![row]! : classOf(targets!, row * columns, columns)
      ] ?? 1)
  return { ...examples, sampleWeights: weighed }
}

/**
 * Copies examples to their place in the arena, slice by slice; with scale and preprocessing
 * applied, if there is preprocessing.
 *
 * @param memory The arena.
 * @param layout Their place.
 * @param examples What to copy.
 * @param rest Called between slices, to let the event loop turn.
 * @throws {InputError} naming the first row with a number that is not finite, a value that is no
 * category, a label out of range or a weight below 0.
 */
export async function storeExamples(
  memory: WebAssembly.Memory,
  layout: ExamplesLayout,
  examples: CheckedExamples,
  rest: () => Promise<void>,
): Promise<void> {
  const { classes, count, inputs, network, targets, sampleWeights, where } = examples
  const { preprocessing = [], scale = 1 } = network
  const inputRows = (first: number, end: number): NumberArray => {
    const rows = rowsOf(inputs, count, first, end)
    return storesPreprocessed(network)
      ? applyToRows(preprocessing, rows, network.inputs, scale, `${where}: inputs`, first)
      : rows
  }
  const step = Math.ceil(ELEMENTS_PER_SLICE / (1 + preprocessing.length))
  await storeMatrix(
    memory,
    layout.inputs,
    count,
    inputRows,
    step,
    `${where}: inputs`,
    classes,
    rest,
  )
  if (layout.targets && targets) {
    await storeMatrix(
      memory,
      layout.targets,
      count,
      (first, end) => rowsOf(targets, count, first, end),
      ELEMENTS_PER_SLICE,
      `${where}: targets`,
      classes,
      rest,
    )
  }
  if (layout.sampleWeights && sampleWeights) {
    const negative = sampleWeights.findIndex((weight) => weight < 0)
    if (negative >= 0)
      throw new InputError(
        `${where}: sampleWeights, row ${negative}`,
        'numbers of at least 0',
        String(sampleWeights[negative]),
      )
    await storeMatrix(
      memory,
      layout.sampleWeights,
      count,
      (first, end) => sampleWeights.subarray(first, end),
      ELEMENTS_PER_SLICE,
      `${where}: sampleWeights`,
      classes,
      rest,
    )
  }
}

/**
 * @param rows The matrix from one row to another.
 * @param elements How many of it are a slice, about.
 */
async function storeMatrix(
  memory: WebAssembly.Memory,
  { columns, offset, type }: MatrixLayout,
  count: number,
  rows: (first: number, end: number) => NumberArray | LabelArray,
  elements: number,
  where: string,
  classes: number,
  rest: () => Promise<void>,
): Promise<void> {
  const rowsPerSlice = Math.max(1, Math.floor(elements / columns))
  const matrix = new arrayTypes[type](memory.buffer, offset, count * columns)
  for (let first = 0; first < count; first += rowsPerSlice) {
    const end = Math.min(count, first + rowsPerSlice)
    const slice = rows(first, end)
    const stored = matrix.subarray(first * columns, end * columns)
    stored.set(slice)
    const wrong = type === 'labels' ? indexOutOfRange(slice, classes) : indexNotFinite(stored)
    if (wrong !== undefined) {
      const rule = type === 'labels' ? `class labels from 0 to ${classes - 1}` : 'finite numbers'
      throw new InputError(
        `${where}, row ${first + Math.floor(wrong / columns)}`,
        rule,
        String(slice[wrong]),
      )
    }
    if (end < count) await rest()
  }
}

const arrayTypes = {
  uint8: Uint8Array,
  float32: Float32Array,
  float64: Float64Array,
  labels: Int32Array,
}

function indexNotFinite(values: ArrayLike<number>): number | undefined {
  if (values instanceof Uint8Array) return undefined
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i
  return undefined
}

function indexOutOfRange(labels: ArrayLike<number>, classes: number): number | undefined {
  for (let i = 0; i < labels.length; i++) if (labels[i]! < 0 || labels[i]! >= classes) return i
  return undefined
}
