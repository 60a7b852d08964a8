// Everything random comes from here, and from the seed. It is made with exact operations: integers,
// and + - * / and square roots of doubles, which IEEE 754 rounds the same everywhere. Math.log and
// the like won't do: their last bits differ between engines.

import { exactLog } from './exact.js'

/**
 * A stream of uniform numbers in (0, 1), odd multiples of 2^-53, so that none is rounded to 0 or 1.
 */
export type Uniform = () => number

/**
 * Scrambles 32 bits: lowbias32 (C. Wellons, "Prospecting for hash functions", 2018), a bijection
 * with low bias.
 */
export function scramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/**
 * Uniform numbers for one purpose of one seed.
 *
 * @param seed Any safe integer.
 * @param stream Which purpose, so that two uses of a seed don't share numbers.
 */
export function createUniform(seed: number, stream: number): Uniform {
  const draw = createWords(seed, stream)
  return () => ((draw() >>> 6) * 67108864 + (draw() >>> 6) + 0.5) / 4503599627370496
}

/** 0 .. count - 1 in an order drawn by seed and stream, each of all orders equally likely. */
export function shuffled(seed: number, stream: number, count: number): number[] {
  const draw = createWords(seed, stream)
  const numbers = Array.from({ length: count }, (_, i) => i)
  // Durstenfeld, "Algorithm 235: Random permutation", Communications of the ACM 7 (1964).
  for (let last = count - 1; last > 0; last--) {
    const other = below(last + 1, draw)
    const kept = numbers[last]!
    numbers[last] = numbers[other]!
    numbers[other] = kept
  }
  return numbers
}

/** One of 0 .. count - 1: words beyond the last whole multiple of `count` are drawn again. */
function below(count: number, draw: () => number): number {
  const end = 4294967296 - (4294967296 % count)
  let word = draw()
  while (word >= end) word = draw()
  return word % count
}

/**
 * A generator of 32 random bits at a time: xoshiro128** (Blackman and Vigna, 2018), its state
 * filled by scrambling.
 */
function createWords(seed: number, stream: number): () => number {
  let key = scrambleSeed(seed, stream)
  const next = (): number => (key = scramble((key + 0x9e3779b9) | 0))
  let [a, b, c, d] = [next(), next(), next(), next() | 1]
  return () => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
}

/** A 32-bit key from a seed (its low and high halves) and a stream number. */
export function scrambleSeed(seed: number, stream: number): number {
  const high = Math.floor(seed / 4294967296)
  return scramble(scramble(scramble(seed | 0) ^ (high | 0)) + Math.imul(stream, 0x9e3779b9))
}

/**
 * The standard normal number below which a share `probability` of the distribution lies.
 * Wichura, "Algorithm AS 241", Applied Statistics 37 (1988), PPND16: relative accuracy about 1e-16.
 */
export function normalQuantile(probability: number): number {
  const q = probability - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return q * ratio(CENTER, r)
  }
  const r = Math.sqrt(-exactLog(q < 0 ? probability : 1 - probability))
  const size = r <= 5 ? ratio(MIDDLE, r - 1.6) : ratio(TAIL, r - 5)
  return q < 0 ? -size : size
}

/** Quotient of two polynomials, coefficients from the constant upwards. */
function ratio(
  [numerator, denominator]: readonly [readonly number[], readonly number[]],
  x: number,
): number {
  return horner(numerator, x) / horner(denominator, x)
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!
  return sum
}

const CENTER = [
  [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
  ],
] as const
const MIDDLE = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833,
    7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
    0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4,
    1.05075007164441684324e-9,
  ],
] as const
const TAIL = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5,
    2.01033439929228813265e-7,
  ],
  [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
    7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7,
    2.04426310338993978564e-15,
  ],
] as const
