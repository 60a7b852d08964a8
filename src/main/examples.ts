// The caller's examples: checked, then copied into the arena in slices, so that the caller's event loop is never held up for long.

import type { ElementType, ExamplesLayout, MatrixLayout, Scalar } from '../shared/arena.js'
import { show } from '../shared/description.js'
import { InputError } from '../shared/errors.js'
import { type Network } from '../shared/network.js'

/** A matrix as the caller holds it, row-major. Bytes stay bytes in the arena. */
export type NumberArray = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array
/** Class labels, whole numbers from 0. */
export type LabelArray = Uint8Array | Uint8ClampedArray | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array

/** Inputs (m, n_0) and targets: (m, n_L), or class labels (m). Weights, if given, (m): the cost is the mean loss weighted by them, so that twice the weight is as good as two examples. */
export interface Examples {
  inputs: NumberArray
  targets: NumberArray | LabelArray
  weights?: NumberArray
}

/** Examples whose shape is known to be right. */
export interface CheckedExamples {
  where: string
  count: number
  inputs: NumberArray
  inputType: ElementType
  targets: NumberArray | LabelArray | undefined
  targetType: ElementType | undefined
  weights: NumberArray | undefined
  classes: number
}

const ELEMENTS_PER_SLICE = 1 << 20

/** @throws {InputError} naming what has the wrong type or shape. */
export function checkExamples(where: string, examples: unknown, network: Network, scalar: Scalar): CheckedExamples {
  const given = examples as Partial<Examples> | null | undefined
  if (typeof given !== 'object' || given === null) throw new InputError(where, '{ inputs, targets }', show(examples))
  const checked = checkInputs(`${where}: inputs`, given.inputs, network, scalar)
  const classes = network.layers.at(-1)!.units
  const { count } = checked
  const { targets, weights } = given
  if (weights !== undefined && !(isNumberArray(weights) && weights.length === count)) {
    throw new InputError(`${where}: weights`, `a typed array of ${count}, one for each example`, show(weights))
  }
  const rule = `a typed array of ${count * classes} (${count} rows of ${classes} outputs)`
  if (isNumberArray(targets) && targets.length === count * classes) {
    return { ...checked, where, targets, targetType: scalar, weights, classes }
  }
  if (classes > 1 && isLabelArray(targets) && targets.length === count) return { ...checked, where, targets, targetType: 'labels', weights, classes }
  throw new InputError(`${where}: targets`, classes > 1 ? `${rule}, or ${count} class labels in an integer array` : rule, show(targets))
}

/** @throws {InputError} unless `inputs` is a whole number of rows, at least one. */
export function checkInputs(where: string, inputs: unknown, network: Network, scalar: Scalar): CheckedExamples {
  if (!isNumberArray(inputs)) throw new InputError(where, 'a Uint8Array, Float32Array or Float64Array', show(inputs))
  if (inputs.length === 0 || inputs.length % network.inputs !== 0) {
    throw new InputError(where, `one or more rows of ${network.inputs}`, show(inputs))
  }
  const bytes = inputs instanceof Uint8Array || inputs instanceof Uint8ClampedArray
  const inputType = bytes ? 'uint8' : inputs instanceof Float64Array ? scalar : 'float32'
  return {
    where, count: inputs.length / network.inputs, inputs, inputType, targets: undefined, targetType: undefined, weights: undefined,
    classes: network.layers.at(-1)!.units,
  }
}

/** The first `count - held` rows and the last `held`. */
export function splitExamples(examples: CheckedExamples, held: number): [CheckedExamples, CheckedExamples] {
  const rows = (from: number, to: number): CheckedExamples => ({
    ...examples,
    count: to - from,
    inputs: rowsOf(examples.inputs, examples.count, from, to),
    targets: examples.targets && rowsOf(examples.targets, examples.count, from, to),
    weights: examples.weights?.subarray(from, to),
  })
  const kept = examples.count - held
  return [rows(0, kept), rows(kept, examples.count)]
}

function rowsOf<Values extends NumberArray | LabelArray>(values: Values, count: number, from: number, to: number): Values {
  const columns = values.length / count
  return values.subarray(from * columns, to * columns) as Values
}

/**
 * The examples with each one's weight multiplied by that of its class.
 * @throws {InputError} if there are no classes, or a weight is none.
 */
