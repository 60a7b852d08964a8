// Preprocessing: what is done to a row of inputs before the first layer. The steps are plain data,
// part of a network's description. They use nothing but + - * / and square roots, so that every
// engine has the same bits.

import { InputError, show } from '../errors.js'

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
  return applyToRows(steps, inputs, columns, 1, `${where}: inputs`, 0)
}

/**
 * `applyPreprocessing` for steps known to fit, and rows that are part of more.
 *
 * @param steps The steps, in their order.
 * @param inputs (m, columns), row-major; they stay as they are.
 * @param columns Columns of the inputs.
 * @param scale What the inputs are multiplied by first.
 * @param where What the inputs are called in an error.
 * @param firstRow The number of the first row in an error.
 * @returns (m, columnsAfter(steps, columns)), row-major, in float64.
 * @throws {InputError} on a value that is no category, naming the row.
 */
export function applyToRows(
  steps: readonly PreprocessingStep[],
  inputs: ArrayLike<number>,
  columns: number,
  scale: number,
  where: string,
  firstRow: number,
): Float64Array {
  // No step leaves fewer columns than it found, so each row has room where it will end.
  const stride = columnsAfter(steps, columns)
  const matrix = new Float64Array((inputs.length / columns) * stride)
  for (let at = 0, from = 0; at < matrix.length; at += stride, from += columns) {
    for (let j = 0; j < columns; j++) matrix[at + j] = inputs[from + j]! * scale
  }
  steps.reduce((width, step) => {
    applyInPlace(step, matrix, stride, width, where, firstRow)
    return columnsAfter([step], width)
  }, columns)
  return matrix
}

function applyInPlace(
  step: PreprocessingStep,
  matrix: Float64Array,
  stride: number,
  columns: number,
  where: string,
  firstRow: number,
): void {
  switch (step.name) {
    case 'cross':
      for (let at = 0; at < matrix.length; at += stride) {
        let product = 1
        for (const column of step.columns) product *= matrix[at + column]!
        matrix[at + columns] = product
      }
      return
    case 'standardize':
      shiftAndDivide(matrix, stride, columns, step.mean, step.deviation)
      return
    case 'minMax':
      shiftAndDivide(
        matrix,
        stride,
        columns,
        step.minimum,
        step.maximum.map((maximum, j) => maximum - step.minimum[j]! || 1),
      )
      return
    case 'oneHot': {
      const { column, categories } = step
      const places = new Map(categories.map((category, place) => [category, place]))
      for (let at = 0; at < matrix.length; at += stride) {
        const place = places.get(matrix[at + column]!)
        if (place === undefined) {
          throw new InputError(
            `${where}, row ${firstRow + at / stride}`,
            `one of the ${categories.length} categories of column ${column}`,
            String(matrix[at + column]),
          )
        }
        matrix.copyWithin(at + column + categories.length, at + column + 1, at + columns)
        matrix.fill(0, at + column, at + column + categories.length)
        matrix[at + column + place] = 1
      }
    }
  }
}

function shiftAndDivide(
  matrix: Float64Array,
  stride: number,
  columns: number,
  shift: readonly number[],
  divisor: readonly number[],
): void {
  for (let at = 0; at < matrix.length; at += stride) {
    for (let j = 0; j < columns; j++) matrix[at + j] = (matrix[at + j]! - shift[j]!) / divisor[j]!
  }
}

/**
 * The first field of preprocessing that doesn't fit the columns it will find, or the other fields.
 *
 * @param steps The steps, in their order.
 * @param columns Columns of the inputs.
 * @returns The field, the rule that it breaks and its value; undefined if all fits.
 */
export function misfitOf(
  steps: readonly PreprocessingStep[],
  columns: number,
): { field: string; rule: string; value: unknown } | undefined {
  let width = columns
  for (const [i, step] of steps.entries()) {
    const misfit = misfitOfOne(step, width)
    if (misfit) return { ...misfit, field: `preprocessing[${i}].${misfit.field}` }
    width = columnsAfter([step], width)
  }
  return undefined
}

