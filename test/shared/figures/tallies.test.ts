// What is tallied of rows as they lie in an array, and what comes of the sums.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../dist/shared/errors.js'
import {
  type MetricName,
  type Metrics,
  TALLY_FIELDS,
  Tally,
  classOf,
  clearTally,
  metricsOf,
  tallyLayout,
  tallyMetrics,
} from '../../../dist/shared/figures/metrics.js'

type Rows = { outputs: number[]; targets: number[] }[]

/** Lays rows out as the kernels do, with stray numbers around them, and tallies them. */
function tallied(
  rows: Rows,
  metrics: MetricName[],
  options: { activation?: 'softmax' | 'sigmoid' | 'identity'; topK?: number } = {},
): Metrics {
  const { activation = 'softmax', topK } = options
  const columns = rows[0]!.outputs.length
  const [width, lead] = [columns + 3, 5]
  const layout = tallyLayout('here', { units: columns, activation }, { metrics, topK })
  const half = lead + rows.length * width
  const values = new Float64Array(2 * half).fill(0.75)
  rows.forEach(({ outputs, targets }, i) => {
    values.set(outputs, lead + i * width)
    values.set(targets, half + lead + i * width)
  })
  const tally = new Float64Array(layout.fields)
  // In two goes, as two blocks are.
  const first = Math.floor(rows.length / 2)
  for (const [from, end] of [
    [0, first],
    [first, rows.length],
  ] as const)
    tallyMetrics(
      layout,
      {
        values,
        outputsAt: lead + from * width,
        targetsAt: half + lead + from * width,
        rows: end - from,
        columns,
        width,
      },
      tally,
    )
  expect(Array.from(tally.subarray(0, TALLY_FIELDS))).toEqual([0, 0, 0])
  return metricsOf(layout, tally, rows.length, columns)
}

// No two outputs of a row are alike.
const row = (columns: number): fc.Arbitrary<Rows[number]> =>
  fc.record({
    outputs: fc.uniqueArray(fc.integer({ min: -20, max: 20 }), {
      minLength: columns,
      maxLength: columns,
    }),
    targets: fc
      .nat(columns - 1)
      .map((c) => Array.from({ length: columns }, (_, j) => (j === c ? 1 : 0))),
  })
const someRows = fc
  .integer({ min: 2, max: 5 })
  .chain((columns) => fc.array(row(columns), { minLength: 1, maxLength: 12 }))

describe('of several outputs', () => {
  it('top k: the share whose class is among the k largest, sorted by hand', () => {
    fc.assert(
      fc.property(someRows, fc.integer({ min: 1, max: 6 }), (rows, k) => {
        const among = rows.filter(({ outputs, targets }) =>
          outputs
            .map((value, j) => ({ value, j }))
            .sort((a, b) => b.value - a.value)
            .slice(0, k)
            .some(({ j }) => targets[j] === 1),
        )
        expect(tallied(rows, ['topKAccuracy'], { topK: k }).topKAccuracy).toBe(
          among.length / rows.length,
        )
      }),
      { seed: 1 },
    )
  })

  it('the confusion matrix, precision, recall and f1: counted by hand', () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const columns = rows[0]!.outputs.length
        const put = rows.map(({ outputs }) => outputs.indexOf(Math.max(...outputs)))
        const truth = rows.map(({ targets }) => targets.indexOf(1))
        const classes = Array.from({ length: columns }, (_, c) => c)
        const count = (t: number, p: number): number =>
          truth.filter((c, i) => c === t && put[i] === p).length
        const figures = tallied(rows, ['confusionMatrix', 'precision', 'recall', 'f1'])
        expect(figures.confusionMatrix).toEqual(classes.map((t) => classes.map((p) => count(t, p))))
        const scores = classes.map((c) => {
          const right = count(c, c)
          const precision = right && right / put.filter((p) => p === c).length
          const recall = right && right / truth.filter((t) => t === c).length
          const f1 = right && (2 * precision * recall) / (precision + recall)
          return { precision, recall, f1 }
        })
        for (const name of ['precision', 'recall', 'f1'] as const)
          expect(figures[name]).toBeCloseTo(
            scores.reduce((sum, score) => sum + score[name], 0) / columns,
            12,
          )
      }),
      { seed: 2 },
    )
  })

  it('the mean absolute error, of outputs that need say no class', () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const errors = rows.flatMap(({ outputs, targets }) =>
          outputs.map((p, j) => Math.abs(p - targets[j]!)),
        )
        expect(
          tallied(rows, ['meanAbsoluteError'], { activation: 'identity' }).meanAbsoluteError,
        ).toBeCloseTo(errors.reduce((sum, e) => sum + e, 0) / errors.length, 12)
      }),
      { seed: 3 },
    )
  })
})

