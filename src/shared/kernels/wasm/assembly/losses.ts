// Losses. Each takes the output layer of `rows` examples, writes the deltas (the gradient of the
// summed loss with respect to the outputs; not divided by the number of examples) and returns the
// summed loss in float64. The two cross-entropies are fused with the activation they belong to:
// they take pre-activations without bias and leave the outputs in their place; the others have no
// use for the bias. Each is found by its own name: shared/formulas/losses.ts. n is `columns`.

import { paddedWidth } from './layout'
import { filledBytes, softmaxRow } from './softmax-row'
import { exp4, log1p4, sumLanes } from './mathematics'

const SQUARE: i32 = 0
const ABSOLUTE: i32 = 1
const HUBER: i32 = 2

/** sum (p - y)^2 / 2; deltas = p - y. */
export function halfSquaredError(
  outputs: usize,
  bias: usize,
  targets: usize,
  deltas: usize,
  rows: i32,
  columns: i32,
): f64 {
  return 0.5 * sumTerms(SQUARE, outputs, targets, deltas, rows, columns, 1)
}

/** sum (p - y)^2 / n; deltas = 2 (p - y) / n. */
export function meanSquaredError(
  outputs: usize,
  bias: usize,
  targets: usize,
  deltas: usize,
  rows: i32,
  columns: i32,
): f64 {
  const factor: f64 = 1 / <f64>columns
  return factor * sumTerms(SQUARE, outputs, targets, deltas, rows, columns, <f32>(2 * factor))
}

/** sum |p - y| / n; deltas = sign(p - y) / n. */
export function meanAbsoluteError(
  outputs: usize,
  bias: usize,
  targets: usize,
  deltas: usize,
  rows: i32,
  columns: i32,
): f64 {
  const factor: f64 = 1 / <f64>columns
  return factor * sumTerms(ABSOLUTE, outputs, targets, deltas, rows, columns, <f32>factor)
}

/**
 * sum (d < 1 ? d^2 / 2 : d - 1/2) / n with d = |p - y|; deltas = (p - y, within -1 and 1) / n.
 */
export function huber(
  outputs: usize,
  bias: usize,
  targets: usize,
  deltas: usize,
  rows: i32,
  columns: i32,
): f64 {
  const factor: f64 = 1 / <f64>columns
  return factor * sumTerms(HUBER, outputs, targets, deltas, rows, columns, <f32>factor)
}

/**
 * The sum over the terms of the differences p - y; deltas = factor * the derivative (of a square,
 * half of it).
 */
