// Metrics of evaluate and of every epoch.

import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import type { FitOptions } from '../../../dist/main/index.js'
import { backendsHere } from '../../machine.js'
import { CLASSES, COLUMNS, examplesOf, trained, trainerOf } from '../training/support.js'

const examples = examplesOf(60)
it.each(backendsHere)('%s: equal those worked out from the predictions', async (backend) => {
  await using trainer = await trainerOf({
    backend,
    network: { inputs: COLUMNS, layers: [dense(8, 'tanh'), dense(CLASSES, 'softmax')] },
  })
  await trainer.fit(examples, { epochs: 20, batchSize: 10 })
  const result = await trainer.evaluate(examples, {
    metrics: ['topKAccuracy', 'meanAbsoluteError', 'precision', 'recall', 'f1', 'confusionMatrix'],
    topK: 2,
  })
  const outputs = Array.from(await trainer.predict(examples.inputs))
  const rows = Array.from(examples.targets, (_, i) => outputs.slice(i * CLASSES, (i + 1) * CLASSES))
  const matrix = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0))
  rows.forEach((row, i) => matrix[examples.targets[i]!]![row.indexOf(Math.max(...row))]!++)
  expect(result.confusionMatrix).toEqual(matrix)
  expect(result.accuracy).toBeCloseTo(matrix.reduce((sum, row, c) => sum + row[c]!, 0) / 60, 12)
  const top2 =
    rows.filter((row, i) => [...row].sort((a, b) => b - a).indexOf(row[examples.targets[i]!]!) < 2)
      .length / 60
  expect(result.topKAccuracy).toBeCloseTo(top2, 12)
  const error =
    rows.reduce(
      (sum, row, i) =>
        sum + row.reduce((s, p, c) => s + Math.abs(p - (c === examples.targets[i] ? 1 : 0)), 0),
      0,
    ) /
    (60 * CLASSES)
  expect(result.meanAbsoluteError).toBeCloseTo(error, backend === 'reference' ? 12 : 5)
  const scores = matrix.map((row, c) => {
    const [put, belonging] = [
      matrix.reduce((sum, other) => sum + other[c]!, 0),
      row.reduce((a, b) => a + b),
    ]
    return { precision: put ? row[c]! / put : 0, recall: row[c]! / belonging }
  })
  const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
  expect(result.precision).toBeCloseTo(mean(scores.map(({ precision }) => precision)), 12)
  expect(result.recall).toBeCloseTo(mean(scores.map(({ recall }) => recall)), 12)
  expect(result.f1).toBeCloseTo(
    mean(scores.map(({ precision: p, recall: r }) => (p + r ? (2 * p * r) / (p + r) : 0))),
    12,
  )
})

it('of every epoch, of training and of validation; with any number of workers the same', async () => {
  const fit: FitOptions = {
    epochs: 3,
    batchSize: 16,
    validation: examplesOf(300, 60),
    metrics: ['accuracy', 'f1', 'confusionMatrix', 'topKAccuracy'],
    topK: 2,
  }
  const [one, three] = await Promise.all(
    [1, 3].map(async (workers) => (await trained({ workers }, examples, fit)).history),
  )
  expect({ ...three, seconds: 0 }).toEqual({ ...one, seconds: 0 })
  expect(one!.confusionMatrix).toHaveLength(3)
  one!.confusionMatrix!.forEach((matrix) => expect(matrix.flat().reduce((a, b) => a + b)).toBe(60))
  one!.validationConfusionMatrix!.forEach((matrix, i) => {
    expect(matrix.flat().reduce((a, b) => a + b)).toBe(300)
    expect(one!.validationAccuracy[i]).toBeCloseTo(
      matrix.reduce((sum, row, c) => sum + row[c]!, 0) / 300,
      12,
    )
  })
  expect(
    [one!.f1, one!.validationF1, one!.topKAccuracy, one!.validationTopKAccuracy].map(
      (values) => values!.length,
    ),
  ).toEqual([3, 3, 3, 3])
})

it('with one output: precision and recall of class 1', async () => {
  await using trainer = await trainerOf({
    network: { inputs: 1, layers: [dense(1, 'sigmoid')] },
    loss: 'binaryCrossEntropy',
  })
  trainer.setParameters({ weights: [Float64Array.of(1)], biases: [Float64Array.of(0)] })
  const result = await trainer.evaluate(
    { inputs: Float64Array.of(1, 2, 3, -1, -2, 4), targets: Float64Array.of(1, 1, 0, 1, 0, 1) },
    { metrics: ['precision', 'recall', 'f1', 'confusionMatrix'] },
  )
  expect(result).toMatchObject({
    confusionMatrix: [
      [1, 1],
      [1, 3],
    ],
    precision: 0.75,
    recall: 0.75,
    f1: 0.75,
  })
})

it('an undefined k is the default', async () => {
  await using trainer = await trainerOf()
  expect(
    await trainer.evaluate(examples, { metrics: ['topKAccuracy'], topK: undefined }),
  ).toMatchObject({ topKAccuracy: 1 })
})

it('classes asked of numbers, or a k without its metric, are errors', async () => {
  await using trainer = await trainerOf({
    network: { inputs: COLUMNS, layers: [dense(CLASSES)] },
    loss: 'meanSquaredError',
  })
  await expect(trainer.evaluate(examples, { metrics: ['f1'] })).rejects.toThrow(
    "evaluate: metrics: expected only meanAbsoluteError with identity outputs, which say no class, got 'f1'",
  )
  await expect(trainer.fit(examples, { topK: 2 })).rejects.toThrow(
    'fit: topK: expected the metric topKAccuracy with it, got 2',
  )
  await expect(trainer.fit(examples, { metrics: ['speed' as 'f1'] })).rejects.toThrow(
    /fit: metrics\[0\]: expected one of accuracy, .*got 'speed'/,
  )
})
