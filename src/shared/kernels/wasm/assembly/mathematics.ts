// exp, log and tanh of four floats at a time, from additions, multiplications and divisions alone,
// so that they give the same bits in every engine. Relative error below 2e-7. Polynomials and range
// reduction: Cephes (S. Moshier, expf, logf, tanhf).

const LOG2_HIGH: f32 = 0.693359375
const LOG2_LOW: f32 = -2.1219444e-4
/**
 * 1.5 * 2^23: adding it to a float below 2^22 rounds that float to an integer, which then stands in
 * the low bits.
 */
const ROUNDING: f32 = 12582912

// @ts-ignore: decorator
@inline
function splat(value: f32): v128 {
  return f32x4.splat(value)
}

/**
 * a b + c: rounded once in the build for engines with relaxed SIMD, twice, and so the same
 * everywhere, in the other.
 */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
}

/** 2^exponent, for exponents of normal floats. */
// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: v128): v128 {
  return i32x4.shl(i32x4.add(exponent, i32x4.splat(127)), 23)
}

/** e^x: gradual underflow below -87.3, 0 below -104, infinity above 88.73, NaN for NaN. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, splat(-105)), splat(89))
  const rounded = roundedLog2(x)
  const exponent = i32x4.sub(rounded, splat(ROUNDING))
  const half = i32x4.shr_s(exponent, 1) // in two factors: 2^128 and 2^-150 are no normal floats
  return f32x4.mul(
    f32x4.mul(expOfRest(x, rounded), powerOfTwo(half)),
    powerOfTwo(i32x4.sub(exponent, half)),
  )
}

/** x 2^n, n the integer in `rounded`, where 2^n is a normal float. */
// @ts-ignore: decorator
@inline
function timesNormalPowerOfTwo(x: v128, rounded: v128): v128 {
  // The integer stands in the low bits of `rounded`; shifted left by 23 nothing else of it is left.
  return f32x4.mul(x, i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(0x3f800000)))
}

/** x / log 2 rounded to an integer, plus ROUNDING. */
// @ts-ignore: decorator
@inline
function roundedLog2(x: v128): v128 {
  return multiplyAdd(x, splat(1.44269504088896341), splat(ROUNDING))
}

/** e^x - 1 for x up to 0, with its relative accuracy at small x; NaN for NaN. */
// @ts-ignore: decorator
@inline
export function expm1OfNegative4(x: v128): v128 {
  x = f32x4.pmax(x, splat(-87))
  const rounded = roundedLog2(x)
  const power = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(0x3f800000))
  return f32x4.add(f32x4.mul(power, expm1OfRest(x, rounded)), f32x4.sub(power, splat(1)))
}

/** e^(x - n log 2), n the integer in `rounded`. */
// @ts-ignore: decorator
@inline
function expOfRest(x: v128, rounded: v128): v128 {
  return f32x4.add(splat(1), expm1OfRest(x, rounded))
}

/** e^(x - n log 2) - 1. */
// @ts-ignore: decorator
@inline
function expm1OfRest(x: v128, rounded: v128): v128 {
  return expm1Within4(restOfLog2(x, rounded))
}

/** x - n log 2, n the integer in `rounded`. */
// @ts-ignore: decorator
@inline
function restOfLog2(x: v128, rounded: v128): v128 {
  const n = f32x4.sub(rounded, splat(ROUNDING))
  const r = f32x4.sub(x, f32x4.mul(n, splat(LOG2_HIGH)))
  return f32x4.sub(r, f32x4.mul(n, splat(LOG2_LOW)))
}

/** e^r - 1 for r between -log(2) / 2 and log(2) / 2. */
// @ts-ignore: decorator
@inline
function expm1Within4(r: v128): v128 {
  let p = multiplyAdd(splat(1.98756915e-4), r, splat(1.3981999507e-3))
  p = multiplyAdd(p, r, splat(8.3334519073e-3))
  p = multiplyAdd(p, r, splat(4.1665795894e-2))
  p = multiplyAdd(p, r, splat(1.6666665459e-1))
  p = multiplyAdd(p, r, splat(5.0000001201e-1))
  return multiplyAdd(p, f32x4.mul(r, r), r)
}

/**
 * e^(-x^2 / 2) for x from 0 to 14; 0 above 13.2, where it would be no normal float. The square is
 * kept in two parts, of which the first, of twelve bits of x, is exact: rounded, it would cost 80
 * ulp far out.
 */
// @ts-ignore: decorator
@inline
export function expOfHalfSquare4(x: v128): v128 {
  const head = v128.and(x, i32x4.splat(<i32>0xfffff000))
  const high = f32x4.mul(f32x4.mul(head, head), splat(-0.5))
  const low = f32x4.mul(f32x4.mul(f32x4.sub(x, head), f32x4.add(x, head)), splat(-0.5))
  const rounded = roundedLog2(high)
  const e = f32x4.add(splat(1), expm1Within4(f32x4.add(restOfLog2(high, rounded), low)))
  return v128.and(timesNormalPowerOfTwo(e, rounded), f32x4.le(x, splat(13.2)))
}