// @ts-ignore: decorator
@inline
function sumTerms(
  kind: i32,
  outputs: usize,
  targets: usize,
  deltas: usize,
  rows: i32,
  columns: i32,
  factor: f32,
): f64 {
  const bytes = (<usize>(rows * paddedWidth(columns))) << 2
  let sum = f64x2.splat(0)
  for (let at: usize = 0; at < bytes; at += 16) {
    const difference = f32x4.sub(v128.load(outputs + at), v128.load(targets + at))
    v128.store(deltas + at, f32x4.mul(f32x4.splat(factor), slope4(kind, difference)))
    const low = f64x2.promote_low_f32x4(difference)
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(difference, difference, 2, 3, 2, 3))
    sum = f64x2.add(sum, f64x2.add(term2(kind, low), term2(kind, high)))
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

// @ts-ignore: decorator
@inline
function slope4(kind: i32, difference: v128): v128 {
  const one = f32x4.splat(1)
  if (kind == ABSOLUTE) {
    const sign = v128.or(one, v128.and(difference, f32x4.splat(-0.0)))
    const nan = f32x4.ne(difference, difference)
    return v128.or(v128.and(sign, f32x4.ne(difference, f32x4.splat(0))), nan)
  }
  if (kind == HUBER) return f32x4.pmax(f32x4.pmin(difference, one), f32x4.neg(one)) // keeps NaN
  return difference
}

// @ts-ignore: decorator
@inline
function term2(kind: i32, difference: v128): v128 {
  const size = f64x2.abs(difference)
  if (kind == ABSOLUTE) return size
  if (kind == HUBER) {
    const within = f64x2.pmin(size, f64x2.splat(1)) // d (d - d/2) up to 1, 1 (d - 1/2) beyond
    return f64x2.mul(within, f64x2.sub(size, f64x2.mul(within, f64x2.splat(0.5))))
  }
  return f64x2.mul(difference, difference)
}

/**
 * -sum y log p with p = softmax(z + bias); deltas = p sum(y) - y, with respect to z. Four rows at a
 * time share one logarithm.
 */
export function categoricalCrossEntropy(
  z: usize,
  bias: usize,
  targets: usize,
  deltas: usize,
  rows: i32,
  columns: i32,
): f64 {
  const stride = (<usize>paddedWidth(columns)) << 2
  let loss: f64 = 0
  let row = 0
  for (; row + 4 <= rows; row += 4) {
    const logSums = log1p4(
      f32x4(
        softmaxRow(z, deltas, bias, columns),
        softmaxRow(z + stride, deltas + stride, bias, columns),
        softmaxRow(z + 2 * stride, deltas + 2 * stride, bias, columns),
        softmaxRow(z + 3 * stride, deltas + 3 * stride, bias, columns),
      ),
    )
    loss += lossOfRow(z, targets, deltas, columns, f32x4.extract_lane(logSums, 0))
    loss += lossOfRow(
      z + stride,
      targets + stride,
      deltas + stride,
      columns,
      f32x4.extract_lane(logSums, 1),
    )
    loss += lossOfRow(
      z + 2 * stride,
      targets + 2 * stride,
      deltas + 2 * stride,
      columns,
      f32x4.extract_lane(logSums, 2),
    )
    loss += lossOfRow(
      z + 3 * stride,
      targets + 3 * stride,
      deltas + 3 * stride,
      columns,
      f32x4.extract_lane(logSums, 3),
    )
    z += 4 * stride
    targets += 4 * stride
    deltas += 4 * stride
  }
  for (; row < rows; row++) {
    const logSum = log1p4(f32x4.splat(softmaxRow(z, deltas, bias, columns)))
    loss += lossOfRow(z, targets, deltas, columns, f32x4.extract_lane(logSum, 0))
    z += stride
    targets += stride
    deltas += stride
  }
  return loss
}

/**
 * The loss of a row of probabilities p = e^(z - max) / (1 + rest), and its deltas, from z - max in
 * their place: -log p is log(1 + rest) - (z - max), and `logSum` is log(1 + rest).
 */
function lossOfRow(
  probabilities: usize,
  targets: usize,
  deltas: usize,
  columns: i32,
  logSum: f32,
): f64 {
  const logSum4 = f32x4.splat(logSum)
  let losses = f32x4.splat(0)
  let targetSums = f32x4.splat(0)
  for (let at: usize = 0, end = filledBytes(columns); at < end; at += 16) {
    const y = v128.load(targets + at)
    const term = f32x4.mul(y, f32x4.sub(logSum4, v128.load(deltas + at)))
    losses = f32x4.add(losses, v128.and(term, f32x4.ne(y, f32x4.splat(0))))
    targetSums = f32x4.add(targetSums, y)
  }
  const targetSum = f32x4.splat(sumLanes(targetSums))
  for (let at: usize = 0, end = (<usize>paddedWidth(columns)) << 2; at < end; at += 16)
    v128.store(
      deltas + at,
      f32x4.sub(f32x4.mul(v128.load(probabilities + at), targetSum), v128.load(targets + at)),
    )
  return logSum == logSum ? <f64>sumLanes(losses) : NaN
}

/**
 * -sum (y log p + (1 - y) log(1 - p)) with p = sigmoid(z + bias); deltas = p - y, with respect to
 * z.
 */
export function binaryCrossEntropy(
  z: usize,
  bias: usize,
  targets: usize,
  deltas: usize,
  rows: i32,
  columns: i32,
): f64 {
  const width = paddedWidth(columns)
  const zero = f32x4.splat(0)
  const one = f32x4.splat(1)
  let loss: f64 = 0
  let at: usize = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column += 4) {
      const real = i32x4.lt_s(
        i32x4.add(i32x4.splat(column), i32x4(0, 1, 2, 3)),
        i32x4.splat(columns),
      )
      const x = f32x4.add(v128.load(z + at), v128.load(bias + ((<usize>column) << 2)))
      const y = v128.load(targets + at)
      const e = exp4(f32x4.neg(f32x4.abs(x)))
      const positive = f32x4.div(one, f32x4.add(one, e))
      const p = v128.bitselect(positive, f32x4.mul(e, positive), f32x4.ge(x, zero))
      const losses = f32x4.add(f32x4.sub(f32x4.pmax(x, zero), f32x4.mul(x, y)), log1p4(e))
      loss += <f64>sumLanes(v128.and(losses, real))
      v128.store(z + at, v128.and(p, real))
      v128.store(deltas + at, v128.and(f32x4.sub(p, y), real))
      at += 16
    }
  }
  return loss
}

/** Rows whose output and target are largest in the same column. */
export function countRightClasses(outputs: usize, targets: usize, rows: i32, columns: i32): i32 {
  const stride = (<usize>paddedWidth(columns)) << 2
  let right = 0
  for (let row: usize = 0, end = <usize>rows * stride; row < end; row += stride) {
    if (indexOfLargest(outputs + row, columns) == indexOfLargest(targets + row, columns)) right++
  }
  return right
}

/** Outputs on the same side of 1/2 as their targets; NaN is on neither. */
export function countRightSides(outputs: usize, targets: usize, rows: i32, columns: i32): i32 {
  const width = paddedWidth(columns)
  const half = f32x4.splat(0.5)
  let right = 0
  for (let at: usize = 0, end = (<usize>rows * width) << 2; at < end; at += 16) {
    const p = v128.load(outputs + at)
    const y = v128.load(targets + at)
    const differ = v128.xor(f32x4.ge(p, half), f32x4.ge(y, half))
    right += popcnt<i32>(i32x4.bitmask(v128.andnot(f32x4.eq(p, p), differ)))
  }
  return right - rows * (width - columns) // the padding's zeros are all on one side
}

/** -1 if there is a NaN: such a row is never right. */
function indexOfLargest(row: usize, columns: i32): i32 {
  let index = 0
  let largest = load<f32>(row)
  for (let column = 0; column < columns; column++) {
    const value = load<f32>(row + ((<usize>column) << 2))
    if (value != value) return -1
    if (value > largest) {
      largest = value
      index = column
    }
  }
  return index
}
