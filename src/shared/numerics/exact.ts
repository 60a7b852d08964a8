// exp, log, powers and cosine from + - * / of doubles, which IEEE 754 rounds the same everywhere.
// Math.exp and the like won't do: their last bits differ between engines, and so would everything
// that follows from a learning rate. The relative error is some 1e-15.

const LOG_2 = 0.6931471805599453

/** log x for x > 0: 2^k out, then the series of 2 artanh((m - 1) / (m + 1)). */
export function exactLog(x: number): number {
  let exponent = 0
  while (x < 0.7071067811865476) {
    x *= 2
    exponent--
  }
  while (x > 1.4142135623730951) {
    x /= 2
    exponent++
  }
  const s = (x - 1) / (x + 1)
  const square = s * s
  let sum = 0
  for (let n = 23; n >= 1; n -= 2) sum = sum * square + 1 / n
  return exponent * LOG_2 + 2 * s * sum
}

/** e^x: 2^k out, then the exponential series. */
export function exactExp(x: number): number {
  const exponent = Math.round(x / LOG_2)
  const rest = x - exponent * LOG_2
  let sum = 1
  for (let n = 18; n >= 1; n--) sum = 1 + (sum * rest) / n
  return sum * wholePower(exponent < 0 ? 0.5 : 2, Math.abs(exponent))
}

/** base^exponent for base > 0. */
export function exactPower(base: number, exponent: number): number {
  return Number.isInteger(exponent) && exponent >= 0
    ? wholePower(base, exponent)
    : exactExp(exponent * exactLog(base))
}

/** base^exponent for a whole exponent of at least 0, by squaring. */
function wholePower(base: number, exponent: number): number {
  let result = 1
  for (let rest = exponent, square = base; rest > 0; rest = Math.floor(rest / 2), square *= square)
    if (rest % 2 === 1) result *= square
  return result
}

/** cos x for x from 0 to pi: the cosine series of the distance from the nearer end. */
export function exactCosine(x: number): number {
  if (x > Math.PI / 2) return -exactCosine(Math.PI - x)
  let sum = 1
  for (let n = 22; n >= 2; n -= 2) sum = 1 - (sum * x * x) / (n * (n - 1))
  return sum
}
