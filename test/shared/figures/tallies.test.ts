// What is tallied of rows as they lie in an array, and what comes of the sums.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Answers, largestOf, sideOf } from '../../../dist/shared/figures/answers.js'
import {
  type MetricName,
  type Metrics,
  TALLY_FIELDS,
  Tally,
  clearTally,
  keepsOutputs,
  metricsOf,
  tallyLayout,
  tallyMetrics,
} from '../../../dist/shared/figures/metrics.js'

type Rows = { outputs: number[]; targets: number[] }[]

/** Lays rows out as the kernels do, with stray numbers around them, and tallies them. */
function tallied(
  rows: Rows,
  metrics: MetricName[],
  options: { answers?: Answers; topK?: number } = {},
): Metrics {
  const { answers = 'oneClass', topK } = options
  const columns = rows[0]!.outputs.length
  const [width, lead] = [columns + 3, 5]
  const layout = tallyLayout('here', columns, answers, { metrics, topK })
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
        width,
      },
      tally,
    )
  expect(Array.from(tally.subarray(0, TALLY_FIELDS))).toEqual([0, 0, 0, 0])
  return metricsOf(layout, tally, rows.length)
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
          tallied(rows, ['meanAbsoluteError'], { answers: 'numbers' }).meanAbsoluteError,
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
        answers: 'yesOrNo',
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

it('largestOf: the first of the largest; sideOf: 1 from 1/2 on', () => {
  expect(largestOf([9, 1, 3, 2, 9], 1, 3)).toBe(1)
  expect(largestOf([9, 3, 1, 2, 9], 1, 3)).toBe(0)
  expect(largestOf([9, 1, 2, 3, 9], 1, 3)).toBe(2)
  expect(largestOf([2, 2, 1], 0, 3)).toBe(0)
  expect([0.5, 0.49, 1].map(sideOf)).toEqual([1, 0, 1])
})

it('accuracy is there where outputs answer, from the right answers, and is not asked for', () => {
  expect(tallyLayout('', 3, 'oneClass').names).toEqual(['accuracy'])
  expect(tallyLayout('', 1, 'yesOrNo').names).toEqual(['accuracy'])
  expect(tallyLayout('', 3, 'numbers').names).toEqual([])
  const tally = new Float64Array(TALLY_FIELDS)
  tally[Tally.correct] = 3
  expect(metricsOf(tallyLayout('', 3, 'oneClass'), tally, 4)).toEqual({ accuracy: 0.75 })
  expect(metricsOf(tallyLayout('', 3, 'yesOrNo'), tally, 4)).toEqual({ accuracy: 0.25 })
})

it('a tally has room for the sums asked for, and no others', () => {
  const fieldsOf = (outputs: number, answers: Answers, ...metrics: MetricName[]): number =>
    tallyLayout('', outputs, answers, { metrics }).fields - TALLY_FIELDS
  expect(fieldsOf(4, 'oneClass')).toBe(0)
  expect(fieldsOf(4, 'oneClass', 'topKAccuracy')).toBe(1)
  expect(fieldsOf(4, 'oneClass', 'meanAbsoluteError')).toBe(1)
  // A column more than there are classes, for what is put into none.
  expect(fieldsOf(4, 'oneClass', 'f1')).toBe(20)
  expect(fieldsOf(1, 'yesOrNo', 'f1')).toBe(6)
  expect(fieldsOf(3, 'yesOrNo', 'f1')).toBe(18)
  expect(fieldsOf(4, 'oneClass', 'f1', 'recall', 'precision', 'confusionMatrix')).toBe(20)
  expect(fieldsOf(4, 'oneClass', 'f1', 'topKAccuracy', 'meanAbsoluteError')).toBe(22)
  expect(fieldsOf(4, 'numbers', 'rootMeanSquaredError', 'r2')).toBe(8)
  expect(fieldsOf(4, 'oneClass', 'auc', 'logLoss')).toBe(5)
})

it('outputs of all rows are kept where a metric needs them', () => {
  const keeps = (...metrics: MetricName[]): boolean =>
    keepsOutputs(tallyLayout('', 3, 'oneClass', { metrics }))
  expect([keeps(), keeps('f1', 'logLoss'), keeps('r2'), keeps('r2', 'auc')]).toEqual([
    false,
    false,
    false,
    true,
  ])
})

it('a cleared tally is all zeros', () => {
  const tally = Float64Array.of(1, 2, 3, 4)
  clearTally(tally)
  expect(Array.from(tally)).toEqual([0, 0, 0, 0])
})
