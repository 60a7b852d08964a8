// A model file: what it is written from, and what reading it gives. docs/model-files.md describes
// it.

import { FileError, shorten, show } from '../../shared/errors.js'
import type { DType } from '../../shared/arena/element-types.js'
import type { Tensor } from '../../shared/arena/parameter-layout.js'
import { type Network, tensorsOf } from '../../shared/model/network.js'
import type { Hash } from '../data/digest.js'
import type { FloatArray, Parameters } from '../data/parameters.js'
import type { FilePiece } from '../runtime/platform.js'
import { reservedNames } from '../options/metadata-names.js'
import { checkDocument } from './document-check.js'
import type { ModelDocument } from './document.js'
import { parseJson, toJson } from './json.js'
import {
  type StoredTensor,
  type TensorSource,
  parseSafetensors,
  writeSafetensors,
} from './safetensors.js'
import { type Digest, sha256 } from './sha256.js'
import { transposed } from './transpose.js'

/** What a model file is written from. */
export interface ModelFileParts {
  document: ModelDocument
  /** The user's own; none has a reserved name. */
  metadata: Readonly<Record<string, string>>
  tensors: readonly TensorSource[]
}

/**
 * A model file, piece by piece.
 *
 * @param parts What it says and holds.
 * @param createHash Makes what works out a sha256.
 * @returns The pieces, the last of which is the header.
 */
export function encodeModelFile(
  { document, metadata, tensors }: ModelFileParts,
  createHash: () => Hash,
): Generator<FilePiece, void, undefined> {
  const shardgrad = toJson(document)
  const ofDocument = createHash()
  ofDocument.update(new TextEncoder().encode(shardgrad))
  const ofData = createHash()
  const said = { ...metadata, shardgrad, 'document-sha256': ofDocument.digest() }
  const saidWith = (data: string): Record<string, string> => ({ ...said, 'data-sha256': data })
  return writeSafetensors(tensors, {
    before: saidWith(said['document-sha256']), // any digest is as long
    after: () => saidWith(ofData.digest()),
    note: ofData.update,
  })
}

/** A model file that has been read. */
export interface ModelFile {
  /** The file's name. */
  file: string
  /** Undefined of a file that another program wrote. Its `trainer` is not checked. */
  document: ModelDocument | undefined
  /** The user's own. */
  metadata: Readonly<Record<string, string>>
  /**
   * The numbers of a tensor, row-major.
   *
   * @param name The tensor's name.
   * @param shape What its shape must be.
   * @param dtype What its numbers will be rounded to: they must not be too large for it. The
   * default is float64, for which none is.
   * @returns In float32 or float64, as the file has them. It may be a view of the file's bytes:
   * write nothing into it.
   * @throws {FileError} if it is missing, has another shape, another type, or a number that is not
   * finite, or too large.
   */
  tensor: (name: string, shape: readonly number[], dtype?: DType) => FloatArray
}

/**
 * Reads a model file.
 *
 * @param file The file's name, for errors.
 * @param bytes The whole file.
 * @param digest Works out its sha256s; by itself WebCrypto, which takes less than 2 GiB.
 * @returns What it says and holds.
 * @throws {FileError} if it is no model file, was cut off or damaged, or is of a later version.
 */
export async function decodeModelFile(
  file: string,
  bytes: Uint8Array,
  digest: Digest = sha256,
): Promise<ModelFile> {
  const { data, metadata, tensors } = parseSafetensors(file, bytes)
  const said = new Map(Object.entries(metadata))
  const text = said.get('shardgrad')
  const requireDigest = async (name: DigestName, of: Uint8Array): Promise<void> => {
    const expected = said.get(name)
    if (expected === undefined) return
    const found = await digest(of)
    if (found !== undefined && found !== expected) throw damaged(file, name)
  }
  let document: ModelDocument | undefined
  if (text !== undefined) {
    const encoded = new TextEncoder().encode(text)
    await requireDigest('document-sha256', encoded)
    document = checkDocument(file, parseJson(file, 'its document', encoded).value)
  }
  await requireDigest('data-sha256', data)
  for (const name of reservedNames) said.delete(name)
  return {
    file,
    document,
    metadata: Object.fromEntries(said),
    tensor(name, shape, dtype = 'float64') {
      const what = `its tensor ${show(name)}`
      const numbers = numbersOf(file, what, tensors.get(name), shape)
      requireFit(file, what, numbers, dtype)
      return numbers
    },
  }
}

