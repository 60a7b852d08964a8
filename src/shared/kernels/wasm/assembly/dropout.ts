// Dropout, four elements at a time: the same integers as shared/formulas/dropout.ts, and so the
// same elements.

import { clearPadding, paddedWidth } from './layout'

const GOLDEN: i32 = <i32>0x9e3779b9

/** to (rows, columns) = from / (1 - share) where it is kept, otherwise 0. `to` may be `from`. */
export function dropout(
  from: usize,
  to: usize,
  rowNumbers: usize,
  rows: i32,
  columns: i32,
  share: f64,
  key: i32,
): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  const threshold = i32x4.splat(<i32>(<u32>(share * 4294967296)))
  const factor = f32x4.splat(<f32>(1 / (1 - share)))
  const dropped = to
  for (let row = 0; row < rows; row++) {
    const rowKey = scramble4(i32x4.splat(key + load<i32>(rowNumbers + ((<usize>row) << 2))))
    let columnKeys = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(GOLDEN))
    for (let at: usize = 0; at < stride; at += 16) {
      const kept = i32x4.ge_u(scramble4(v128.xor(rowKey, columnKeys)), threshold)
      v128.store(to + at, v128.and(f32x4.mul(v128.load(from + at), factor), kept))
      columnKeys = i32x4.add(columnKeys, i32x4.splat(GOLDEN << 2))
    }
    from += stride
    to += stride
  }
  clearPadding(dropped, rows, columns)
}

/** lowbias32, as in random.ts. */
// @ts-ignore: decorator
@inline
function scramble4(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d))
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(<i32>0x846ca68b))
  return v128.xor(x, i32x4.shr_u(x, 16))
}