describe('of one output', () => {
  const rows: Rows = [
    [0.5, 1],
    [0.49, 0],
    [0.9, 0],
    [0.2, 1],
    [1, 1],
  ].map(([p, y]) => ({ outputs: [p!], targets: [y!] }))
  it('1/2 and above is class 1; precision, recall and f1 are those of class 1; top 1 is the accuracy', () => {
    expect(
      tallied(rows, ['confusionMatrix', 'precision', 'recall', 'f1', 'topKAccuracy'], {
        activation: 'sigmoid',
        topK: 1,
      }),
    ).toMatchObject({
      confusionMatrix: [
        [1, 1],
        [1, 2],
      ],
      precision: 2 / 3,
      recall: 2 / 3,
      f1: 2 / 3,
      topKAccuracy: 3 / 5,
    })
  })
})

it('classOf: the largest output, the first of them if several are; of one output its side of 1/2', () => {
  expect(classOf([9, 1, 3, 2, 9], 1, 3)).toBe(1)
  expect(classOf([9, 3, 1, 2, 9], 1, 3)).toBe(0)
  expect(classOf([9, 1, 2, 3, 9], 1, 3)).toBe(2)
  expect(classOf([2, 2, 1], 0, 3)).toBe(0)
  expect([0.5, 0.49, 1].map((p) => classOf([7, p], 1, 1))).toEqual([1, 0, 1])
})

it('accuracy is there where outputs say a class, from the right answers, and is not asked for', () => {
  const layoutOf = (activation: 'softmax' | 'sigmoid' | 'identity', units = 3): readonly string[] =>
    tallyLayout('', { units, activation }).names
  expect(layoutOf('softmax')).toEqual(['accuracy'])
  expect(layoutOf('sigmoid', 1)).toEqual(['accuracy'])
  expect(layoutOf('identity')).toEqual([])
  const layout = tallyLayout('', { units: 3, activation: 'softmax' })
  expect(layout.fields).toBe(TALLY_FIELDS)
  const tally = new Float64Array(TALLY_FIELDS)
  tally[Tally.correct] = 3
  expect(metricsOf(layout, tally, 4, 3)).toEqual({ accuracy: 0.75 })
})

it('a tally has room for the sums asked for, and no others', () => {
  const fieldsOf = (units: number, ...metrics: MetricName[]): number =>
    tallyLayout('', { units, activation: units === 1 ? 'sigmoid' : 'softmax' }, { metrics })
      .fields - TALLY_FIELDS
  expect(fieldsOf(4)).toBe(0)
  expect(fieldsOf(4, 'topKAccuracy')).toBe(1)
  expect(fieldsOf(4, 'meanAbsoluteError')).toBe(1)
  expect(fieldsOf(4, 'f1')).toBe(16)
  expect(fieldsOf(1, 'f1')).toBe(4)
  expect(fieldsOf(4, 'f1', 'recall', 'precision', 'confusionMatrix')).toBe(16)
  expect(fieldsOf(4, 'f1', 'topKAccuracy', 'meanAbsoluteError')).toBe(18)
})

it('a metric of classes asked of outputs that say none names the call, those there are, and the metric', () => {
  expect(() =>
    tallyLayout('fit', { units: 3, activation: 'tanh' }, { metrics: ['meanAbsoluteError', 'f1'] }),
  ).toThrow(InputError)
  expect(() =>
    tallyLayout('fit', { units: 3, activation: 'tanh' }, { metrics: ['meanAbsoluteError', 'f1'] }),
  ).toThrow(
    /^fit: metrics: expected only meanAbsoluteError.* with tanh outputs, which say no class, got 'f1'$/,
  )
})

it('a cleared tally is all zeros', () => {
  const tally = Float64Array.of(1, 2, 3, 4)
  clearTally(tally)
  expect(Array.from(tally)).toEqual([0, 0, 0, 0])
})
