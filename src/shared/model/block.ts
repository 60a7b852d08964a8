// A block: the rows that a worker takes through the model together, one shard or several side by
// side. The numbers of its examples stand in the arena, where the kernels find them.

import { type ByteOffset, advance, index32 } from '../arena/offsets.js'
import { paddedWidth } from '../batches/padding.js'
import { type Parts, MOST_PARTS } from '../arena/parts.js'
import type { Permutation } from '../batches/shuffle.js'

export interface Block {
  parts: Parts
  /** Numbers of the examples, as int32: of each part from its first row on. */
  rowNumbers: ByteOffset
  /** The arena's words. */
  words: Int32Array
  /** Bytes of a number of the backend's type. */
  elementBytes: number
}

export function createBlock(
  words: Int32Array,
  { rowNumbers, partRows }: { rowNumbers: ByteOffset; partRows: ByteOffset },
  elementBytes: number,
): Block {
  const first = index32(partRows)
  const rows = words.subarray(first, first + MOST_PARTS)
  return { parts: { count: 1, stride: 0, rows, rowsAt: partRows }, rowNumbers, words, elementBytes }
}

/** Makes the examples at positions first .. first + rows - 1 the block's part number `part`. */
export function placePart(
  { parts, rowNumbers, words }: Block,
  part: number,
  first: number,
  rows: number,
  row: Permutation,
): void {
  const at = index32(rowNumbers) + part * parts.stride
  for (let i = 0; i < rows; i++) words[at + i] = row(first + i)
  parts.rows[part] = rows
}

/** Where a part's rows begin in a matrix of the block. */
export function partOf(
  { parts, elementBytes }: Block,
  matrix: ByteOffset,
  part: number,
  columns: number,
): ByteOffset {
  return advance(matrix, part * parts.stride * paddedWidth(columns) * elementBytes)
}

/** Where the numbers of a part's examples begin. */
export function rowNumbersOf({ parts, rowNumbers }: Block, part: number): ByteOffset {
  return advance(rowNumbers, 4 * part * parts.stride)
}
