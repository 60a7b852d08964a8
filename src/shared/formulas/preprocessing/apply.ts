// Applies steps of preprocessing to rows of inputs. It uses nothing but + - * /, so that every
// engine has the same bits.

import { InputError, show } from '../../errors.js'
import { requireNumbers, requireRows } from './matrices.js'
import { misfitOf, requireSteps } from './misfits.js'
import { type OneHot, type PreprocessingStep, columnsAfter } from './steps.js'

/**
 * Applies steps of preprocessing, one after the other, to every row.
 *
 * @param steps The steps, in their order.
 * @param inputs (m, columns), row-major; they stay as they are.
 * @param columns Columns of the inputs.
 * @returns (m, columnsAfter(steps, columns)), row-major, in float64.
 * @throws {InputError} on a wrong shape, a step that doesn't fit the columns, or a value that is no
 * category, naming the row.
 */
export function applyPreprocessing(
  steps: readonly PreprocessingStep[],
  inputs: ArrayLike<number>,
  columns: number,
): Float64Array {
  const where = 'applyPreprocessing'
  requireSteps(where, steps)
  requireRows(where, inputs, columns)
  requireNumbers(where, inputs, columns, 'numbers', (value) => typeof value === 'number')
  const misfit = misfitOf(steps, columns)
  if (misfit) throw new InputError(`${where}: ${misfit.field}`, misfit.rule, show(misfit.value))
  return applyToRows(steps, inputs, { columns, scale: 1, where: `${where}: inputs`, firstRow: 0 })
}

/** What there is to know of rows of inputs that are part of more. */
export interface InputRows {
  columns: number
  /** What the inputs are multiplied by first. */
  scale: number
  /** What the inputs are called in an error. */
  where: string
  /** The number of the first row in an error. */
  firstRow: number
}

/**
 * `applyPreprocessing` for steps known to fit, and rows that are part of more.
 *
 * @param steps The steps, in their order.
 * @param inputs (m, columns), row-major; they stay as they are.
 * @param rows What there is to know of them.
 * @returns (m, columnsAfter(steps, columns)), row-major, in float64.
 * @throws {InputError} on a value that is no category, naming the row.
 */
export function applyToRows(
  steps: readonly PreprocessingStep[],
  inputs: ArrayLike<number>,
  rows: InputRows,
): Float64Array {
  const { columns, scale } = rows
  // No step leaves fewer columns than it found, so each row has room where it will end.
  const stride = columnsAfter(steps, columns)
  const values = new Float64Array((inputs.length / columns) * stride)
  for (let at = 0, from = 0; at < values.length; at += stride, from += columns) {
    for (let j = 0; j < columns; j++) values[at + j] = inputs[from + j]! * scale
  }
  steps.reduce((width, step) => {
    applyInPlace(step, { values, stride, columns: width }, rows)
    return columnsAfter([step], width)
  }, columns)
  return values
}

/** Rows on their way: `columns` values each, a row every `stride` of them. */
interface Matrix {
  values: Float64Array
  stride: number
  columns: number
}

function applyInPlace(step: PreprocessingStep, matrix: Matrix, rows: InputRows): void {
  switch (step.name) {
    case 'cross':
      appendProduct(matrix, step.columns)
      return
    case 'standardize':
      shiftAndDivide(matrix, step.mean, step.deviation)
      return
    case 'minMax': {
      const { minimum, maximum } = step
      const ranges = maximum.map((most, j) => most - minimum[j]! || 1)
      shiftAndDivide(matrix, minimum, ranges)
      return
    }
    case 'oneHot':
      spreadCategories(matrix, step, rows)
  }
}

function appendProduct({ values, stride, columns }: Matrix, factors: readonly number[]): void {
  for (let at = 0; at < values.length; at += stride) {
    let product = 1
    for (const column of factors) product *= values[at + column]!
    values[at + columns] = product
  }
}

function shiftAndDivide(
  { values, stride, columns }: Matrix,
  shift: readonly number[],
  divisor: readonly number[],
): void {
  for (let at = 0; at < values.length; at += stride) {
    for (let j = 0; j < columns; j++) values[at + j] = (values[at + j]! - shift[j]!) / divisor[j]!
  }
}

function spreadCategories(
  { values, stride, columns }: Matrix,
  { column, categories }: OneHot,
  { where, firstRow }: InputRows,
): void {
  const places = new Map(categories.map((category, place) => [category, place]))
  for (let at = 0; at < values.length; at += stride) {
    const place = places.get(values[at + column]!)
    if (place === undefined) {
      throw new InputError(
        `${where}, row ${firstRow + at / stride}`,
        `one of the ${categories.length} categories of column ${column}`,
        String(values[at + column]),
      )
    }
    values.copyWithin(at + column + categories.length, at + column + 1, at + columns)
    values.fill(0, at + column, at + column + categories.length)
    values[at + column + place] = 1
  }
}
