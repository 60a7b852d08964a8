// Brings the rows of a shard together: examples stay in the arena as they came (packed rows of
// uint8 or float32) and become scaled, padded float32 rows here. Padding columns and rows are
// written as zeros.

import { clearPadding, paddedRows, paddedWidth } from './layout'

/** matrix (rows, columns) = scale * source[rowNumbers], source of float32. */
export function gatherFloat32(
  source: usize,
  rowNumbers: usize,
  matrix: usize,
  rows: i32,
  columns: i32,
  scale: f32,
): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  const whole = columns & ~3
  for (let row = 0; row < rows; row++) {
    const from =
      source + <usize>load<u32>(rowNumbers + ((<usize>row) << 2)) * ((<usize>columns) << 2)
    const to = matrix + <usize>row * stride
    for (let column = 0; column < whole; column += 4) {
      const at = (<usize>column) << 2
      v128.store(to + at, f32x4.mul(v128.load(from + at), f32x4.splat(scale)))
    }
    for (let column = whole; column < columns; column++) {
      const at = (<usize>column) << 2
      store<f32>(to + at, load<f32>(from + at) * scale)
    }
  }
  clearRest(matrix, rows, columns)
}

/** matrix (rows, columns) = scale * source[rowNumbers], source of uint8. */
export function gatherUint8(
  source: usize,
  rowNumbers: usize,
  matrix: usize,
  rows: i32,
  columns: i32,
  scale: f32,
): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  const whole = columns & ~7
  for (let row = 0; row < rows; row++) {
    const from = source + <usize>load<u32>(rowNumbers + ((<usize>row) << 2)) * <usize>columns
    const to = matrix + <usize>row * stride
    for (let column = 0; column < whole; column += 8) {
      // As signed integers: most processors convert unsigned ones in many steps.
      const words = v128.load8x8_u(from + <usize>column)
      const at = to + ((<usize>column) << 2)
      v128.store(
        at,
        f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words)), f32x4.splat(scale)),
      )
      v128.store(
        at,
        f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words)), f32x4.splat(scale)),
        16,
      )
    }
    for (let column = whole; column < columns; column++) {
      store<f32>(to + ((<usize>column) << 2), <f32>load<u8>(from + <usize>column) * scale)
    }
  }
  clearRest(matrix, rows, columns)
}

/** matrix (rows, columns) = one-hot rows of labels[rowNumbers], labels of int32. */
export function gatherLabels(
  labels: usize,
  rowNumbers: usize,
  matrix: usize,
  rows: i32,
  columns: i32,
): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  memory.fill(matrix, 0, <usize>paddedRows(rows) * stride)
  for (let row = 0; row < rows; row++) {
    const label = load<u32>(labels + ((<usize>load<u32>(rowNumbers + ((<usize>row) << 2))) << 2))
    store<f32>(matrix + <usize>row * stride + ((<usize>label) << 2), 1)
  }
}

function clearRest(matrix: usize, rows: i32, columns: i32): void {
  clearPadding(matrix, rows, columns)
  const stride = (<usize>paddedWidth(columns)) << 2
  memory.fill(matrix + <usize>rows * stride, 0, <usize>(paddedRows(rows) - rows) * stride)
}
