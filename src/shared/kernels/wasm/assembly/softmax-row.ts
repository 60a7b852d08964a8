// Softmax of one row, for the activation and for the loss that is fused with it; and four elements
// of a row with their bias.

import { paddedWidth } from './layout'
import { exp4, sumLanes } from './mathematics'

/** The largest entry of the row that `softmaxRow` took last. */
export let largestOfRow: f32 = 0

/**
 * One row of softmax, in place. Returns the sum of e^(z_j - max) less its largest term, which is 1:
 * kept apart so that log(1 + rest), the loss of a confident right answer, keeps its relative
 * accuracy. Leaves 0 in the padding.
 */
export function softmaxRow(row: usize, bias: usize, columns: i32): f32 {
  const stride = (<usize>paddedWidth(columns)) << 2
  let largest4 = f32x4.splat(-Infinity)
  for (let at: usize = 0; at < stride; at += 16) {
    const z = v128.bitselect(biased(row, bias, at), f32x4.splat(-Infinity), realLanes(at, columns))
    largest4 = f32x4.pmax(largest4, z)
    v128.store(row + at, z)
  }
  largestOfRow = max(
    max(f32x4.extract_lane(largest4, 0), f32x4.extract_lane(largest4, 1)),
    max(f32x4.extract_lane(largest4, 2), f32x4.extract_lane(largest4, 3)),
  )
  const largest = f32x4.splat(largestOfRow)
  let rest4 = f32x4.splat(0)
  let ties4 = f32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 32) {
    const z0 = v128.load(row + at)
    const z1 = v128.load(row + at, 16)
    const e0 = exp4(f32x4.sub(z0, largest))
    const e1 = exp4(f32x4.sub(z1, largest))
    const tie0 = f32x4.eq(z0, largest)
    const tie1 = f32x4.eq(z1, largest)
    rest4 = f32x4.add(f32x4.add(rest4, v128.andnot(e0, tie0)), v128.andnot(e1, tie1))
    ties4 = f32x4.add(
      f32x4.add(ties4, v128.and(f32x4.splat(1), tie0)),
      v128.and(f32x4.splat(1), tie1),
    )
    v128.store(row + at, e0)
    v128.store(row + at, e1, 16)
  }
  const rest = sumLanes(rest4) + (sumLanes(ties4) - 1)
  const sum = f32x4.splat(1 + rest)
  for (let at: usize = 0; at < stride; at += 16)
    v128.store(row + at, v128.and(f32x4.div(v128.load(row + at), sum), realLanes(at, columns)))
  return rest
}

/** Which lanes of the vector `at` bytes into a row are columns, and not padding. */
// @ts-ignore: decorator
@inline
function realLanes(at: usize, columns: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(<i32>(at >> 2)), i32x4(0, 1, 2, 3)), i32x4.splat(columns))
}

// @ts-ignore: decorator
@inline
export function biased(row: usize, bias: usize, at: usize): v128 {
  return f32x4.add(v128.load(row + at), v128.load(bias + at))
}
