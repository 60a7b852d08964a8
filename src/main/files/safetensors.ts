// The format safetensors (github.com/huggingface/safetensors): 8 bytes that say how long the header
// is, the header as JSON, and the tensors back to back. docs/model-files.md has it byte by byte.

import { FileError, show } from '../../shared/errors.js'
import type { FloatArray } from '../data/parameters.js'
import type { FilePiece } from '../runtime/platform.js'
import { parseJson } from './json.js'
import { isObject } from '../options/plain-checks.js'

/** A tensor to be written. */
export interface TensorSource {
  name: string
  dtype: 'F32' | 'F64'
  shape: readonly number[]
  /** Writes rows first .. end - 1 (of shape[0]) where they go: `into` begins with row `first`. */
  fill: (into: FloatArray, first: number, end: number) => void
}

/** A tensor of a file that has been read. */
export interface StoredTensor {
  dtype: string
  shape: readonly number[]
  /** A view of the file's bytes. */
  bytes: Uint8Array
}

/** What a file has. */
export interface Safetensors {
  metadata: Record<string, string>
  tensors: Map<string, StoredTensor>
  /** The bytes of all tensors. */
  data: Uint8Array
}

/** As the format's own library has it. */
const LONGEST_HEADER = 100_000_000
/** Bytes of the number before the header. */
const PREFIX = 8
/** What the data begins at a multiple of, so that its numbers can be read where they lie. */
const ALIGNMENT = 8

/** Bytes of an element of the types that a tensor may have; of others nothing is known. */
const elementBytes: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
}
const arrayTypes = { F32: Float32Array, F64: Float64Array } as const

/** What is filled before it is handed on, so that the event loop turns in between. */
const BYTES_PER_PIECE = 4 << 20

/** Metadata that tells of the data. */
export interface ChangingMetadata {
  /** Texts of the same length. */
  before: Record<string, string>
  after: () => Record<string, string>
  /** Called with every piece of the data, in order. */
  note: (data: Uint8Array) => void
}

/**
 * A file, piece by piece: its tensors, and its header last, since that may tell of them.
 *
 * @param tensors What it will hold; none has a name twice. Those of F64 come first, so that every
 * number lies at a multiple of its own length.
 * @param metadata Whatever there is to say: as it is before the data, and after them.
 * @param bytesPerPiece As much as a piece of data has, or a row of a tensor if that is more.
 * @returns The pieces.
 */
export function* writeSafetensors(
  tensors: readonly TensorSource[],
  { before, after, note }: ChangingMetadata,
  bytesPerPiece = BYTES_PER_PIECE,
): Generator<FilePiece, void, undefined> {
  const ordered = inOrder(tensors)
  const placed = placesOf(ordered)
  let at = headerOf(before, placed).length
  for (const bytes of dataOf(ordered, bytesPerPiece)) {
    note(bytes)
    yield { at, bytes }
    at += bytes.length
  }
  yield { at: 0, bytes: headerOf(after(), placed) }
}

function placesOf(tensors: readonly TensorSource[]): Record<string, TensorInfo> {
  let end = 0
  return Object.fromEntries(
    tensors.map(({ name, dtype, shape }) => {
      const begin = end
      end += sizeOf(dtype, shape)
      return [name, { dtype, shape, data_offsets: [begin, end] }]
    }),
  )
}

/** The tensors' numbers, in two buffers by turns. */
function* dataOf(
  tensors: readonly TensorSource[],
  bytesPerPiece: number,
): Generator<Uint8Array<ArrayBuffer>> {
  const all = tensors.reduce((sum, { dtype, shape }) => sum + sizeOf(dtype, shape), 0)
  const rows = tensors.map(({ dtype, shape }) => sizeOf(dtype, shape.slice(1)))
  const size = Math.min(all, Math.max(bytesPerPiece, ...rows))
  let [filling, waiting] = [new ArrayBuffer(size), new ArrayBuffer(size)]
  let used = 0
  for (const [i, { dtype, shape, fill }] of tensors.entries()) {
    const count = rows[i] === 0 ? 0 : (shape[0] ?? 1)
    for (let first = 0; first < count;) {
      const end = Math.min(count, first + Math.floor((size - used) / rows[i]!))
      if (end === first) {
        yield new Uint8Array(filling, 0, used)
        ;[filling, waiting] = [waiting, filling]
        used = 0
        continue
      }
      const bytes = (end - first) * rows[i]!
      fill(new arrayTypes[dtype](filling, used, bytes / elementBytes[dtype]!), first, end)
      used += bytes
      first = end
    }
  }
  yield new Uint8Array(filling, 0, used)
}

