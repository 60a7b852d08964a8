import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { InputError } from '../../../dist/shared/errors.js'
import { applyPreprocessing } from '../../../dist/shared/formulas/preprocessing/apply.js'
import {
  cross,
  minMax,
  oneHot,
  standardize,
} from '../../../dist/shared/formulas/preprocessing/learn.js'
import {
  type PreprocessingStep,
  columnsAfter,
} from '../../../dist/shared/formulas/preprocessing/steps.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { columnsOf } from '../../../dist/shared/model/network.js'

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true })
/** Rows of 1 to 5 columns, few distinct values in some of them. */
const matrix = fc.integer({ min: 1, max: 5 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    rows: fc.array(
      fc.array(fc.oneof(finite, fc.constantFrom(0, 1, 2)), {
        minLength: columns,
        maxLength: columns,
      }),
      { minLength: 1, maxLength: 20 },
    ),
  }),
)
const valuesOf = (rows: number[][]): Float64Array => Float64Array.from(rows.flat())
const rowsOf = (values: Float64Array, columns: number): number[][] =>
  Array.from({ length: values.length / columns }, (_, row) =>
    Array.from(values.subarray(row * columns, (row + 1) * columns)),
  )
const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length

describe('cross', () => {
  it('appends the product of its columns to every row, and leaves the others', () => {
    fc.assert(
      fc.property(
        matrix,
        fc.array(fc.nat(), { minLength: 2, maxLength: 4 }),
        ({ columns, rows }, drawn) => {
          const chosen = drawn.map((column) => column % columns)
          const crossed = rowsOf(
            applyPreprocessing([cross(...chosen)], valuesOf(rows), columns),
            columns + 1,
          )
          expect(crossed).toEqual(
            rows.map((row) => [
              ...row,
              chosen.reduce((product, column) => product * row[column]!, 1),
            ]),
          )
        },
      ),
      { seed: 1 },
    )
  })

  it('a cross of a cross: preprocessing see what those before them made', () => {
    expect(
      Array.from(applyPreprocessing([cross(0, 1), cross(2, 2), cross(0, 3)], [2, 3], 2)),
    ).toEqual([2, 3, 6, 36, 72])
  })
})

describe('standardize', () => {
  it('gives every column mean 0 and deviation 1; one that is constant, 0', () => {
    fc.assert(
      fc.property(matrix, ({ columns, rows }) => {
        const inputs = valuesOf(rows)
        const learned = standardize(inputs, columns)
        const result = rowsOf(applyPreprocessing([learned], inputs, columns), columns)
        for (let j = 0; j < columns; j++) {
          const [before, after] = [rows.map((row) => row[j]!), result.map((row) => row[j]!)]
          const spread = Math.max(...before) - Math.min(...before)
          if (spread === 0)
            expect([learned.mean[j], learned.deviation[j], ...after]).toEqual([
              before[0]! + 0,
              1,
              ...after.map(() => 0),
            ])
          if (spread < 1e-6) continue // rounding, of the values themselves, is then much of it
          expect(mean(after)).toBeCloseTo(0, 6)
          expect(mean(after.map((z) => z * z))).toBeCloseTo(1, 6)
        }
      }),
      { seed: 2 },
    )
  })

  it('an example worked by hand: 2 4 4 4 5 5 7 9 have mean 5 and deviation 2', () => {
    expect(standardize([2, 4, 4, 4, 5, 5, 7, 9], 1)).toEqual({
      name: 'standardize',
      mean: [5],
      deviation: [2],
    })
  })
})

describe('minMax', () => {
  it('brings every column to between 0 and 1, both of which occur; one that is constant, to 0', () => {
    fc.assert(
      fc.property(matrix, ({ columns, rows }) => {
        const inputs = valuesOf(rows)
        const result = rowsOf(
          applyPreprocessing([minMax(inputs, columns)], inputs, columns),
          columns,
        )
        for (let j = 0; j < columns; j++) {
          const after = result.map((row) => row[j]!)
          const constant = rows.every((row) => row[j] === rows[0]![j])
          expect([Math.min(...after) + 0, Math.max(...after) + 0]).toEqual([0, constant ? 0 : 1])
        }
      }),
      { seed: 3 },
    )
  })

  it('goes outside for what was not learned from', () => {
    expect(Array.from(applyPreprocessing([minMax([1, 3, 7, 7], 2)], [10, 5], 2))).toEqual([
      1.5, 0.5,
    ])
  })
})

