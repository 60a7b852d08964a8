// The parameters as the caller sees them: an array of weights and one of biases for each dense
// layer, without padding.

import type { DType } from '../../shared/arena/element-types.js'
import type { Tensor } from '../../shared/arena/parameter-layout.js'
import { initialValues } from '../../shared/model/initial.js'
import { InputError, show } from '../../shared/errors.js'

/** Floating-point numbers: in float64 from backend reference, in float32 from the others. */
export type FloatArray = Float32Array | Float64Array

/**
 * What training changes: the weights and biases of every dense layer, in the order of the layers.
 */
export interface Parameters {
  /** One array for each dense layer: (inputs, units), row-major. */
  weights: FloatArray[]
  /** One array for each dense layer: (units), or empty if the layer has no biases. */
  biases: FloatArray[]
}

/**
 * The parameters that training begins with.
 *
 * @param tensors The arrays of parameters that the network has.
 * @param seed All of them follow from it.
 * @returns In float64.
 */
export function initialParameters(tensors: readonly Tensor[], seed: number): Parameters {
  const values = initialValues(tensors, seed)
  return {
    weights: values.filter((_, i) => tensors[i]!.list === 'weights'),
    biases: values.filter((_, i) => tensors[i]!.list === 'biases'),
  }
}

/**
 * Checks parameters before a trainer takes them.
 *
 * @param given As the caller gave them.
 * @param tensors The arrays of parameters that the network has.
 * @param dtype What the backend computes in.
 * @returns The same.
 * @throws {InputError} naming the layer whose parameters have the wrong type, shape or a number
 * that is not finite.
 */
export function checkParameters(
  given: unknown,
  tensors: readonly Tensor[],
  dtype: DType,
): Parameters {
  const where = 'setParameters'
  if (typeof given !== 'object' || given === null) {
    throw new InputError(where, '{ weights, biases }', show(given))
  }
  const parameters = given as Parameters
  for (const kind of ['weights', 'biases'] as const) {
    const expected = tensors.filter(({ list }) => list === kind)
    const list: unknown = parameters[kind]
    if (!Array.isArray(list) || list.length !== expected.length) {
      const rule = `an array of ${expected.length}, one per layer`
      throw new InputError(`${where}: ${kind}`, rule, show(list))
    }
    expected.forEach((tensor, l) => checkTensor(`${where}: ${kind}[${l}]`, list[l], tensor, dtype))
  }
  return parameters
}

function checkTensor(where: string, values: unknown, tensor: Tensor, dtype: DType): void {
  const { list, rows, columns } = tensor
  const isFloats = values instanceof Float32Array || values instanceof Float64Array
  if (!isFloats || values.length !== rows * columns) {
    const shape = list === 'weights' ? ` (${rows} rows of ${columns})` : ''
    const rule = `a Float32Array or Float64Array of ${rows * columns}${shape}`
    throw new InputError(where, rule, show(values))
  }
  const stored = (value: number): number => (dtype === 'float32' ? Math.fround(value) : value)
  const wrong = values.findIndex((value) => !Number.isFinite(stored(value)))
  if (wrong >= 0)
    throw new InputError(`${where}[${wrong}]`, `a finite ${dtype}`, String(values[wrong]))
}

/** float32 little-endian bytes: layer by layer, weights (row-major), then biases. */
export function* bytesOfParameters({ weights, biases }: Parameters): Generator<Uint8Array> {
  for (const [l, layer] of weights.entries()) {
    for (const values of [layer, biases[l]!]) {
      const bytes = new DataView(new ArrayBuffer(values.length * 4))
      values.forEach((value, i) => bytes.setFloat32(i * 4, value, true))
      yield new Uint8Array(bytes.buffer)
    }
  }
}
