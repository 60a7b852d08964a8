// The sum over the slots and what goes with it, one chunk of the parameters at a time. The chunk's
// gradient stays in the first-level cache between the calls, so slots and parameters are each read
// once.

import { paddedWidth } from './layout'

/**
 * gradient = (the pairwise sum over `count` slots, a power of two) / divisor, in the fixed binary
 * tree ((0+1)+(2+3))+((4+5)+(6+7)).
 */
export function sumSlots(
  slots: usize,
  slotBytes: usize,
  count: i32,
  gradient: usize,
  elements: i32,
  divisor: f32,
): void {
  const m = f32x4.splat(divisor)
  const end = (<usize>elements) << 2
  if (count == 1)
    for (let at: usize = 0; at < end; at += 16)
      v128.store(gradient + at, f32x4.div(v128.load(slots + at), m))
  else if (count == 2)
    for (let at: usize = 0; at < end; at += 16)
      v128.store(gradient + at, f32x4.div(sumPair(slots + at, slotBytes), m))
  else if (count == 4)
    for (let at: usize = 0; at < end; at += 16)
      v128.store(gradient + at, f32x4.div(sumFour(slots + at, slotBytes), m))
  else
    for (let at: usize = 0; at < end; at += 16)
      v128.store(gradient + at, f32x4.div(sumTree(slots + at, slotBytes, count), m))
}

/** The sum over eight slots or more. */
function sumTree(slot: usize, slotBytes: usize, count: i32): v128 {
  if (count == 8)
    return f32x4.add(sumFour(slot, slotBytes), sumFour(slot + 4 * slotBytes, slotBytes))
  const half = count >> 1
  return f32x4.add(
    sumTree(slot, slotBytes, half),
    sumTree(slot + <usize>half * slotBytes, slotBytes, half),
  )
}

// @ts-ignore: decorator
@inline
function sumPair(slot: usize, slotBytes: usize): v128 {
  return f32x4.add(v128.load(slot), v128.load(slot + slotBytes))
}

// @ts-ignore: decorator
@inline
function sumFour(slot: usize, slotBytes: usize): v128 {
  return f32x4.add(sumPair(slot, slotBytes), sumPair(slot + 2 * slotBytes, slotBytes))
}

/** sum += addend: two neighbors of the tree, when one worker holds them both. */
export function addInto(sum: usize, addend: usize, elements: i32): void {
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    v128.store(sum + at, f32x4.add(v128.load(sum + at), v128.load(addend + at)))
  }
}

/** gradient += factor * weights, the gradient of the L2 term with factor = l2 / N. */
export function addDecay(gradient: usize, weights: usize, elements: i32, factor: f32): void {
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    v128.store(
      gradient + at,
      f32x4.add(v128.load(gradient + at), f32x4.mul(f32x4.splat(factor), v128.load(weights + at))),
    )
  }
}

/** values = values / divisor */
export function divide(values: usize, elements: i32, divisor: f32): void {
  for (let at = values, end = values + ((<usize>elements) << 2); at < end; at += 16)
    v128.store(at, f32x4.div(v128.load(at), f32x4.splat(divisor)))
}

/** Each row of a matrix times its weight, the first element of the weight's own padded row. */
export function scaleRows(matrix: usize, weights: usize, rows: i32, columns: i32): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  const weightStride = (<usize>paddedWidth(1)) << 2
  for (let i = 0; i < rows; i++) {
    const row = matrix + <usize>i * stride
    const weight = f32x4.splat(load<f32>(weights + <usize>i * weightStride))
    for (let at = row; at < row + stride; at += 16) v128.store(at, f32x4.mul(v128.load(at), weight))
  }
}

/** 1 if every element is finite, 0 otherwise. */
export function allFinite(values: usize, elements: i32): i32 {
  let differences = f32x4.splat(0) // x - x is 0 for a finite x, NaN for any other
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const x = v128.load(values + at)
    differences = f32x4.add(differences, f32x4.sub(x, x))
  }
  return i32x4.all_true(f32x4.eq(differences, f32x4.splat(0))) ? 1 : 0
}

/** The sum of squares, for the cost of the L2 term. */
export function sumSquares(weights: usize, elements: i32): f64 {
  let sum = f64x2.splat(0)
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const low = v128.load(weights + at)
    const a = f64x2.promote_low_f32x4(low)
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3))
    sum = f64x2.add(sum, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)))
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}
