// Checks that given values are steps of preprocessing, and that they fit the columns they are
// given.

import { InputError, show } from '../../errors.js'
import { type PreprocessingStep, columnsAfter, isColumn } from './steps.js'

/** A field that doesn't fit, and the rule that it breaks. */
export interface Misfit {
  field: string
  rule: string
  value: unknown
}

/**
 * The first field of preprocessing that doesn't fit the columns it will find, or the other fields.
 *
 * @param steps The steps, in their order.
 * @param columns Columns of the inputs.
 * @returns The field; undefined if all fits.
 */
export function misfitOf(steps: readonly PreprocessingStep[], columns: number): Misfit | undefined {
  let width = columns
  for (const [i, step] of steps.entries()) {
    const misfit = misfitOfOne(step, width)
    if (misfit) return { ...misfit, field: `preprocessing[${i}].${misfit.field}` }
    width = columnsAfter([step], width)
  }
  return undefined
}

function misfitOfOne(step: PreprocessingStep, columns: number): Misfit | undefined {
  const columnRule = `a column from 0 to ${columns - 1}`
  const wrongLength = (field: string, value: readonly number[]): Misfit | undefined =>
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
export function requireSteps(where: string, steps: unknown): void {
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
