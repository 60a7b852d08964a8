// Preprocessing: what is given to its functions, and is none of theirs; rows that are part of more.

import { describe, expect, it } from 'vitest'
import { InputError, show } from '../../../../dist/shared/errors.js'
import {
  applyPreprocessing,
  applyToRows,
} from '../../../../dist/shared/formulas/preprocessing/apply.js'
import {
  cross,
  minMax,
  oneHot,
  standardize,
} from '../../../../dist/shared/formulas/preprocessing/learn.js'
import type { MinMax } from '../../../../dist/shared/formulas/preprocessing/steps.js'
import { misfitOf } from '../../../../dist/shared/formulas/preprocessing/misfits.js'

/** Calls, and the error of each: place, rule, value. */
const expectErrors = (calls: [() => unknown, string, string, unknown][]): void => {
  for (const [call, where, rule, value] of calls)
    expect(call, where).toThrow(new InputError(where, rule, show(value)))
}

describe('applyPreprocessing', () => {
  const apply = (steps: unknown, inputs: unknown = [1, 2], columns = 2): Float64Array =>
    applyPreprocessing(steps as [], inputs as number[], columns)

  it('steps that are none are named, with the field', () => {
    const where = 'applyPreprocessing: preprocessing'
    const someStep = 'a step of preprocessing, such as cross(0, 1)'
    for (const steps of [undefined, null, 'cross', {}])
      expectErrors([
        [() => apply(steps), where, `a list of preprocessing steps, such as cross(0, 1)`, steps],
      ])
    for (const step of [null, 3, {}, { name: 'log' }, { name: 3 }, { name: 'toString' }])
      expectErrors([[() => apply([cross(0, 1), step]), `${where}[1]`, someStep, step]])
    const whole = {
      cross: { columns: [0, 1] },
      standardize: { mean: [0, 0], deviation: [1, 1] },
      minMax: { minimum: [0, 0], maximum: [1, 1] },
      oneHot: { column: 0, categories: [1] },
    }
    for (const [name, fields] of Object.entries(whole)) {
      expect(() => apply([{ name, ...fields }])).not.toThrow()
      for (const field of Object.keys(fields).filter((one) => one !== 'column'))
        for (const list of [undefined, null, 3, '01', [0, NaN], [0, '1'], [Infinity, 0]])
          expectErrors([
            [
              () => apply([{ name, ...fields, [field]: list }]),
              `${where}[0].${field}`,
              'a list of finite numbers',
              list,
            ],
          ])
    }
  })

  it('a shape that is none, and what is no number, are named', () => {
    const where = 'applyPreprocessing'
    for (const columns of [0, -1, 1.5, NaN])
      expectErrors([
        [
          () => apply([], [1, 2], columns),
          `${where}: columns`,
          'a whole number of at least 1',
          columns,
        ],
      ])
    for (const inputs of [undefined, null, [], [1, 2, 3]])
      expectErrors([
        [
          () => apply([], inputs ?? null),
          `${where}: inputs`,
          'one or more rows of 2',
          inputs ?? null,
        ],
      ])
    expectErrors([
      [() => apply([], [1, 2, 3, '4']), `${where}: inputs, row 1`, 'numbers', '4'],
      [() => apply([], [null, 2, 3, 4]), `${where}: inputs, row 0`, 'numbers', null],
    ])
    expect(Array.from(apply([], [1, NaN]))).toEqual([1, NaN])
  })
})

