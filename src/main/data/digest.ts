// What tells examples apart: how many there are, and the sha256 of their numbers.

import type { DType } from '../../shared/arena/element-types.js'
import type { LabelArray, NumberArray } from './arrays.js'
import type { CheckedExamples } from './examples.js'
import type { ExamplesDigest } from './examples-digest.js'

/** Works out a sha256 of some bytes, one after the other. */
export interface Hash {
  update: (bytes: Uint8Array) => void
  /** In hexadecimal. */
  digest: () => string
}

/** Numbers between two turns of the event loop. */
const SLICE = 1 << 20

/**
 * The digest of examples. Equal numbers have equal digests, in whatever arrays they come; only
 * bytes and other numbers are told apart.
 *
 * @param examples Checked, with class weights applied.
 * @param dtype What the backend computes in.
 * @param hash Of its own.
 * @param rest Called between slices, to let the event loop turn.
 * @returns Their number and their hash.
 */
export async function digestOf(
  { count, inputs, sampleWeights, targets, targetType }: CheckedExamples,
  dtype: DType,
  hash: Hash,
  rest: () => Promise<void>,
): Promise<ExamplesDigest> {
  const add = async (values: NumberArray | LabelArray, labels = false): Promise<void> => {
    for (let first = 0; first < values.length; first += SLICE) {
      if (first > 0) await rest()
      const slice = values.subarray(first, first + SLICE)
      hash.update(bytesOf(labels ? Int32Array.from(slice) : asComputed(slice, dtype)))
    }
    hash.update(Uint8Array.of(labels ? 1 : 0)) // where one array ends
  }
  await add(inputs)
  if (targets) await add(targets, targetType === 'labels')
  if (sampleWeights) await add(sampleWeights)
  return { count, sha256: hash.digest() }
}

/** Bytes as they are; all else in the numbers that training computes in. */
function asComputed(
  values: NumberArray | LabelArray,
  dtype: DType,
): Uint8Array | Uint8ClampedArray | Float32Array | Float64Array {
  if (values instanceof Uint8Array || values instanceof Uint8ClampedArray) return values
  const array = dtype === 'float32' ? Float32Array : Float64Array
  return values instanceof array ? values : new array(values)
}

function bytesOf({ buffer, byteLength, byteOffset }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
