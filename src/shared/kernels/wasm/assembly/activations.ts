// Activations, each in two passes. `name` turns pre-activations into outputs, in place, and adds
// the bias on the way. `nameDerivative` multiplies the gradient by the derivative, taken from the
// outputs. A new element-wise activation is a constant, a line in `forward`, a line in `derivative`
// and its two exports, under the name it has in shared/formulas/activations.ts. If its outputs
// don't tell the derivative, `name` also writes the derivative, as slopes, and `multiplyBySlopes`
// is its second pass. The first pass of sigmoid has a file of its own.

import { UNROLLED, clearPadding, paddedWidth } from './layout'
import {
  exp4,
  expOfHalfSquare4,
  expm1OfNegative4,
  normalTail4,
  softplus4,
  sumLanes,
  tanh4,
} from './mathematics'
import { biased, softmaxRow } from './softmax-row'

const IDENTITY: i32 = 0
const SIGMOID: i32 = 1
const TANH: i32 = 2
const RELU: i32 = 3
const LEAKY_RELU: i32 = 4
const ELU: i32 = 5
const SOFTPLUS: i32 = 6
const SILU: i32 = 7
const GELU: i32 = 8

const LEAK: f32 = 0.01

// @ts-ignore: decorator
@inline
function forward(kind: i32, z: v128): v128 {
  if (kind == TANH) return tanh4(z)
  if (kind == RELU) return f32x4.pmax(z, f32x4.splat(0)) // keeps NaN
  if (kind == LEAKY_RELU) return f32x4.pmax(z, f32x4.mul(z, f32x4.splat(LEAK)))
  if (kind == ELU)
    return v128.bitselect(
      z,
      expm1OfNegative4(f32x4.pmin(z, f32x4.splat(0))),
      f32x4.gt(z, f32x4.splat(0)),
    )
  if (kind == SOFTPLUS) return softplus4(z)
  return z
}

/**
 * errors * f'(z), with f' written in terms of a = f(z). Where a is next to a limit of f, the
 * difference is as inexact as a is: sigmoid, tanh and elu then have slopes to 6e-8, not of their size
 * but of 1.
 */
// @ts-ignore: decorator
@inline
function derivative(kind: i32, errors: v128, a: v128): v128 {
  if (kind == SIGMOID) return f32x4.mul(errors, f32x4.mul(a, f32x4.sub(f32x4.splat(1), a)))
  if (kind == TANH) return f32x4.mul(errors, f32x4.sub(f32x4.splat(1), f32x4.mul(a, a)))
  if (kind == RELU) return v128.and(errors, f32x4.gt(a, f32x4.splat(0)))
  if (kind == LEAKY_RELU)
    return v128.bitselect(errors, f32x4.mul(errors, f32x4.splat(LEAK)), f32x4.gt(a, f32x4.splat(0)))
  if (kind == ELU)
    return f32x4.mul(errors, f32x4.add(f32x4.pmin(a, f32x4.splat(0)), f32x4.splat(1)))
  if (kind == SOFTPLUS) return f32x4.mul(errors, f32x4.neg(expm1OfNegative4(f32x4.neg(a))))
  return errors
}

export function identity(z: usize, bias: usize, rows: i32, columns: i32): void {
  activate(IDENTITY, z, bias, rows, columns)
}
export function tanh(z: usize, bias: usize, rows: i32, columns: i32): void {
  activate(TANH, z, bias, rows, columns)
}
export function relu(z: usize, bias: usize, rows: i32, columns: i32): void {
  activate(RELU, z, bias, rows, columns)
}
export function leakyRelu(z: usize, bias: usize, rows: i32, columns: i32): void {
  activate(LEAKY_RELU, z, bias, rows, columns)
}
export function elu(z: usize, bias: usize, rows: i32, columns: i32): void {
  activate(ELU, z, bias, rows, columns)
}
export function softplus(z: usize, bias: usize, rows: i32, columns: i32): void {
  activate(SOFTPLUS, z, bias, rows, columns)
}

export function identityDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  clearPadding(errors, rows, columns)
}
export function sigmoidDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  differentiate(SIGMOID, errors, outputs, rows, columns)
}
export function tanhDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  differentiate(TANH, errors, outputs, rows, columns)
}
export function reluDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  differentiate(RELU, errors, outputs, rows, columns)
}
export function leakyReluDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  differentiate(LEAKY_RELU, errors, outputs, rows, columns)
}
export function eluDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  differentiate(ELU, errors, outputs, rows, columns)
}
export function softplusDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  differentiate(SOFTPLUS, errors, outputs, rows, columns)
}

// @ts-ignore: decorator
@inline
function activate(kind: i32, z: usize, bias: usize, rows: i32, columns: i32): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  for (let row = z, end = z + <usize>rows * stride; row < end; row += stride) {
    let at: usize = 0
    for (; UNROLLED && at + 64 <= stride; at += 64) {
      // four vectors at a time share the constants: a third quicker
      const z0 = forward(kind, biased(row, bias, at))
      const z1 = forward(kind, biased(row, bias, at + 16))
      const z2 = forward(kind, biased(row, bias, at + 32))
      const z3 = forward(kind, biased(row, bias, at + 48))
      v128.store(row + at, z0)
      v128.store(row + at, z1, 16)
      v128.store(row + at, z2, 32)
      v128.store(row + at, z3, 48)
    }
    for (; at < stride; at += 16) v128.store(row + at, forward(kind, biased(row, bias, at)))
  }
  clearPadding(z, rows, columns) // where f(0) may stand, or what an infinity times 0 has become
}

