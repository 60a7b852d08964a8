// How matrices lie in the arena, for every kernel: row-major float32, each row padded to whole
// pairs of vectors, each buffer of rows padded to whole register tiles. Padding columns hold zeros.
// Padding rows may hold anything: no result depends on them.

/** Columns a row occupies: a multiple of 8. */
// @ts-ignore: decorator
@inline
export function paddedWidth(columns: i32): i32 {
  return (columns + 7) & ~7
}

/** Rows a buffer of rows occupies: a multiple of 4. */
// @ts-ignore: decorator
@inline
export function paddedRows(rows: i32): i32 {
  return (rows + 3) & ~3
}

/** Writes zeros into the padding columns of every row. */
export function clearPadding(matrix: usize, rows: i32, columns: i32): void {
  const width = paddedWidth(columns)
  if (width == columns) return
  for (let row = 0; row < rows; row++) {
    for (let column = columns; column < width; column++) {
      store<f32>(matrix + ((<usize>(row * width + column)) << 2), 0)
    }
  }
}

/**
 * Whether loops take several vectors at a time: quicker, and several times as large. Inference's
 * kernels, which travel to browsers, are compiled to be small; no bit depends on it.
 */
// @ts-ignore: decorator
@inline
export const UNROLLED: bool = ASC_SHRINK_LEVEL == 0
