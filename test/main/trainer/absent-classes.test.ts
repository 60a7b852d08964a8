// Metrics of classes that nobody belongs to, or is put into: 0, as scikit-learn's with
// zero_division=0, and never NaN.

import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import type { Evaluation, Metrics } from '../../../dist/main/index.js'
import { createTrainerInProcess } from '../../workers/in-process.js'

const names = ['precision', 'recall', 'f1'] as const

/** Evaluates rows of these classes, put into those. */
async function evaluated(classes: number, truth: number[], put: number[]): Promise<Evaluation> {
  const columns = classes === 2 ? 1 : classes
  await using trainer = await createTrainerInProcess({
    network: { inputs: columns, layers: [dense(columns, classes === 2 ? 'sigmoid' : 'softmax')] },
    loss: classes === 2 ? 'binaryCrossEntropy' : 'categoricalCrossEntropy',
    backend: 'reference',
  })
  const unit = Float64Array.from({ length: columns ** 2 }, (_, i) => (i % (columns + 1) ? 0 : 4))
  trainer.setParameters({ weights: [unit], biases: [new Float64Array(columns)] })
  const inputs = put.flatMap((c) =>
    classes === 2 ? [c - 0.5] : Array.from({ length: classes }, (_, j) => (j === c ? 1 : 0)),
  )
  return await trainer.evaluate(
    {
      inputs: Float64Array.from(inputs),
      targets: classes === 2 ? Float64Array.from(truth) : Uint8Array.from(truth),
    },
    { metrics: [...names, 'confusionMatrix'] },
  )
}

const mean = (...values: number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

it.each<[string, number, number[], number[], Pick<Metrics, (typeof names)[number]>]>([
  [
    'one class that nobody is put into, one that nobody belongs to, one of neither',
    4,
    [0, 0, 0, 1],
    [0, 0, 2, 2],
    { precision: mean(1, 0, 0, 0), recall: mean(2 / 3, 0, 0, 0), f1: mean(4 / 5, 0, 0, 0) },
  ],
  ['everybody wrong', 3, [0, 1, 1], [1, 0, 0], { precision: 0, recall: 0, f1: 0 }],
  ['one output, nobody in class 1', 2, [0, 0], [0, 0], { precision: 0, recall: 0, f1: 0 }],
  ['one output, nobody put into class 1', 2, [0, 1], [0, 0], { precision: 0, recall: 0, f1: 0 }],
  ['one output, class 1 put wrongly', 2, [0, 0], [0, 1], { precision: 0, recall: 0, f1: 0 }],
  [
    'one output, half of class 1 found',
    2,
    [1, 1],
    [0, 1],
    { precision: 1, recall: 0.5, f1: 2 / 3 },
  ],
])('%s', async (_, classes, truth, put, expected) => {
  const result = await evaluated(classes, truth, put)
  for (const name of names) expect(result[name], name).toBeCloseTo(expected[name]!, 14)
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  truth.forEach((c, row) => (counts[c]![put[row]!]! += 1))
  expect(result.confusionMatrix).toEqual(counts)
})
