// A version in the arena (its header, the parameters, the optimizer's state) as tensors of a file,
// and back.

import { Header } from '../../shared/arena/arena.js'
import type { PlacedTensor } from '../../shared/arena/parameter-layout.js'
import type { FloatArray } from '../data/parameters.js'
import type { LastingLayout } from '../runtime/arena-owner.js'
import { writeTensor } from '../runtime/stored-parameters.js'
import { type ModelFile, nameOfTensor } from './model-file.js'
import type { TensorSource } from './safetensors.js'
import { transposed, transposeRows } from './transpose.js'

/** What a version's header says. */
export interface VersionHeader {
  /** Steps since epoch 0 of `fit`. */
  steps: number
  /** Updates since the optimizer's state was all zero. */
  updates: number
}

/**
 * The tensors of a version, to be written.
 *
 * @param version A snapshot.
 * @param layout How it lies.
 * @param state The names of the numbers that the optimizer keeps for each parameter.
 * @param prefix What the names begin with.
 */
export function tensorsOfVersion(
  version: Uint8Array,
  layout: LastingLayout,
  state: readonly string[],
  prefix = '',
): TensorSource[] {
  const dtype = layout.dtype === 'float32' ? 'F32' : 'F64'
  return placesOf(layout, state, prefix).map(({ name, offset, tensor }) => {
    const values = numbersAt(version, offset, layout)
    return {
      name,
      dtype,
      shape: shapeOf(tensor),
      fill(into: FloatArray, first: number, end: number): void {
        const { first: start, list, rows, width } = tensor
        if (list === 'biases') into.set(values.subarray(start + first, start + end))
        else transposeRows({ values, start, rows, width }, into, first, end)
      },
    }
  })
}

/**
 * A version from the tensors of a file.
 *
 * @param file The file.
 * @param layout How the version lies.
 * @param state The names of the numbers that the optimizer keeps for each parameter.
 * @param header What the header is to say.
 * @param prefix What the names begin with.
 * @returns A snapshot.
 * @throws {FileError} if a tensor is missing, or not what it should be.
 */
export function versionFrom(
  file: ModelFile,
  layout: LastingLayout,
  state: readonly string[],
  { steps, updates }: VersionHeader,
  prefix = '',
): Uint8Array {
  const [first, second] = layout.versions
  const version = new Uint8Array(second.header - first.header)
  const header = new Float64Array(version.buffer, 0, Object.keys(Header).length)
  header[Header.steps] = steps
  header[Header.cost] = NaN
  header[Header.updates] = updates
  for (const { name, offset, tensor } of placesOf(layout, state, prefix)) {
    const stored = numbersAt(version, offset, layout)
    const { list, rows, columns } = tensor
    const values = file.tensor(name, shapeOf(tensor), layout.dtype)
    writeTensor(stored, tensor, list === 'weights' ? transposed(values, columns, rows) : values)
  }
  return version
}

/** What a snapshot's header says. */
export function headerOf(version: Uint8Array): VersionHeader {
  const header = new Float64Array(version.buffer, version.byteOffset, Object.keys(Header).length)
  return { steps: header[Header.steps]!, updates: header[Header.updates]! }
}

interface TensorPlace {
  name: string
  /** Bytes from the start of the version to the array that the tensor is part of. */
  offset: number
  tensor: PlacedTensor
}

/** Where the tensors of a version lie, parameter by parameter. */
function placesOf(
  { parameters, versions: [first], dtype }: LastingLayout,
  state: readonly string[],
  prefix: string,
): TensorPlace[] {
  const parametersAt = first.parameters - first.header
  const stateAt = first.state - first.header
  const stride = parameters.elements * (dtype === 'float32' ? 4 : 8)
  const tensors = parameters.tensors.filter(({ columns }) => columns > 0)
  return [...tensors].sort(byLayer).flatMap((tensor) => {
    const name = nameOfTensor(tensor)
    return [
      { name: `${prefix}${name}`, offset: parametersAt, tensor },
      ...state.map((kept, i) => ({
        name: `${prefix}optimizer.${name}.${kept}`,
        offset: stateAt + i * stride,
        tensor,
      })),
    ]
  })
}

function byLayer(a: PlacedTensor, b: PlacedTensor): number {
  return a.layer - b.layer || (a.list === 'weights' ? -1 : 1)
}

/** Weights as PyTorch has them: (units, inputs). */
function shapeOf({ list, rows, columns }: PlacedTensor): number[] {
  return list === 'weights' ? [columns, rows] : [columns]
}

function numbersAt(
  version: Uint8Array,
  offset: number,
  { dtype, parameters: { elements } }: LastingLayout,
): FloatArray {
  const array = dtype === 'float32' ? Float32Array : Float64Array
  return new array(version.buffer as ArrayBuffer, offset, elements)
}