export function weighClasses(
  where: string, examples: CheckedExamples, classWeights: readonly number[] | Readonly<Record<number, number>>, scalar: Scalar,
): CheckedExamples {
  const { classes: columns, count, targets, targetType, weights } = examples
  const classes = Math.max(2, columns)
  for (const [name, weight] of Object.entries(classWeights)) {
    if (!(Number(name) < classes)) throw new InputError(`${where}: classWeights`, `classes from 0 to ${classes - 1}`, show(name))
    if (!(Number.isFinite(weight) && weight >= 0)) throw new InputError(`${where}: classWeights[${name}]`, 'a number of at least 0', show(weight))
  }
  const classOf = (row: number): number => {
    if (targetType === 'labels') return targets![row]!
    if (columns === 1) return targets![row]! >= 0.5 ? 1 : 0
    const outputs = Array.from(targets!.subarray(row * columns, (row + 1) * columns))
    return outputs.indexOf(Math.max(...outputs))
  }
  const weighed = new (scalar === 'float32' ? Float32Array : Float64Array)(count)
  for (let row = 0; row < count; row++) weighed[row] = (weights?.[row] ?? 1) * (classWeights[classOf(row)] ?? 1)
  return { ...examples, weights: weighed }
}

/**
 * Copies examples to their place in the arena, slice by slice.
 *
 * @param rest Called between slices, to let the event loop turn.
 * @throws {InputError} naming the first row with a number that is not finite, a label out of range or a weight below 0.
 */
export async function storeExamples(
  memory: WebAssembly.Memory, layout: ExamplesLayout, examples: CheckedExamples, rest: () => Promise<void>,
): Promise<void> {
  await storeMatrix(memory, layout.inputs, examples.inputs, `${examples.where}: inputs`, examples.classes, rest)
  if (layout.targets && examples.targets) {
    await storeMatrix(memory, layout.targets, examples.targets, `${examples.where}: targets`, examples.classes, rest)
  }
  if (layout.weights && examples.weights) {
    const negative = examples.weights.findIndex((weight) => weight < 0)
    if (negative >= 0) throw new InputError(`${examples.where}: weights, row ${negative}`, 'numbers of at least 0', String(examples.weights[negative]))
    await storeMatrix(memory, layout.weights, examples.weights, `${examples.where}: weights`, examples.classes, rest)
  }
}

async function storeMatrix(
  memory: WebAssembly.Memory, layout: MatrixLayout, values: NumberArray | LabelArray, where: string, classes: number, rest: () => Promise<void>,
): Promise<void> {
  const stored = new arrayTypes[layout.type](memory.buffer, layout.offset, values.length)
  for (let first = 0; first < values.length; first += ELEMENTS_PER_SLICE) {
    const end = Math.min(values.length, first + ELEMENTS_PER_SLICE)
    stored.set(values.subarray(first, end), first)
    const wrong = layout.type === 'labels' ? indexOutOfRange(values, first, end, classes) : indexNotFinite(stored, first, end)
    if (wrong !== undefined) {
      const rule = layout.type === 'labels' ? `class labels from 0 to ${classes - 1}` : 'finite numbers'
      throw new InputError(`${where}, row ${Math.floor(wrong / layout.columns)}`, rule, String(values[wrong]))
    }
    if (end < values.length) await rest()
  }
}

const arrayTypes = { uint8: Uint8Array, float32: Float32Array, float64: Float64Array, labels: Int32Array }

function indexNotFinite(values: ArrayLike<number>, first: number, end: number): number | undefined {
  if (values instanceof Uint8Array) return undefined
  for (let i = first; i < end; i++) if (!Number.isFinite(values[i])) return i
  return undefined
}

function indexOutOfRange(labels: ArrayLike<number>, first: number, end: number, classes: number): number | undefined {
  for (let i = first; i < end; i++) if (labels[i]! < 0 || labels[i]! >= classes) return i
  return undefined
}

function isNumberArray(value: unknown): value is NumberArray {
  return value instanceof Uint8Array || value instanceof Uint8ClampedArray || value instanceof Float32Array || value instanceof Float64Array
}

function isLabelArray(value: unknown): value is LabelArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof Float32Array) && !(value instanceof Float64Array)
    && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array)
}
