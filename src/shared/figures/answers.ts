// How outputs answer, and what a row of them says. A row with a value that is not a number says
// nothing.

/**
 * What the outputs of an example say: which one class it belongs to (the largest output); yes or no
 * to a question each (the side of 1/2); or numbers, which are neither.
 */
export type Answers = 'oneClass' | 'yesOrNo' | 'numbers'

/** What is said where nothing is. */
export const NO_CLASS = -1

/** The column where a row of values, beginning at `at`, is largest: the first of equals. */
export function largestOf(values: ArrayLike<number>, at: number, columns: number): number {
  let largest = 0
  for (let j = 0; j < columns; j++) {
    const value = values[at + j]!
    if (Number.isNaN(value)) return NO_CLASS
    if (value > values[at + largest]!) largest = j
  }
  return largest
}

/** The side of 1/2 that a value is on: 1, also for 1/2, or 0. */
export function sideOf(value: number): number {
  return Number.isNaN(value) ? NO_CLASS : Number(value >= 0.5)
}

/**
 * How many columns come before one when they are sorted from the largest value down: those with a
 * larger value, or an equal one further left. So column `largestOf` has rank 0. Infinite in a row
 * that says nothing.
 */
export function rankOf(
  values: ArrayLike<number>,
  at: number,
  columns: number,
  column: number,
): number {
  const value = values[at + column]!
  let rank = 0
  for (let j = 0; j < columns; j++) {
    const other = values[at + j]!
    if (Number.isNaN(other)) return Infinity
    if (other > value || (other === value && j < column)) rank++
  }
  return rank
}