it('misfitOf: the first field that does not fit, in the order of the steps and of their fields', () => {
  const minmax: MinMax = { name: 'minMax', minimum: [0, 0], maximum: [1, 1] }
  const list = 'a list of 2, one for each column'
  for (const [step, field, rule, value] of [
    [cross(2, 0), 'columns[0]', 'a column from 0 to 1', 2],
    [cross(0, 2), 'columns[1]', 'a column from 0 to 1', 2],
    [{ name: 'standardize', mean: [0], deviation: [1] }, 'mean', list, [0]],
    [{ name: 'standardize', mean: [0, 0], deviation: [1] }, 'deviation', list, [1]],
    [{ ...minmax, minimum: [0] }, 'minimum', list, [0]],
    [{ ...minmax, maximum: [1, 1, 1] }, 'maximum', list, [1, 1, 1]],
    [{ ...minmax, maximum: [-1, 1] }, 'maximum[0]', 'at least the minimum, 0', -1],
    [{ ...minmax, maximum: [1, -1] }, 'maximum[1]', 'at least the minimum, 0', -1],
    [{ name: 'oneHot', column: 2, categories: [1] }, 'column', 'a column from 0 to 1', 2],
    [
      { name: 'oneHot', column: 0, categories: [1, 1] },
      'categories[1]',
      'categories that differ',
      1,
    ],
  ] as const) {
    expect(misfitOf([step] as never, 2)).toEqual({
      field: `preprocessing[0].${field}`,
      rule,
      value,
    })
  }
  expect(misfitOf([cross(0, 1), cross(2, 2)], 2)).toBeUndefined()
  expect(misfitOf([{ ...minmax, maximum: [0, 0] }], 2)).toBeUndefined()
})

it('rows that are part of more: scaled first, and counted from where they begin', () => {
  const rows = { columns: 2, scale: 4, where: 'fit: inputs', firstRow: 10 }
  expect(Array.from(applyToRows([cross(0, 1)], [1, 2, 3, 0.5], rows))).toEqual([
    4, 8, 32, 12, 2, 24,
  ])
  const hot = { name: 'oneHot', column: 1, categories: [8, 2] } as const
  expect(Array.from(applyToRows([{ ...hot, categories: [8, 2] }], [1, 2, 3, 0.5], rows))).toEqual([
    4, 1, 0, 12, 0, 1,
  ])
  expect(() => applyToRows([{ ...hot, categories: [8, 7] }], [1, 2, 3, 0.5], rows)).toThrow(
    new InputError('fit: inputs, row 11', 'one of the 2 categories of column 1', '2'),
  )
})

describe('what learns from rows', () => {
  const learners = {
    standardize,
    minMax,
    oneHot: (inputs: number[], columns: number) => oneHot(inputs, columns, 0),
  }
  it.each(Object.entries(learners))('%s names a wrong shape or number', (name, learn) => {
    for (const columns of [0, -1, 1.5, NaN])
      expectErrors([
        [() => learn([1, 2], columns), `${name}: columns`, 'a whole number of at least 1', columns],
      ])
    for (const inputs of [null, [], [1, 2, 3]])
      expectErrors([[() => learn(inputs!, 2), `${name}: inputs`, 'one or more rows of 2', inputs]])
    for (const value of [NaN, Infinity, -Infinity, '1'])
      expectErrors([
        [
          () => learn([1, 2, 3, 4, value as number, 6], 2),
          `${name}: inputs, row 2`,
          'finite numbers',
          value,
        ],
      ])
  })

  it('the columns of some rows, by hand', () => {
    const rows = [1, 5, 3, 5, 8, 5]
    expect(standardize(rows, 2)).toEqual({
      name: 'standardize',
      mean: [4, 5],
      deviation: [Math.sqrt(26 / 3), 1],
    })
    // Far from 0 a deviation is as exact as near it.
    expect(standardize([1e8, 1e8 + 1], 1).deviation).toEqual([0.5])
    expect(minMax(rows, 2)).toEqual({ name: 'minMax', minimum: [1, 5], maximum: [8, 5] })
    expect(oneHot([10, 0, 9, 0, 10, 1], 2, 0)).toEqual({
      name: 'oneHot',
      column: 0,
      categories: [9, 10],
    })
    expect(cross(1, 0, 1)).toEqual({ name: 'cross', columns: [1, 0, 1] })
    for (const column of [2, -1, 0.5])
      expectErrors([
        [() => oneHot(rows, 2, column), 'oneHot: column', 'a column from 0 to 1', column],
      ])
  })
})