function inOrder(tensors: readonly TensorSource[]): TensorSource[] {
  return [...tensors].sort((a, b) => elementBytes[b.dtype]! - elementBytes[a.dtype]!)
}

function sizeOf(dtype: string, shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, elementBytes[dtype]!)
}

/** The header, and before it the number of its bytes. */
function headerOf(
  metadata: Record<string, string>,
  placed: Record<string, TensorInfo>,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...placed }))
  const end = Math.ceil((PREFIX + text.length) / ALIGNMENT) * ALIGNMENT
  const header = new Uint8Array(end).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(end - PREFIX), true)
  header.set(text, PREFIX)
  return header
}

/** What the header says of a tensor: of the data, its bytes begin .. end - 1. */
interface TensorInfo {
  dtype: string
  shape: readonly number[]
  data_offsets: readonly [begin: number, end: number]
}

/**
 * Reads the header of a file, and finds its tensors. Of them no more is checked than that each has
 * the bytes it should have, and that each byte belongs to one.
 *
 * @param file The file's name, for errors.
 * @param bytes The whole file.
 * @returns What it has: views, not copies.
 * @throws {FileError} if it is no such file, was cut off, or its header is wrong.
 */
export function parseSafetensors(file: string, bytes: Uint8Array): Safetensors {
  const length = headerLength(file, bytes)
  const text = bytes.subarray(PREFIX, PREFIX + length)
  const data = bytes.subarray(PREFIX + length)
  const { value: header, members } = parseJson(file, 'its header', text)
  if (!isObject(header)) throw new FileError(file, 'its header is no object')
  const { __metadata__: metadata = {}, ...infos } = header
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    throw new FileError(file, "its header's __metadata__ is not a text for each name")
  const found = Object.entries(infos).map(([name, info]) => ({ name, ...infoOf(file, name, info) }))
  const known = [header, ...Object.values(header).filter(isObject)]
  if (members !== known.reduce((sum, object) => sum + Object.keys(object).length, 0))
    throw new FileError(file, 'its header has a name twice')
  requireNoGaps(file, found, data.length)
  return {
    metadata: metadata as Record<string, string>,
    tensors: new Map(
      found.map(({ name, dtype, shape, data_offsets }) => [
        name,
        { dtype, shape, bytes: data.subarray(...data_offsets) },
      ]),
    ),
    data,
  }
}

function headerLength(file: string, bytes: Uint8Array): number {
  if (bytes.length === 0) throw new FileError(file, 'it is empty')
  if (bytes.length < PREFIX) throw new FileError(file, 'it was cut off, or is no model file')
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX)
  const length = Number(view.getBigUint64(0, true))
  if (length > LONGEST_HEADER)
    throw new FileError(file, `it is no model file: a header has at most ${LONGEST_HEADER} bytes`)
  const most = bytes.length - PREFIX
  if (length > most)
    throw new FileError(
      file,
      `it was cut off, or is no model file: its header should have ${length} bytes, and ${most} follow`,
    )
  return length
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0)
}

function infoOf(file: string, name: string, info: unknown): TensorInfo {
  const { dtype, shape, data_offsets: offsets } = isObject(info) ? info : {}
  if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2)
    throw new FileError(file, `its tensor ${show(name)} is not said to have type, shape and place`)
  const [begin, end] = offsets as [number, number]
  const needed = Object.hasOwn(elementBytes, dtype) ? sizeOf(dtype, shape) : end - begin
  if (end - begin !== needed || needed < 0)
    throw new FileError(
      file,
      `its tensor ${show(name)} needs ${needed} bytes, and is said to have ${end - begin}`,
    )
  return { dtype, shape, data_offsets: [begin, end] }
}

/** Tensors that overlap, or lie apart, are those of a file that was damaged, or made to do harm. */
function requireNoGaps(
  file: string,
  found: readonly (TensorInfo & { name: string })[],
  length: number,
): void {
  const places = found.map(({ name, data_offsets: [begin, end] }) => ({ name, begin, end }))
  let last = 0
  for (const { name, begin, end } of places.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== last) {
      const problem = begin < last ? 'overlaps another' : 'lies apart from the others'
      throw new FileError(file, `its tensor ${show(name)} ${problem}`)
    }
    last = end
  }
  if (last > length)
    throw new FileError(
      file,
      `it was cut off: its tensors have ${last} bytes, and ${length} follow`,
    )
  if (last < length)
    throw new FileError(file, `${length - last} bytes follow the last of its tensors`)
}
