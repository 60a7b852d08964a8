// Parts: shards that go through the network side by side, in one block of rows.

import type { ByteOffset } from './offsets.js'

/**
 * Shards side by side in one block of rows: part i has rows[i] rows and begins at row i * stride, a
 * multiple of 4. No result depends on what the rows between the parts hold. Nor do the bits of a
 * part's products depend on its neighbors.
 */
export interface Parts {
  /** A power of two, at most MOST_PARTS. */
  count: number
  stride: number
  rows: Int32Array
  /**
   * Rows of a unit: the products that go row by row are called for so many rows of a part at a
   * time, the last for what is left, since a library's bits may depend on the rows of a call.
   */
  unitRows: number
  /** Where `rows` lies in the arena. */
  rowsAt: ByteOffset
}
export const MOST_PARTS = 64

/** What a dense layer takes and gives over a block. */
export interface BlockShape {
  /** Shards side by side. */
  parts: number
  /** Of the longest of them, at most. */
  rows: number
  inputs: number
  outputs: number
  /** Rows of the gradient of the weights that are one product. */
  sliceRows: number
}

/** Rows from the first part's first to the last one's last. */
export function extentOf({ count, stride, rows }: Parts): number {
  return (count - 1) * stride + rows[count - 1]!
}

/** Units of a part, the last one of a shorter part perhaps empty. */
export function unitsOf({ stride, unitRows }: Parts): number {
  return Math.ceil(stride / unitRows)
}
