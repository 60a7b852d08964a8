// A block: the rows that a worker takes through the model together, one shard or several side by
// side, or a unit of one. It is a window on the rows of the model's matrices. The numbers of its
// examples stand in the arena, where the kernels find them.

import { type ByteOffset, advance, index32 } from '../arena/offsets.js'
import { paddedWidth } from '../batches/padding.js'
import { type Parts, MOST_PARTS } from '../arena/parts.js'
import type { Permutation } from '../batches/shuffle.js'

export interface Block {
  parts: Parts
  /** The row of the model's matrices that its first part begins at. */
  firstRow: number
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
  const parts = { count: 1, stride: 0, rows, unitRows: 0, rowsAt: partRows }
  return { parts, firstRow: 0, rowNumbers, words, elementBytes }
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

/** Where the block's rows begin in a matrix. */
export function rowsOfBlock(
  { elementBytes, firstRow }: Block,
  matrix: ByteOffset,
  columns: number,
): ByteOffset {
  return advance(matrix, firstRow * paddedWidth(columns) * elementBytes)
}

/** Where row `row` of a part of the block lies in a matrix. */
export function partOf(
  { elementBytes, firstRow, parts }: Block,
  matrix: ByteOffset,
  part: number,
  columns: number,
  row = 0,
): ByteOffset {
  const rows = firstRow + part * parts.stride + row
  return advance(matrix, rows * paddedWidth(columns) * elementBytes)
}

/** Where the numbers of a part's examples begin. */
export function rowNumbersOf({ parts, rowNumbers }: Block, part: number): ByteOffset {
  return advance(rowNumbers, 4 * part * parts.stride)
}
