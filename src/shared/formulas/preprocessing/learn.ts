// Makes steps of preprocessing. Most are learned from the examples to train on. It uses nothing but
// + - * / and square roots, so that every engine has the same bits.

import { InputError, show } from '../../errors.js'
import { requireNumbers, requireRows } from './matrices.js'
import { type Cross, type MinMax, type OneHot, type Standardize, isColumn } from './steps.js'

/**
 * A feature cross: a further column, the product of two or more others.
 *
 * @param columns The columns to multiply, counted from 0, of which any may be named again.
 * @returns The step, for a network's `preprocessing`.
 */
export function cross(...columns: number[]): Cross {
  return { name: 'cross', columns }
}

/**
 * Learns how to bring every column to mean 0 and standard deviation 1: z = (x - mean) / deviation,
 * with the population's deviation, sqrt(sum (x - mean)^2 / m). A column that is constant gets
 * deviation 1 (as in scikit-learn's StandardScaler).
 *
 * @param inputs (m, columns), row-major: the examples to train on, as the preprocessing before this
 * step (and the network's `scale`) leave them.
 * @param columns Columns of the inputs.
 * @returns The step, for a network's `preprocessing`.
 * @throws {InputError} on a wrong shape, or a number that is not finite.
 */
export function standardize(inputs: ArrayLike<number>, columns: number): Standardize {
  const column = columnReader('standardize', inputs, columns)
  const learned = Array.from({ length: columns }, (_, j) => {
    const values = column(j)
    // Of a constant column, that constant.
    const mean = values[0]! + sum(values.map((x) => x - values[0]!)) / values.length
    return {
      mean,
      deviation: Math.sqrt(sum(values.map((x) => (x - mean) * (x - mean))) / values.length) || 1,
    }
  })
  return {
    name: 'standardize',
    mean: learned.map(({ mean }) => mean),
    deviation: learned.map(({ deviation }) => deviation),
  }
}

/**
 * Learns how to bring every column to the range from 0 to 1: (x - minimum) / (maximum - minimum). A
 * column that is constant becomes 0 (as in scikit-learn's MinMaxScaler). What lies outside the
 * range learned lies outside 0 to 1.
 *
 * @param inputs (m, columns), row-major: the examples to train on, as the preprocessing before this
 * step (and the network's `scale`) leave them.
 * @param columns Columns of the inputs.
 * @returns The step, for a network's `preprocessing`.
 * @throws {InputError} on a wrong shape, or a number that is not finite.
 */
export function minMax(inputs: ArrayLike<number>, columns: number): MinMax {
  const column = columnReader('minMax', inputs, columns)
  return {
    name: 'minMax',
    minimum: Array.from({ length: columns }, (_, j) =>
      column(j).reduce((least, x) => Math.min(least, x)),
    ),
    maximum: Array.from({ length: columns }, (_, j) =>
      column(j).reduce((most, x) => Math.max(most, x)),
    ),
  }
}

/**
 * Learns the categories of a column: its distinct values, sorted. A value that is none of them is
 * an error where the step is used.
 *
 * @param inputs (m, columns), row-major: the examples to train on, as the preprocessing before this
 * step (and the network's `scale`) leave them.
 * @param columns Columns of the inputs.
 * @param column The column to replace, counted from 0.
 * @returns The step, for a network's `preprocessing`.
 * @throws {InputError} on a wrong shape, a number that is not finite, or if there is no such
 * column.
 */
export function oneHot(inputs: ArrayLike<number>, columns: number, column: number): OneHot {
  const read = columnReader('oneHot', inputs, columns)
  if (!isColumn(column, columns))
    throw new InputError('oneHot: column', `a column from 0 to ${columns - 1}`, show(column))
  return { name: 'oneHot', column, categories: [...new Set(read(column))].sort((a, b) => a - b) }
}

/** Reads columns of a matrix, whose shape and values it has checked. */
function columnReader(
  where: string,
  inputs: ArrayLike<number>,
  columns: number,
): (column: number) => Float64Array {
  const rows = requireRows(where, inputs, columns)
  requireNumbers(where, inputs, columns, 'finite numbers', Number.isFinite)
  return (column) => {
    const values = new Float64Array(rows)
    for (let row = 0; row < rows; row++) values[row] = inputs[row * columns + column]!
    return values
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}
