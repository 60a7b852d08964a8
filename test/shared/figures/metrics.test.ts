// Metrics: against scikit-learn's, and in the corners where outputs say nothing.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Answers } from '../../../dist/shared/figures/answers.js'
import {
  type MetricName,
  type Metrics,
  Tally,
  clearTally,
  costOf,
  keepsOutputs,
  metricNames,
  metricsOf,
  tallyAllRows,
  tallyLayout,
  tallyMetrics,
} from '../../../dist/shared/figures/metrics.js'

interface Case {
  name: string
  answers: Answers
  columns: number
  outputs: number[]
  targets: number[]
  metrics: Metrics
}
const cases = JSON.parse(
  readFileSync(new URL('../../oracles/metrics.json', import.meta.url), 'utf8'),
) as Case[]

const rowOf = (values: number[], columns: number, i: number): number[] =>
  values.slice(i * columns, (i + 1) * columns)
const largest = (row: number[]): number => row.indexOf(Math.max(...row))

/** The metrics of some rows, tallied in parts of `partRows`, as shards tally them. */
function metricsFor(
  { answers, columns, outputs, targets }: Omit<Case, 'name' | 'metrics'>,
  wanted: readonly MetricName[],
  { topK, partRows = 7 }: { topK?: number; partRows?: number } = {},
): Metrics {
  const layout = tallyLayout('', columns, answers, { metrics: wanted, topK })
  const count = outputs.length / columns
  const width = 2 * columns + 3
  const values = new Float64Array(count * width).fill(NaN)
  for (let i = 0; i < count; i++) {
    values.set(rowOf(outputs, columns, i), i * width)
    values.set(rowOf(targets, columns, i), i * width + columns)
  }
  const total = new Float64Array(layout.fields)
  const tally = new Float64Array(layout.fields)
  for (let first = 0; first < count; first += partRows) {
    clearTally(tally)
    const rows = Math.min(partRows, count - first)
    const outputsAt = first * width
    tallyMetrics(layout, { values, outputsAt, targetsAt: outputsAt + columns, rows, width }, tally)
    tally.forEach((value, field) => (total[field]! += value))
  }
  const target = (row: number, column: number): number => targets[row * columns + column]!
  tallyAllRows(
    layout,
    {
      count,
      columns,
      outputs: keepsOutputs(layout) ? outputs : [],
      target,
      belongs: (row, column) =>
        answers === 'oneClass'
          ? largest(rowOf(targets, columns, row)) === column
          : target(row, column) === 1,
    },
    total,
  )
  // What a kernel counts.
  for (let i = 0; i < count; i++) {
    const [p, y] = [rowOf(outputs, columns, i), rowOf(targets, columns, i)]
    total[Tally.correct]! +=
      answers === 'oneClass'
        ? Number(largest(p) === largest(y))
        : p.filter((value, j) => value >= 0.5 === y[j]! >= 0.5).length
  }
  return metricsOf(layout, total, count)
}

const digitsOf = (got: number, expected: number): number =>
  Math.abs(got - expected) / Math.max(1, Math.abs(expected))

describe("are scikit-learn's", () => {
  it.each(cases)('$name', ({ metrics: expected, ...rows }) => {
    const names = Object.keys(expected) as MetricName[]
    for (const partRows of [1, 7, 1000]) {
      const got = metricsFor(rows, names, { partRows })
      for (const name of names)
        expect(digitsOf(got[name] as number, expected[name] as number), name).toBeLessThan(1e-11)
    }
  })

  it('in float32 too, where certainty is 2^-23 short of 1', () => {
    const layout = tallyLayout('', 2, 'oneClass', { metrics: ['logLoss'] })
    const tally = new Float64Array(layout.fields)
    const values = Float32Array.of(1, 0, 0, 1)
    tallyMetrics(layout, { values, outputsAt: 0, targetsAt: 2, rows: 1, width: 4 }, tally)
    expect(metricsOf(layout, tally, 1).logLoss).toBeCloseTo(23 * Math.LN2, 12)
  })
})

const one = (outputs: number[], targets: number[]) => ({
  answers: 'oneClass' as const,
  columns: 3,
  outputs,
  targets,
})

describe('outputs that are not numbers', () => {
  const rows = one([NaN, NaN, NaN, 0.2, 0.8, 0], [1, 0, 0, 0, 1, 0])
  it('count as no class', () => {
    const got = metricsFor(rows, ['topKAccuracy', 'confusionMatrix', 'recall'], { topK: 3 })
    expect(got.topKAccuracy).toBe(0.5)
    expect(got.confusionMatrix).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ])
    expect(got.recall).toBeCloseTo(1 / 3, 15) // of class 0 none, of class 1 all, and no class 2
  })

  it('a single one in a row is enough', () => {
    const got = metricsFor(one([0.9, NaN, 0], [1, 0, 0]), ['topKAccuracy', 'confusionMatrix'], {
      topK: 1,
    })
    expect([got.topKAccuracy, got.confusionMatrix!.flat().every((n) => n === 0)]).toEqual([0, true])
  })

  it('answer no question', () => {
    const got = metricsFor(
      { answers: 'yesOrNo', columns: 1, outputs: [NaN, NaN, 0.1], targets: [0, 1, 0] },
      ['confusionMatrix', 'recall', 'topKAccuracy'],
      { topK: 1 },
    )
    expect(got.confusionMatrix).toEqual([
      [1, 0],
      [0, 0],
    ])
    expect([got.recall, got.topKAccuracy]).toEqual([0, 1 / 3])
  })

  it('have no area under a curve', () => {
    expect(metricsFor(rows, ['auc']).auc).toBeNaN()
  })
})

