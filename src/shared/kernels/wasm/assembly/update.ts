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
  if (isPowerOfTwo(divisor))
    averageSlots(slots, slotBytes, count, gradient, elements, true, f32x4.splat(1 / divisor))
  else averageSlots(slots, slotBytes, count, gradient, elements, false, f32x4.splat(divisor))
}

/**
 * Its reciprocal is then exact, so that a product has the bits of the quotient: in a third of the
 * time.
 */
// @ts-ignore: decorator
@inline
function isPowerOfTwo(divisor: f32): bool {
  return (reinterpret<u32>(divisor) & 0x7fffff) == 0
}

// @ts-ignore: decorator
@inline
function averageSlots(
  slots: usize,
  slotBytes: usize,
  count: i32,
  gradient: usize,
  elements: i32,
  multiplies: bool,
  by: v128,
): void {
  const end = (<usize>elements) << 2
  if (count == 1)
    for (let at: usize = 0; at < end; at += 32) {
      v128.store(gradient + at, scaled(v128.load(slots + at), multiplies, by))
      v128.store(gradient + at, scaled(v128.load(slots + at, 16), multiplies, by), 16)
    }
  else if (count == 2)
    for (let at: usize = 0; at < end; at += 16)
      v128.store(gradient + at, scaled(sumPair(slots + at, slotBytes), multiplies, by))
  else if (count == 4)
    for (let at: usize = 0; at < end; at += 16)
      v128.store(gradient + at, scaled(sumFour(slots + at, slotBytes), multiplies, by))
  else
    for (let at: usize = 0; at < end; at += 16)
      v128.store(gradient + at, scaled(sumTree(slots + at, slotBytes, count), multiplies, by))
}

// @ts-ignore: decorator
@inline
function scaled(x: v128, multiplies: bool, by: v128): v128 {
  return multiplies ? f32x4.mul(x, by) : f32x4.div(x, by)
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
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 32) {
    v128.store(sum + at, f32x4.add(v128.load(sum + at), v128.load(addend + at)))
    v128.store(sum + at, f32x4.add(v128.load(sum + at, 16), v128.load(addend + at, 16)), 16)
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
  const end = values + ((<usize>elements) << 2)
  let a = f32x4.splat(0)
  let b = a // four sums at a time: one alone waits for each addition
  let c = a
  let d = a
  for (; values + 64 <= end; values += 64) {
    a = f32x4.add(a, zeroIfFinite(values))
    b = f32x4.add(b, zeroIfFinite(values + 16))
    c = f32x4.add(c, zeroIfFinite(values + 32))
    d = f32x4.add(d, zeroIfFinite(values + 48))
  }
  for (; values < end; values += 16) a = f32x4.add(a, zeroIfFinite(values))
  const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d))
  return i32x4.all_true(f32x4.eq(sum, f32x4.splat(0))) ? 1 : 0
}

/** x - x of four elements: 0 for a finite x, NaN for any other. */
// @ts-ignore: decorator
@inline
function zeroIfFinite(at: usize): v128 {
  const x = v128.load(at)
  return f32x4.sub(x, x)
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
