// How matrices lie in the arena, for every backend: row-major, each row padded to whole pairs of
// 128-bit vectors, each buffer of rows to whole register tiles. The padding columns hold zeros.
// (The kernels' own copy: kernels/wasm/assembly/layout.ts.)

/** Elements a row of `columns` occupies: a multiple of 8. */
export function paddedWidth(columns: number): number {
  return Math.ceil(columns / 8) * 8
}

/** Rows a buffer of `rows` occupies: a multiple of 4. */
export function paddedRows(rows: number): number {
  return Math.ceil(rows / 4) * 4
}