it('nor are they among any number of the largest', () => {
  const shares = [
    metricsFor(one([NaN, 0, 0], [1, 0, 0]), ['topKAccuracy'], { topK: 5 }),
    metricsFor({ answers: 'yesOrNo', columns: 1, outputs: [NaN], targets: [1] }, ['topKAccuracy'], {
      topK: 5,
    }),
  ]
  expect(shares.map(({ topKAccuracy }) => topKAccuracy)).toEqual([0, 0])
})

it('of equal outputs the first is the larger: the best one of k is the one of the accuracy', () => {
  const equal = one(new Array<number>(9).fill(0), [1, 0, 0, 0, 1, 0, 0, 0, 1])
  const shares = [1, 2, 3].map((topK) => metricsFor(equal, ['topKAccuracy'], { topK }).topKAccuracy)
  expect(shares).toEqual([1 / 3, 2 / 3, 1])
  const values = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(values, values, (outputs, targets) => {
      const got = metricsFor(one(outputs, targets), ['topKAccuracy'], { topK: 1 })
      expect(got.topKAccuracy).toBe(got.accuracy)
    }),
  )
})

it('a perfect answer to several questions is perfect', () => {
  const targets = [1, 1, 0, 0, 1, 0, 1, 0, 1]
  const perfect = {
    answers: 'yesOrNo' as const,
    columns: 3,
    outputs: targets.map((y) => 0.1 + 0.8 * y),
    targets,
  }
  expect(metricsFor(perfect, ['precision', 'recall', 'f1', 'auc'])).toEqual({
    accuracy: 1,
    precision: 1,
    recall: 1,
    f1: 1,
    auc: 1,
  })
})

it('the area under the curve is the share of pairs in the right order, whatever the scores', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), {
        minLength: 2,
        maxLength: 40,
      }),
      (rows) => {
        const [yes, no] = [true, false].map((side) =>
          rows.filter(([, label]) => label === side).map(([score]) => score / 8),
        )
        const { auc } = metricsFor(
          {
            answers: 'yesOrNo',
            columns: 1,
            outputs: rows.map(([score]) => score / 8),
            targets: rows.map(([, label]) => Number(label)),
          },
          ['auc'],
        )
        const pairs = yes!.flatMap((a) => no!.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
        expect(auc).toBe(
          pairs.length === 0 ? NaN : pairs.reduce<number>((a, b) => a + b, 0) / pairs.length,
        )
      },
    ),
  )
})

it('R2 of one example is not a number, of two it is one; of equal targets it is 1 or 0', () => {
  const r2 = (outputs: number[], targets: number[]): unknown =>
    metricsFor({ answers: 'numbers', columns: 1, outputs, targets }, ['r2']).r2
  expect(r2([1], [1])).toBeNaN()
  expect(r2([1, 4], [1, 3])).toBe(0.5)
  expect(r2([0.1, 0.1, 0.1], [0.1, 0.1, 0.1])).toBe(1)
  expect(r2([0.1, 0.1, 0.2], [0.1, 0.1, 0.1])).toBe(0)
})

it('a class that all examples belong to, or none, is left out of the areas', () => {
  const [all, none] = [
    [1, 1, 1],
    [0, 0, 0],
  ]
  const aucOf = (targets: number[][]): unknown =>
    metricsFor(
      {
        answers: 'yesOrNo',
        columns: 2,
        outputs: [0.1, 0.1, 0.7, 0.2, 0.3, 0.3],
        targets: [0, 1, 2].flatMap((i) => targets.map((column) => column[i]!)),
      },
      ['auc'],
    ).auc
  expect(aucOf([[0, 1, 0], all])).toBe(1)
  expect(aucOf([[0, 1, 0], none])).toBe(1)
  expect(aucOf([all, none])).toBeNaN()
})

it('the loss of certain answers that are right is no less than 0', () => {
  const { logLoss } = metricsFor(one([1, 0, 0], [1, 0, 0]), ['logLoss'])
  expect(logLoss).toBeLessThan(2 ** -50)
  expect(logLoss).toBeGreaterThan(0)
})

it('the cost is the loss and the penalty', () => {
  expect(costOf([3, 10, 7, 0.5])).toBe(3.5)
})

it('are only asked of outputs that they are for', () => {
  const namesFor = (outputs: number, answers: Answers): MetricName[] =>
    metricNames.filter((name) => {
      try {
        tallyLayout('', outputs, answers, { metrics: [name] })
        return true
      } catch {
        return false
      }
    })
  expect(namesFor(3, 'oneClass')).toEqual(metricNames)
  expect(namesFor(1, 'yesOrNo')).toEqual(metricNames)
  expect(metricNames.filter((name) => !namesFor(3, 'yesOrNo').includes(name))).toEqual([
    'topKAccuracy',
    'confusionMatrix',
  ])
  expect(namesFor(3, 'numbers')).toEqual(['meanAbsoluteError', 'rootMeanSquaredError', 'r2'])
  expect(() => tallyLayout('fit', 3, 'yesOrNo', { metrics: ['confusionMatrix'] })).toThrow(
    /^fit: metrics: expected some of accuracy, .*auc for 3 yes-or-no questions, got 'confusionMatrix'$/,
  )
})