/** Natural logarithm: -infinity at 0, NaN below it and for NaN, infinity at infinity. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const subnormal = f32x4.lt(x, splat(1.17549435e-38))
  const scaled = v128.bitselect(f32x4.mul(x, splat(8388608)), x, subnormal)
  let exponent = i32x4.sub(i32x4.shr_u(scaled, 23), i32x4.splat(126))
  exponent = i32x4.sub(exponent, v128.and(subnormal, i32x4.splat(23)))
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000))
  const low = f32x4.lt(m, splat(0.707106781186547524))
  exponent = i32x4.add(exponent, low) // a true lane is -1
  m = f32x4.sub(f32x4.add(m, v128.and(m, low)), splat(1))
  const e = f32x4.convert_i32x4_s(exponent)
  const square = f32x4.mul(m, m)
  let p = multiplyAdd(splat(7.0376836292e-2), m, splat(-1.151461031e-1))
  p = multiplyAdd(p, m, splat(1.167699874e-1))
  p = multiplyAdd(p, m, splat(-1.2420140846e-1))
  p = multiplyAdd(p, m, splat(1.4249322787e-1))
  p = multiplyAdd(p, m, splat(-1.6668057665e-1))
  p = multiplyAdd(p, m, splat(2.0000714765e-1))
  p = multiplyAdd(p, m, splat(-2.4999993993e-1))
  p = multiplyAdd(p, m, splat(3.3333331174e-1))
  p = f32x4.mul(f32x4.mul(p, m), square)
  p = multiplyAdd(e, splat(LOG2_LOW), p)
  p = f32x4.sub(p, f32x4.mul(splat(0.5), square))
  let y = multiplyAdd(e, splat(LOG2_HIGH), f32x4.add(m, p))
  // Infinity and NaN pass through.
  y = v128.bitselect(y, f32x4.add(x, x), f32x4.lt(x, splat(f32.MAX_VALUE + f32.MAX_VALUE)))
  y = v128.bitselect(splat(-Infinity), y, f32x4.eq(x, splat(0)))
  return v128.bitselect(splat(NaN), y, f32x4.lt(x, splat(0)))
}

/** log(1 + x) for 0 <= x: log of the rounded sum, plus what the rounding lost. */
// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  const sum = f32x4.add(splat(1), x)
  const lost = f32x4.sub(x, f32x4.sub(sum, splat(1)))
  return f32x4.add(log4(sum), f32x4.div(lost, sum))
}

// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x)
  const square = f32x4.mul(x, x)
  let p = multiplyAdd(splat(-5.70498872745e-3), square, splat(2.06390887954e-2))
  p = multiplyAdd(p, square, splat(-5.37397155531e-2))
  p = multiplyAdd(p, square, splat(1.33314422036e-1))
  p = multiplyAdd(p, square, splat(-3.33332819422e-1))
  const small = multiplyAdd(f32x4.mul(p, square), x, x)
  const large = f32x4.sub(
    splat(1),
    f32x4.div(splat(2), f32x4.add(exp4(f32x4.add(size, size)), splat(1))),
  )
  const signed = v128.or(large, v128.and(x, splat(-0.0)))
  return v128.bitselect(small, signed, f32x4.lt(size, splat(0.625)))
}

/** log(1 + e^x) */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, splat(0)), log1p4(exp4(f32x4.neg(f32x4.abs(x)))))
}

/**
 * The share of the standard normal distribution beyond `size` = |z| of at most 14, given e = e^(-z^2
 * / 2): e p / (sqrt(2 pi) |z| p + q), with polynomials p and q fitted for the least relative error,
 * 2e-8. It tends to e / (sqrt(2 pi) |z|), so that far out the rounding of p cancels; p and q begin
 * just below a power of two, where numbers are rounded best.
 */
// @ts-ignore: decorator
@inline
export function normalTail4(size: v128, exponential: v128): v128 {
  let p = multiplyAdd(splat(8.742207e-3), size, splat(8.216082e-2))
  p = multiplyAdd(p, size, splat(0.3571414))
  p = multiplyAdd(p, size, splat(0.827796))
  p = multiplyAdd(p, size, splat(0.90625))
  let q = multiplyAdd(splat(2.2065985e-6), size, splat(2.1812998e-2))
  q = multiplyAdd(q, size, splat(0.20788455))
  q = multiplyAdd(q, size, splat(0.8301272))
  q = multiplyAdd(q, size, splat(1.8125))
  const divisor = multiplyAdd(f32x4.mul(splat(2.5066283), size), p, q)
  return f32x4.div(f32x4.mul(p, exponential), divisor)
}

/** The sum of the four lanes, pairwise. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  )
}

/**
 * Element-wise exp, log and tanh over an array of whole vectors, in place: for the accuracy tests.
 */
export function expArray(values: usize, elements: i32): void {
  for (let at = values, end = values + ((<usize>elements) << 2); at < end; at += 16)
    v128.store(at, exp4(v128.load(at)))
}

export function logArray(values: usize, elements: i32): void {
  for (let at = values, end = values + ((<usize>elements) << 2); at < end; at += 16)
    v128.store(at, log4(v128.load(at)))
}

export function tanhArray(values: usize, elements: i32): void {
  for (let at = values, end = values + ((<usize>elements) << 2); at < end; at += 16)
    v128.store(at, tanh4(v128.load(at)))
}
