// The arena as the reference backend sees it: float64, row by row.

import { type ByteOffset, advance, index64 } from '../../arena/offsets.js'
import { paddedWidth } from '../../batches/padding.js'

export interface Views {
  doubles: Float64Array
  floats: Float32Array
  integers: Int32Array
  bytes: Uint8Array
  /** Elements from an offset on. */
  vector: (offset: ByteOffset, elements: number) => Float64Array
  /** The rows of a padded matrix, without their padding. */
  rowsOf: (offset: ByteOffset, rows: number, columns: number) => Float64Array[]
}

/** @param memory The arena. */
export function viewsOf(memory: WebAssembly.Memory): Views {
  const doubles = new Float64Array(memory.buffer)
  const vector = (offset: ByteOffset, elements: number): Float64Array =>
    doubles.subarray(index64(offset), index64(offset) + elements)
  return {
    doubles,
    floats: new Float32Array(memory.buffer),
    integers: new Int32Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
    vector,
    rowsOf: (offset, rows, columns) =>
      Array.from({ length: rows }, (_, row) =>
        vector(advance(offset, row * paddedWidth(columns) * 8), columns),
      ),
  }
}
