// When an axis is logarithmic, and the labels of its ticks.

/**
 * Where a logarithmic axis for values begins: at the smallest above 0, or twelve decades under the
 * largest. What is smaller, 0 too, is drawn there. Undefined if the axis is better linear: a value
 * is negative, or those above 0 span no more than two decades. Values that are not finite don't
 * count.
 *
 * @param values What is to be drawn.
 * @returns Where the axis begins, or undefined.
 */
export function logarithmicFloor(values: readonly number[]): number | undefined {
  let [smallest, largest] = [Infinity, 0]
  for (const value of values) {
    if (value < 0) return undefined
    if (!(value > 0 && value < Infinity)) continue
    smallest = Math.min(smallest, value)
    largest = Math.max(largest, value)
  }
  return largest > 100 * smallest ? Math.max(smallest, 1e-12 * largest) : undefined
}

/**
 * A tick's label on a logarithmic axis: powers of ten only.
 *
 * @param value Of the tick.
 * @returns Such as 0.001 or 1e-4; empty for other values.
 */
export function powersOfTen(value: number): string {
  const exponent = Math.round(Math.log10(value))
  if (Math.abs(value / 10 ** exponent - 1) > 1e-9) return ''
  return exponent >= -3 && exponent <= 5 ? String(Number(value.toPrecision(3))) : `1e${exponent}`
}

/**
 * What is drawn for a value, on a logarithmic axis from a floor or on a linear one.
 *
 * @param value What is to be drawn.
 * @param floor Where a logarithmic axis begins; undefined for a linear one.
 * @returns The value, or the floor if it is below; NaN, a gap, for what is not finite.
 */
export function drawable(value: number, floor: number | undefined): number {
  if (!Number.isFinite(value)) return NaN
  return floor === undefined ? value : Math.max(value, floor)
}
