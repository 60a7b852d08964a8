// Sigmoid, on which the digits spend more than on any other kernel that isn't a product. Node 24
// and 26 make a constant anew, in three instructions, wherever it is used. So these are variables
// to the compilers, which read them once a call: 0.76 ns an element there instead of 2.2, and 0.67
// instead of 0.88 in Node 20.

import { UNROLLED, clearPadding, paddedWidth } from './layout'
import { multiplyAdd } from './mathematics'
import { biased } from './softmax-row'

/** A call that only runs when the program starts, so that no compiler sees a constant. */
function variable(value: f32): v128 {
  return f32x4.splat(value)
}

const LOWEST = variable(-88)
const HIGHEST = variable(87)
const MINUS_LOG2_E = variable(-1.44269504088896341)
const ROUNDING = variable(12582912)
const LOG2_HIGH = variable(0.693359375)
const LOG2_LOW = variable(-2.1219444e-4)
const ONE = variable(1)
const P2 = variable(-5.0000001201e-1)
const P3 = variable(1.6666665459e-1)
const P4 = variable(-4.1665795894e-2)
const P5 = variable(8.3334519073e-3)
const P6 = variable(-1.3981999507e-3)
const P7 = variable(1.98756915e-4)

/** Z = 1 / (1 + e^-(z + bias)); 6e-39 where it is less. */
export function sigmoid(z: usize, bias: usize, rows: i32, columns: i32): void {
  const stride = (<usize>paddedWidth(columns)) << 2
  const lowest = LOWEST
  const highest = HIGHEST
  const minusLog2E = MINUS_LOG2_E
  const rounding = ROUNDING
  const high = LOG2_HIGH
  const low = LOG2_LOW
  const one = ONE
  const p2 = P2
  const p3 = P3
  const p4 = P4
  const p5 = P5
  const p6 = P6
  const p7 = P7
  for (let row = z, end = z + <usize>rows * stride; row < end; row += stride) {
    let at: usize = 0
    for (; UNROLLED && at + 64 <= stride; at += 64) {
      // prettier-ignore
      const z0 = sigmoid4(biased(row, bias, at), lowest, highest, minusLog2E, rounding, high, low, one, p2, p3, p4, p5, p6, p7)
      // prettier-ignore
      const z1 = sigmoid4(biased(row, bias, at + 16), lowest, highest, minusLog2E, rounding, high, low, one, p2, p3, p4, p5, p6, p7)
      // prettier-ignore
      const z2 = sigmoid4(biased(row, bias, at + 32), lowest, highest, minusLog2E, rounding, high, low, one, p2, p3, p4, p5, p6, p7)
      // prettier-ignore
      const z3 = sigmoid4(biased(row, bias, at + 48), lowest, highest, minusLog2E, rounding, high, low, one, p2, p3, p4, p5, p6, p7)
      v128.store(row + at, z0)
      v128.store(row + at, z1, 16)
      v128.store(row + at, z2, 32)
      v128.store(row + at, z3, 48)
    }
    for (; at < stride; at += 16)
      // prettier-ignore
      v128.store(row + at, sigmoid4(biased(row, bias, at), lowest, highest, minusLog2E, rounding, high, low, one, p2, p3, p4, p5, p6, p7))
  }
  clearPadding(z, rows, columns)
}

/**
 * As mathematics.ts has e^x, of -x: with r = x + n log 2, e^-x = 2^n e^-r and e^-r - 1 = -(r + r^2
 * (p2 + r (p3 + ...))).
 */
// @ts-ignore: decorator
@inline
function sigmoid4(
  x: v128,
  lowest: v128,
  highest: v128,
  minusLog2E: v128,
  rounding: v128,
  high: v128,
  low: v128,
  one: v128,
  p2: v128,
  p3: v128,
  p4: v128,
  p5: v128,
  p6: v128,
  p7: v128,
): v128 {
  x = f32x4.pmax(f32x4.pmin(x, highest), lowest)
  const rounded = multiplyAdd(x, minusLog2E, rounding)
  const n = f32x4.sub(rounded, rounding)
  const r = multiplyAdd(n, low, multiplyAdd(n, high, x))
  let p = multiplyAdd(p7, r, p6)
  p = multiplyAdd(p, r, p5)
  p = multiplyAdd(p, r, p4)
  p = multiplyAdd(p, r, p3)
  p = multiplyAdd(p, r, p2)
  const rest = f32x4.sub(one, multiplyAdd(p, f32x4.mul(r, r), r))
  const power = i32x4.add(i32x4.shl(rounded, 23), one) // 2^n: 1 has the exponent's bias alone
  return f32x4.div(one, multiplyAdd(rest, power, one))
}