// @ts-ignore: decorator
@inline
function differentiate(kind: i32, errors: usize, outputs: usize, rows: i32, columns: i32): void {
  const bytes = (<usize>(rows * paddedWidth(columns))) << 2
  for (let at: usize = 0; at < bytes; at += 32) {
    const e0 = derivative(kind, v128.load(errors + at), v128.load(outputs + at))
    const e1 = derivative(kind, v128.load(errors + at, 16), v128.load(outputs + at, 16))
    v128.store(errors + at, e0)
    v128.store(errors + at, e1, 16)
  }
  clearPadding(errors, rows, columns)
}

export function silu(z: usize, bias: usize, rows: i32, columns: i32, slopes: usize): void {
  activateSloped(SILU, z, bias, rows, columns, slopes)
}
export function gelu(z: usize, bias: usize, rows: i32, columns: i32, slopes: usize): void {
  activateSloped(GELU, z, bias, rows, columns, slopes)
}

// @ts-ignore: decorator
@inline
function activateSloped(
  kind: i32,
  z: usize,
  bias: usize,
  rows: i32,
  columns: i32,
  slopes: usize,
): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  for (let row = z, end = z + <usize>rows * stride; row < end; row += stride) {
    let at: usize = 0
    for (; UNROLLED && at < stride; at += 32) {
      forwardSloped(kind, biased(row, bias, at), row + at, slopes + at)
      forwardSloped(kind, biased(row, bias, at + 16), row + at + 16, slopes + at + 16)
    }
    for (; !UNROLLED && at < stride; at += 16)
      forwardSloped(kind, biased(row, bias, at), row + at, slopes + at)
    slopes += stride
  }
  clearPadding(z, rows, columns)
}

/** Stores f(z) and f'(z). */
// @ts-ignore: decorator
@inline
function forwardSloped(kind: i32, z: v128, output: usize, slope: usize): void {
  if (kind == SILU) silu4(z, output, slope)
  else gelu4(z, output, slope)
}

/**
 * z s and s + z s (1 - s), with s = sigmoid(z): of e^-|z|, so that nothing overflows. To 4 ulp; below
 * -84, where it is less than 1e-34, to 5e-43. The slope is right to 2e-7. z is cut where e^z is 0, so
 * that no infinity is multiplied by it.
 */
// @ts-ignore: decorator
@inline
function silu4(z: v128, output: usize, slope: usize): void {
  z = f32x4.pmax(z, f32x4.splat(-105))
  const e = exp4(f32x4.neg(f32x4.abs(z)))
  const positive = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e)) // sigmoid(|z|)
  const negative = f32x4.mul(e, positive)
  const s = v128.bitselect(positive, negative, f32x4.ge(z, f32x4.splat(0)))
  v128.store(output, f32x4.mul(z, s))
  v128.store(slope, f32x4.add(s, f32x4.mul(z, f32x4.mul(negative, positive))))
}

const DENSITY_AT_ZERO: f32 = 0.398942280401432678

/**
 * z Phi(z) and Phi(z) + z phi(z), which share one e^(-z^2 / 2): to 4.3 ulp, 4 where additions are
 * fused; beyond -12.8, where it is less than 1e-36, to 1e-38. The slope is right to 3e-7. z is cut
 * where e^(-z^2 / 2) is 0, so that no infinity is multiplied by it.
 */
// @ts-ignore: decorator
@inline
function gelu4(z: v128, output: usize, slope: usize): void {
  const above = f32x4.pmax(z, f32x4.splat(-14))
  const within = f32x4.pmin(above, f32x4.splat(14))
  const size = f32x4.abs(within)
  const exponential = expOfHalfSquare4(size)
  const tail = normalTail4(size, exponential)
  const share = v128.bitselect(f32x4.sub(f32x4.splat(1), tail), tail, f32x4.gt(z, f32x4.splat(0)))
  v128.store(output, f32x4.mul(above, share))
  v128.store(
    slope,
    f32x4.add(share, f32x4.mul(within, f32x4.mul(exponential, f32x4.splat(DENSITY_AT_ZERO)))),
  )
}

/** errors *= slopes */
export function multiplyBySlopes(errors: usize, slopes: usize, rows: i32, columns: i32): void {
  const bytes = (<usize>(rows * paddedWidth(columns))) << 2
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(errors + at, f32x4.mul(v128.load(errors + at), v128.load(slopes + at)))
  clearPadding(errors, rows, columns)
}

/** p_j = e^(z_j - max) / sum over the row. */
export function softmax(z: usize, bias: usize, rows: i32, columns: i32): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  for (let row = z, end = z + <usize>rows * stride; row < end; row += stride)
    softmaxRow(row, row, bias, columns)
}

/** errors_j = p_j (errors_j - sum_i errors_i p_i), row by row. */
export function softmaxDerivative(errors: usize, outputs: usize, rows: i32, columns: i32): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  clearPadding(errors, rows, columns)
  for (let row: usize = 0, end = <usize>rows * stride; row < end; row += stride) {
    let dot = f32x4.splat(0)
    for (let at = row; at < row + stride; at += 16)
      dot = f32x4.add(dot, f32x4.mul(v128.load(errors + at), v128.load(outputs + at)))
    const mean = f32x4.splat(sumLanes(dot))
    for (let at = row; at < row + stride; at += 16) {
      v128.store(
        errors + at,
        f32x4.mul(v128.load(outputs + at), f32x4.sub(v128.load(errors + at), mean)),
      )
    }
  }
  clearPadding(errors, rows, columns)
}