type DigestName = Exclude<(typeof reservedNames)[number], 'shardgrad'>

function damaged(file: string, name: DigestName): FileError {
  return new FileError(
    file,
    `it was damaged, or changed after it was written; if the change is meant, remove ${name} from its metadata`,
  )
}

function numbersOf(
  file: string,
  what: string,
  tensor: StoredTensor | undefined,
  shape: readonly number[],
): FloatArray {
  if (!tensor) throw new FileError(file, `${what} is missing`)
  const { dtype, bytes } = tensor
  if (tensor.shape.length !== shape.length || shape.some((n, i) => n !== tensor.shape[i]))
    throw new FileError(
      file,
      `${what} should have the shape (${shape.join(', ')}), and has (${shorten(tensor.shape.join(', '))})`,
    )
  if (dtype !== 'F32' && dtype !== 'F64')
    throw new FileError(
      file,
      `${what} should have the type F32 or F64, and has ${shorten(dtype)}; convert it to F32`,
    )
  return dtype === 'F32' ? float32Of(bytes) : float64Of(bytes)
}

/** @throws {FileError} of a number that is not finite, or would not be in float32. */
function requireFit(file: string, what: string, numbers: FloatArray, dtype: DType): void {
  const single = dtype === 'float32' && numbers instanceof Float64Array
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i]!
    if (Number.isFinite(single ? Math.fround(value) : value)) continue
    const fault = Number.isFinite(value) ? 'too large for float32' : 'that is not finite'
    throw new FileError(file, `${what} has a number ${fault}: ${value}, at ${i}`)
  }
}

/** Without a copy, where the bytes lie right for it. */
function float32Of(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = byteOffsetOf(bytes, 4)
  return new Float32Array(buffer, byteOffset, byteLength / 4)
}

function float64Of(bytes: Uint8Array): Float64Array {
  const { buffer, byteOffset, byteLength } = byteOffsetOf(bytes, 8)
  return new Float64Array(buffer, byteOffset, byteLength / 8)
}

function byteOffsetOf(bytes: Uint8Array, step: number): Uint8Array {
  return bytes.byteOffset % step === 0 ? bytes : Uint8Array.from(bytes)
}

/**
 * What a tensor of parameters is called in a file.
 *
 * @param tensor Which one.
 * @returns Such as `layers.0.weight`.
 */
export function nameOfTensor({ layer, list }: Pick<Tensor, 'layer' | 'list'>): string {
  return `layers.${layer}.${list === 'weights' ? 'weight' : 'bias'}`
}

/**
 * The parameters that a file holds, for a model, which computes in float32.
 *
 * @param file The file.
 * @param network What they belong to.
 * @returns As `getParameters` has them, each in the type that the file has it in.
 * @throws {FileError} if one is missing or wrong, or has a number too large for float32.
 */
export function readModelParameters(file: ModelFile, network: Network): Parameters {
  const parameters: Parameters = { weights: [], biases: [] }
  for (const tensor of tensorsOf(network)) {
    const { list, rows, columns } = tensor
    const name = nameOfTensor(tensor)
    if (list === 'weights') {
      const weights = file.tensor(name, [columns, rows], 'float32')
      parameters.weights.push(transposed(weights, columns, rows))
    } else {
      const biases = columns > 0 ? file.tensor(name, [columns], 'float32') : none(parameters)
      parameters.biases.push(biases.slice())
    }
  }
  return parameters
}

/** Of a layer without biases, in the type of its weights. */
function none({ weights }: Parameters): FloatArray {
  return weights.at(-1)!.subarray(0, 0)
}
