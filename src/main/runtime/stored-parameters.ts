// The parameters as the caller sees them: one packed array per layer, taken from and put into the
// padded rows of the arena.

import type { FloatArray } from '../data/parameters.js'
import type { Parameters } from '../data/parameters.js'
import type { ParameterLayout } from '../../shared/arena/parameter-layout.js'
import type { DType } from '../../shared/arena/element-types.js'

import { paddedWidth } from '../../shared/batches/padding.js'

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

function elements(
  memory: WebAssembly.Memory,
  offset: number,
  layout: ParameterLayout,
  dtype: DType,
): FloatArray {
  const array = dtype === 'float32' ? Float32Array : Float64Array
  return new array(memory.buffer, offset, layout.elements)
}
