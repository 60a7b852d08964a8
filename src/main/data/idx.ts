// IDX files of unsigned bytes, as MNIST's images and labels come: bytes 0, 0, the element type, the
// number of dimensions; each dimension's size in 32 bits, big-endian; then the elements, row-major
// (http://yann.lecun.com/exdb/mnist). Nothing is allocated by what a header says.

import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { InputError, messageOf, shorten } from '../../shared/errors.js'

/** What an IDX file holds. */
export interface IdxArray {
  /** Sizes, the slowest-changing first: images, rows and columns, say. */
  dimensions: number[]
  /** Row-major, as many as the product of the dimensions. */
  values: Uint8Array
}

const UNSIGNED_BYTES = 0x08
/**
 * A small gzip file can unpack to a thousand times its size; no data set that an arena holds is
 * larger than this.
 */
const MOST_UNPACKED_BYTES = 2 ** 30

/**
 * Reads an IDX file of unsigned bytes; one whose name ends in .gz is unpacked.
 *
 * @param file Its path.
 * @param mostBytes The most that a packed file may unpack to.
 * @returns Its dimensions and bytes.
 * @throws {InputError} naming the file, if it can't be read or isn't one.
 */
export async function readIdx(file: string, mostBytes = MOST_UNPACKED_BYTES): Promise<IdxArray> {
  const bytes = await readBytes(file, mostBytes)
  if (bytes.length < 4)
    throw new InputError(file, 'an IDX file, which begins with 4 bytes', `${bytes.length} bytes`)
  const [first, second, type, count] = [bytes[0]!, bytes[1]!, bytes[2]!, bytes[3]!]
  if (first !== 0 || second !== 0)
    throw new InputError(file, 'an IDX file, which begins with bytes 0 0', `${first} ${second}`)
  if (type !== UNSIGNED_BYTES)
    throw new InputError(
      file,
      'an IDX file of unsigned bytes, type 0x08',
      `type 0x${type.toString(16).padStart(2, '0')}`,
    )
  if (count === 0) throw new InputError(file, 'an IDX file of at least one dimension', '0')
  const header = 4 + 4 * count
  if (bytes.length < header)
    throw new InputError(
      file,
      `a header of ${header} bytes, since it has ${count} dimensions`,
      `${bytes.length} bytes`,
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const dimensions = Array.from({ length: count }, (_, dimension) =>
    view.getUint32(4 + 4 * dimension),
  )
  const elements = dimensions.reduce((product, size) => product * size, 1)
  if (bytes.length - header !== elements) {
    throw new InputError(
      file,
      `${elements} bytes (${shorten(dimensions.join(' x '))}) after its header`,
      `${bytes.length - header}`,
    )
  }
  return { dimensions, values: new Uint8Array(bytes.buffer, bytes.byteOffset + header, elements) }
}

async function readBytes(file: string, mostBytes: number): Promise<Uint8Array> {
  try {
    const bytes = await readFile(file)
    return file.endsWith('.gz')
      ? await promisify(gunzip)(bytes, { maxOutputLength: mostBytes })
      : bytes
  } catch (error) {
    const rule = `an IDX file${file.endsWith('.gz') ? `, packed by gzip, of at most ${mostBytes} bytes when unpacked` : ''}`
    throw new InputError(file, rule, messageOf(error))
  }
}