describe('oneHot', () => {
  it('replaces the column in its place: rows of it sum to 1, say the value again, and the others stay', () => {
    fc.assert(
      fc.property(matrix, fc.nat(), ({ columns, rows }, drawn) => {
        const column = drawn % columns
        const inputs = valuesOf(rows)
        const learned = oneHot(inputs, columns, column)
        const { categories } = learned
        expect(categories).toEqual([...categories].sort((a, b) => a - b))
        const result = rowsOf(
          applyPreprocessing([learned], inputs, columns),
          columnsAfter([learned], columns),
        )
        result.forEach((row, i) => {
          const hot = row.splice(column, categories.length)
          expect(hot.reduce((sum, x) => sum + x)).toBe(1)
          expect(categories[hot.indexOf(1)]! + 0).toBe(rows[i]![column]! + 0)
          expect(row).toEqual(rows[i]!.toSpliced(column, 1))
        })
      }),
      { seed: 4 },
    )
  })

  it('a value it did not learn is an error that names the row', () => {
    expect(() => applyPreprocessing([oneHot([0, 1, 2], 1, 0)], [0, 2, 3, 4], 1)).toThrow(
      new InputError(
        'applyPreprocessing: inputs, row 2',
        'one of the 3 categories of column 0',
        '3',
      ),
    )
  })
})

it('preprocessing in a row are preprocessing one by one; the inputs stay as they are, and bytes will do', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 3, maxLength: 60 }), (drawn) => {
      const inputs = drawn.subarray(0, drawn.length - (drawn.length % 3))
      const given = inputs.slice()
      const hot = oneHot(inputs, 3, 1)
      const afterHot = applyPreprocessing([hot], inputs, 3)
      const crossed = applyPreprocessing([cross(0, 1)], afterHot, columnsAfter([hot], 3))
      const scaled = minMax(crossed, columnsAfter([hot, cross(0, 1)], 3))
      expect(applyPreprocessing([hot, cross(0, 1), scaled], inputs, 3)).toEqual(
        applyPreprocessing([scaled], crossed, columnsAfter([hot, cross(0, 1)], 3)),
      )
      expect(inputs).toEqual(given)
    }),
    { seed: 5 },
  )
})

it('the first layer sees the columns after all preprocessing', () => {
  const preprocessing: PreprocessingStep[] = [
    { name: 'oneHot', column: 1, categories: [1, 2, 3] },
    cross(0, 1),
  ]
  expect(columnsOf({ inputs: 2, preprocessing, layers: [dense(7), dense(1)] })).toEqual([5, 7, 1])
})

