// Softmax of one row, for the activation and for the loss that is fused with it; and four elements
// of a row with their bias.

import { paddedWidth } from './layout'
import { exp4, sumLanes } from './mathematics'

/**
 * One row of softmax, from the pre-activations without bias at `row`, in place. What it is the
 * exponential of, z - max, stays at `shifted`, which may be `row` too if nobody wants that. Returns
 * the sum of e^(z_j - max) less its largest term, which is 1: kept apart so that log(1 + rest), the
 * loss of a confident right answer, keeps its relative accuracy. Leaves 0 in the padding.
 */
export function softmaxRow(row: usize, shifted: usize, bias: usize, columns: i32): f32 {
  const filled = filledBytes(columns)
  let largest4 = f32x4.splat(-Infinity)
  for (let at: usize = 0; at < filled; at += 16) {
    const z = v128.bitselect(biased(row, bias, at), f32x4.splat(-Infinity), realLanes(at, columns))
    largest4 = f32x4.pmax(largest4, z)
    v128.store(row + at, z)
  }
  const largest = f32x4.splat(
    max(
      max(f32x4.extract_lane(largest4, 0), f32x4.extract_lane(largest4, 1)),
      max(f32x4.extract_lane(largest4, 2), f32x4.extract_lane(largest4, 3)),
    ),
  )
  const one = f32x4.splat(1)
  let rest4 = f32x4.splat(0)
  let ties4 = f32x4.splat(0)
  for (let at: usize = 0; at < filled; at += 16) {
    const z = v128.load(row + at)
    const difference = f32x4.sub(z, largest)
    const e = exp4(difference)
    const tie = f32x4.eq(z, largest)
    rest4 = f32x4.add(rest4, v128.andnot(e, tie))
    ties4 = f32x4.add(ties4, v128.and(one, tie))
    v128.store(shifted + at, difference)
    v128.store(row + at, e)
  }
  const rest = sumLanes(rest4) + (sumLanes(ties4) - 1)
  const sum = f32x4.splat(1 + rest)
  for (let at: usize = 0; at < filled; at += 16)
    v128.store(row + at, v128.and(f32x4.div(v128.load(row + at), sum), realLanes(at, columns)))
  if (filled < (<usize>paddedWidth(columns)) << 2) v128.store(row + filled, f32x4.splat(0))
  return rest
}

/** Bytes of the vectors of a row that hold columns: a last one may be all padding. */
// @ts-ignore: decorator
@inline
export function filledBytes(columns: i32): usize {
  return (<usize>((columns + 3) & ~3)) << 2
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
