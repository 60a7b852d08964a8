// The parameters as the caller sees them: one packed array per layer, taken from and put into the
// padded rows of the arena.

import { createHash } from 'node:crypto'
import type { ParameterLayout, DType } from '../../shared/arena/arena.js'
import { InputError, show } from '../../shared/errors.js'
import { paddedWidth } from '../../shared/batches/padding.js'

export type FloatArray = Float32Array | Float64Array

/** weights[l] (n_(l-1), n_l) row-major and biases[l] (n_l). */
export interface Parameters {
  weights: FloatArray[]
  biases: FloatArray[]
}

/** Unpacks the parameters that begin at a byte offset. */
export function readParameters(
  memory: WebAssembly.Memory,
  offset: number,
  layout: ParameterLayout,
  dtype: DType,
): Parameters {
  const stored = elements(memory, offset, layout, dtype)
  const weights = layout.layers.map(({ inputs, outputs, weights: at }) => {
    const packed =
      dtype === 'float32' ? new Float32Array(inputs * outputs) : new Float64Array(inputs * outputs)
    const width = paddedWidth(outputs)
    for (let row = 0; row < inputs; row++)
      packed.set(stored.subarray(at + row * width, at + row * width + outputs), row * outputs)
    return packed
  })
  return {
    weights,
    biases: layout.layers.map(({ outputs, biases: at }) => stored.slice(at, at + outputs)),
  }
}

/** Puts parameters where `readParameters` finds them. The padding is left as it is: zero. */
export function writeParameters(
  memory: WebAssembly.Memory,
  offset: number,
  layout: ParameterLayout,
  dtype: DType,
  { weights, biases }: Parameters,
): void {
  const stored = elements(memory, offset, layout, dtype)
  layout.layers.forEach(({ inputs, outputs, weights: weightsAt, biases: biasesAt }, l) => {
    const width = paddedWidth(outputs)
    for (let row = 0; row < inputs; row++) {
      stored.set(weights[l]!.subarray(row * outputs, (row + 1) * outputs), weightsAt + row * width)
    }
    stored.set(biases[l]!, biasesAt)
  })
}

/**
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
 * sha256 over float32 little-endian bytes: layer by layer, weights (row-major), then biases. In
 * hexadecimal.
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

function elements(
  memory: WebAssembly.Memory,
  offset: number,
  layout: ParameterLayout,
  dtype: DType,
): FloatArray {
  const array = dtype === 'float32' ? Float32Array : Float64Array
  return new array(memory.buffer, offset, layout.elements)
}
