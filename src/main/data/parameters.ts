// The parameters as the caller sees them: one packed array for each layer.

import { createHash } from 'node:crypto'
import type { DType } from '../../shared/arena/element-types.js'
import { InputError, show } from '../../shared/errors.js'

/** Floating-point numbers: in float64 from backend reference, in float32 from the others. */
export type FloatArray = Float32Array | Float64Array

/** What training changes: the weights and biases of every layer. */
export interface Parameters {
  /** One array for each layer: (inputs, units), row-major. */
  weights: FloatArray[]
  /** One array for each layer: (units). */
  biases: FloatArray[]
}

/**
 * Checks parameters before a trainer takes them.
 *
 * @param given As the caller gave them.
 * @param widths Of the network, n_0 .. n_L.
 * @param dtype What the backend computes in.
 * @returns The same.
 * @throws {InputError} naming the layer whose parameters have the wrong type, shape or a number
 * that is not finite.
 */
export function checkParameters(
  given: unknown,
  widths: readonly number[],
  dtype: DType,
): Parameters {
  const where = 'setParameters'
  if (typeof given !== 'object' || given === null)
    throw new InputError(where, '{ weights, biases }', show(given))
  const parameters = given as Parameters
  for (const kind of ['weights', 'biases'] as const) {
    const list: unknown = parameters[kind]
    const layers = widths.length - 1
    if (!Array.isArray(list) || list.length !== layers)
      throw new InputError(`${where}: ${kind}`, `an array of ${layers}, one per layer`, show(list))
    widths.slice(1).forEach((outputs, l) => {
      const inputs = widths[l]!
      const length = kind === 'weights' ? inputs * outputs : outputs
      const values: unknown = list[l]
      if (
        !(values instanceof Float32Array || values instanceof Float64Array) ||
        values.length !== length
      ) {
        const shape = kind === 'weights' ? ` (${inputs} rows of ${outputs})` : ''
        throw new InputError(
          `${where}: ${kind}[${l}]`,
          `a Float32Array or Float64Array of ${length}${shape}`,
          show(values),
        )
      }
      const wrong = values.findIndex(
        (value) => !Number.isFinite(dtype === 'float32' ? Math.fround(value) : value),
      )
      if (wrong >= 0)
        throw new InputError(
          `${where}: ${kind}[${l}][${wrong}]`,
          `a finite ${dtype}`,
          String(values[wrong]),
        )
    })
  }
  return parameters
}

/**
 * sha256 over float32 little-endian bytes: layer by layer, weights (row-major), then biases.
 *
 * @param parameters Of any type; they are rounded to float32.
 * @returns The hash in hexadecimal.
 */
export function hashParameters({ weights, biases }: Parameters): string {
  const hash = createHash('sha256')
  weights.forEach((layer, l) => {
    for (const values of [layer, biases[l]!]) {
      const bytes = new DataView(new ArrayBuffer(values.length * 4))
      values.forEach((value, i) => bytes.setFloat32(i * 4, value, true))
      hash.update(new Uint8Array(bytes.buffer))
    }
  })
  return hash.digest('hex')
}
