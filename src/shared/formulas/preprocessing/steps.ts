// The steps of preprocessing: what is done to a row of inputs before the first layer. They are
// plain data, part of a network's description.

/** Appends a column: the product of the columns named. Made by `cross`. */
export interface Cross {
  /** Which step this is. */
  name: 'cross'
  /** The columns to multiply, counted from 0: two or more, of which any may be named again. */
  columns: number[]
}

/**
 * Brings every column to mean 0 and standard deviation 1: (x - mean) / deviation. Made by
 * `standardize`.
 */
export interface Standardize {
  /** Which step this is. */
  name: 'standardize'
  /** The mean of each column (columns). */
  mean: number[]
  /** The standard deviation of each column (columns), above 0; 1 for a constant column. */
  deviation: number[]
}

/**
 * Brings every column to the range from 0 to 1: (x - minimum) / (maximum - minimum); x - minimum
 * where the two are equal. Made by `minMax`.
 */
export interface MinMax {
  /** Which step this is. */
  name: 'minMax'
  /** The smallest value of each column (columns). */
  minimum: number[]
  /** The largest value of each column (columns). */
  maximum: number[]
}

/**
 * Replaces a column, in its place, by one for each category: 1 where it has that value, 0
 * elsewhere. Made by `oneHot`.
 */
export interface OneHot {
  /** Which step this is. */
  name: 'oneHot'
  /** The column to replace, counted from 0. */
  column: number
  /** The values that the column may have; the new columns are in this order. */
  categories: number[]
}

/** One step of what is done to every row of inputs before the first layer. */
export type PreprocessingStep = Cross | Standardize | MinMax | OneHot

/**
 * How many columns there are after preprocessing.
 *
 * @param steps The steps, in their order.
 * @param columns Columns before them.
 * @returns Columns after them.
 */
export function columnsAfter(steps: readonly PreprocessingStep[], columns: number): number {
  return steps.reduce((width, step) => {
    if (step.name === 'cross') return width + 1
    return step.name === 'oneHot' ? width - 1 + step.categories.length : width
  }, columns)
}

/** Whether a row of so many columns has this one. */
export function isColumn(column: number, columns: number): boolean {
  return Number.isInteger(column) && column >= 0 && column < columns
}
