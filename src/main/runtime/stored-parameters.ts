// Copies parameters between the arena, where rows are padded, and the packed arrays that the caller
// sees.

import { type DType } from '../../shared/arena/element-types.js'
import type { ByteOffset } from '../../shared/arena/offsets.js'
import type { ParameterLayout, PlacedTensor } from '../../shared/arena/parameter-layout.js'
import type { FloatArray, Parameters } from '../data/parameters.js'

/** Unpacks the parameters that begin at a place in the arena. */
export function readParameters(
  memory: WebAssembly.Memory,
  offset: ByteOffset,
  layout: ParameterLayout,
  dtype: DType,
): Parameters {
  const stored = elementsAt(memory, offset, layout, dtype)
  const parameters: Parameters = { weights: [], biases: [] }
  for (const tensor of layout.tensors) {
    const { list, rows, columns } = tensor
    const packed = new (dtype === 'float32' ? Float32Array : Float64Array)(rows * columns)
    for (let row = 0; row < rows; row++) packed.set(rowOf(stored, tensor, row), row * columns)
    parameters[list].push(packed)
  }
  return parameters
}

/** Puts parameters where `readParameters` finds them. The padding is left as it is: zero. */
export function writeParameters(
  memory: WebAssembly.Memory,
  offset: ByteOffset,
  layout: ParameterLayout,
  dtype: DType,
  parameters: Parameters,
): void {
  const stored = elementsAt(memory, offset, layout, dtype)
  const next = { weights: 0, biases: 0 }
  for (const tensor of layout.tensors)
    writeTensor(stored, tensor, parameters[tensor.list][next[tensor.list]++]!)
}

/** Puts packed numbers where a tensor lies among those that are stored. */
export function writeTensor(stored: FloatArray, tensor: PlacedTensor, packed: FloatArray): void {
  const { rows, columns } = tensor
  for (let row = 0; row < rows; row++)
    rowOf(stored, tensor, row).set(packed.subarray(row * columns, (row + 1) * columns))
}

function rowOf(
  stored: FloatArray,
  { first, width, columns }: PlacedTensor,
  row: number,
): FloatArray {
  const at = first + row * width
  return stored.subarray(at, at + columns)
}

function elementsAt(
  memory: WebAssembly.Memory,
  offset: ByteOffset,
  { elements }: ParameterLayout,
  dtype: DType,
): FloatArray {
  return new (dtype === 'float32' ? Float32Array : Float64Array)(memory.buffer, offset, elements)
}