function misfitOfOne(step: PreprocessingStep, columns: number): ReturnType<typeof misfitOf> {
  const columnRule = `a column from 0 to ${columns - 1}`
  const wrongLength = (field: string, value: readonly number[]): ReturnType<typeof misfitOf> =>
    value.length === columns
      ? undefined
      : { field, rule: `a list of ${columns}, one for each column`, value }
  switch (step.name) {
    case 'cross': {
      const wrong = step.columns.findIndex((column) => !isColumn(column, columns))
      return wrong < 0
        ? undefined
        : { field: `columns[${wrong}]`, rule: columnRule, value: step.columns[wrong] }
    }
    case 'standardize':
      return wrongLength('mean', step.mean) ?? wrongLength('deviation', step.deviation)
    case 'minMax': {
      const { minimum, maximum } = step
      const wrong = maximum.findIndex((value, j) => value < minimum[j]!)
      return (
        wrongLength('minimum', minimum) ??
        wrongLength('maximum', maximum) ??
        (wrong < 0
          ? undefined
          : {
              field: `maximum[${wrong}]`,
              rule: `at least the minimum, ${minimum[wrong]!}`,
              value: maximum[wrong],
            })
      )
    }
    case 'oneHot': {
      const { column, categories } = step
      if (!isColumn(column, columns)) return { field: 'column', rule: columnRule, value: column }
      const again = categories.findIndex((category, i) => categories.indexOf(category) < i)
      return again < 0
        ? undefined
        : {
            field: `categories[${again}]`,
            rule: 'categories that differ',
            value: categories[again],
          }
    }
  }
}

/** Fields of each kind of step that are lists of numbers. */
const listFields = {
  cross: ['columns'],
  standardize: ['mean', 'deviation'],
  minMax: ['minimum', 'maximum'],
  oneHot: ['categories'],
} as const satisfies Record<PreprocessingStep['name'], readonly string[]>

/** @throws {InputError} unless every step is one, whether or not it fits the columns. */
function requireSteps(where: string, steps: unknown): void {
  if (!Array.isArray(steps))
    throw new InputError(
      `${where}: preprocessing`,
      'a list of preprocessing steps, such as cross(0, 1)',
      show(steps),
    )
  steps.forEach((step: unknown, i) => {
    const given = (typeof step === 'object' && step !== null ? step : {}) as Record<string, unknown>
    if (!isStepName(given.name))
      throw new InputError(
        `${where}: preprocessing[${i}]`,
        'a step of preprocessing, such as cross(0, 1)',
        show(step),
      )
    for (const field of listFields[given.name]) {
      const list = given[field]
      if (!(Array.isArray(list) && list.every(Number.isFinite)))
        throw new InputError(
          `${where}: preprocessing[${i}].${field}`,
          'a list of finite numbers',
          show(list),
        )
    }
  })
}

function isStepName(name: unknown): name is PreprocessingStep['name'] {
  return typeof name === 'string' && Object.hasOwn(listFields, name)
}

function isColumn(column: number, columns: number): boolean {
  return Number.isInteger(column) && column >= 0 && column < columns
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

/** @throws {InputError} naming the first row with a value that doesn't hold. */
function requireNumbers(
  where: string,
  inputs: ArrayLike<unknown>,
  columns: number,
  rule: string,
  holds: (value: unknown) => boolean,
): void {
  for (let i = 0; i < inputs.length; i++) {
    if (!holds(inputs[i]))
      throw new InputError(
        `${where}: inputs, row ${Math.floor(i / columns)}`,
        rule,
        show(inputs[i]),
      )
  }
}

/**
 * How many rows a matrix has.
 * @throws {InputError} unless it is a whole number, at least one.
 */
function requireRows(
  where: string,
  inputs: ArrayLike<number> | undefined,
  columns: number,
): number {
  if (!Number.isSafeInteger(columns) || columns < 1)
    throw new InputError(`${where}: columns`, 'a whole number of at least 1', show(columns))
  const rows = (inputs?.length ?? 0) / columns
  if (rows === 0 || !Number.isInteger(rows))
    throw new InputError(`${where}: inputs`, `one or more rows of ${columns}`, show(inputs))
  return rows
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}