describe('an error names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
    [
      'cross',
      /network\.preprocessing: expected a list of preprocessing steps, such as cross\(0, 1\), got 'cross'$/,
    ],
    [
      [null],
      /network\.preprocessing\[0\]: expected a step of preprocessing, such as .*, got null$/,
    ],
    [
      [{ name: 'log', columns: [0] }],
      /network\.preprocessing\[0\]\.name: expected a step of preprocessing, such as .*, got 'log'$/,
    ],
    [
      [cross(0, 1), { ...cross(0, 1), column: 2 }],
      /network\.preprocessing\[1\]\.column: expected no such option, got 2; did you mean 'columns'\?$/,
    ],
    [
      [cross(0)],
      /network\.preprocessing\[0\]\.columns: expected at least two columns, got an array of 1$/,
    ],
    [
      [cross(0, 0.5)],
      /network\.preprocessing\[0\]\.columns\[1\]: expected a whole number of at least 0, got 0\.5$/,
    ],
    [
      [cross(0, 1), cross(2, 3)],
      /network\.preprocessing\[1\]\.columns\[1\]: expected a column from 0 to 2, got 3$/,
    ],
    [
      [cross(0, 1), standardize([1, 2], 2)],
      /network\.preprocessing\[1\]\.mean: expected a list of 3, one for each column, got an array of 2$/,
    ],
    [
      [{ name: 'standardize', mean: [0, 0], deviation: [1] }],
      /network\.preprocessing\[0\]\.deviation: expected a list of 2, .* got an array of 1$/,
    ],
    [
      [{ name: 'standardize', mean: [0, 0], deviation: [1, 0] }],
      /network\.preprocessing\[0\]\.deviation\[1\]: expected a number above 0, got 0$/,
    ],
    [
      [{ name: 'standardize', mean: [0, NaN], deviation: [1, 1] }],
      /network\.preprocessing\[0\]\.mean\[1\]: expected a finite number, got NaN$/,
    ],
    [
      [{ name: 'minMax', minimum: [0, 2], maximum: [1, 1] }],
      /network\.preprocessing\[0\]\.maximum\[1\]: expected at least the minimum, 2, got 1$/,
    ],
    [
      [{ name: 'minMax', minimum: [0, 0, 0], maximum: [1, 1] }],
      /network\.preprocessing\[0\]\.minimum: expected a list of 2, .* got an array of 3$/,
    ],
    [
      [{ name: 'oneHot', column: 2, categories: [0] }],
      /network\.preprocessing\[0\]\.column: expected a column from 0 to 1, got 2$/,
    ],
    [
      [{ name: 'oneHot', column: 0, categories: [] }],
      /network\.preprocessing\[0\]\.categories: expected at least one category, got an array of 0$/,
    ],
    [
      [{ name: 'oneHot', column: 0, categories: [3, 4, 3] }],
      /network\.preprocessing\[0\]\.categories\[2\]: expected categories that differ, got 3$/,
    ],
  ]
  it.each(
    wrong.map(([preprocessing, message]) => [String(message), preprocessing, message] as const),
  )('%s', (_, preprocessing, message) => {
    const check = (): unknown =>
      checkTrainerOptions({
        network: { inputs: 2, preprocessing, layers: [dense(1)] },
        loss: 'meanSquaredError',
      })
    expect(check).toThrow(InputError)
    expect(check).toThrow(message)
  })

  it('preprocessing that fit are taken as they are', () => {
    const preprocessing = [
      oneHot([5, 6, 7, 8], 2, 0),
      cross(0, 2),
      minMax([1, 2, 3, 4], 4),
      standardize([1, 2, 3, 4], 4),
    ]
    expect(
      checkTrainerOptions({
        network: { inputs: 2, preprocessing, layers: [dense(1)] },
        loss: 'meanSquaredError',
      }).network.preprocessing,
    ).toEqual(preprocessing)
  })

  it('of the functions', () => {
    const calls: [() => unknown, RegExp][] = [
      [
        () => standardize([1, 2, 3], 2),
        /^standardize: inputs: expected one or more rows of 2, got an array of 3$/,
      ],
      [
        () => standardize(new Float32Array(), 2),
        /^standardize: inputs: expected one or more rows of 2, got Float32Array\(0\)$/,
      ],
      [() => minMax([1, 2], 0), /^minMax: columns: expected a whole number of at least 1, got 0$/],
      [
        () => minMax([1, 2, 3, Infinity], 2),
        /^minMax: inputs, row 1: expected finite numbers, got Infinity$/,
      ],
      [() => oneHot([1, 2], 2, 2), /^oneHot: column: expected a column from 0 to 1, got 2$/],
      [
        () => applyPreprocessing([cross(0, 1)], [1, 2, 3], 2),
        /^applyPreprocessing: inputs: expected one or more rows of 2, got an array of 3$/,
      ],
      [
        () => applyPreprocessing([cross(0, 1), cross(0, -1)], [1, 2], 2),
        /^applyPreprocessing: preprocessing\[1\]\.columns\[1\]: expected a column from 0 to 2, got -1$/,
      ],
    ]
    for (const [call, message] of calls) {
      expect(call).toThrow(InputError)
      expect(call).toThrow(message)
    }
  })
})
