// Metrics of evaluate and of every epoch.

import { expect, it } from 'vitest'
import { dense, sgd } from '../../../dist/main/index.js'
import type { FitOptions, TrainerOptions } from '../../../dist/main/index.js'
import { backendsHere } from '../../machine.js'
import { CLASSES, COLUMNS, examplesOf, trained, trainerOf } from '../training/support.js'

const examples = examplesOf(60)
const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
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
    metrics: ['accuracy', 'f1', 'confusionMatrix', 'topKAccuracy', 'auc', 'logLoss', 'r2'],
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

const several: Partial<TrainerOptions> = {
  network: { inputs: 2, layers: [dense(2, 'sigmoid')] },
  loss: 'binaryCrossEntropy',
}
const identity = { weights: [Float64Array.of(9, 0, 0, 9)], biases: [new Float64Array(2)] }
const signs = Float64Array.of(1, 1, 1, -1, -1, 1, -1, -1)
const questions = { inputs: signs, targets: signs.map((sign) => Number(sign > 0)) }

it('several sigmoid outputs are yes-or-no questions: all right is 1', async () => {
  await using trainer = await trainerOf(several)
  trainer.setParameters(identity)
  const metrics = ['precision', 'recall', 'f1', 'auc'] as const
  const result = await trainer.evaluate(questions, { metrics })
  expect(result).toMatchObject({ accuracy: 1, precision: 1, recall: 1, f1: 1, auc: 1 })
  const targets = questions.targets.map((y, i) => (i === 0 ? 1 - y : y))
  const once = await trainer.fit({ ...questions, targets }, { batchSize: 3, validation: questions })
  expect([once.accuracy, once.validationAccuracy]).toEqual([[7 / 8], [1]])
})

it('with class labels they say one class', async () => {
  await using trainer = await trainerOf(several)
  trainer.setParameters(identity)
  const { accuracy } = await trainer.evaluate({ inputs: signs, targets: Uint8Array.of(0, 0, 1, 0) })
  expect(accuracy).toBe(1) // of two equal outputs the first is taken
})

it('targets between 0 and 1 are numbers: there is no accuracy', async () => {
  await using autoencoder = await trainerOf(several)
  const targets = Float64Array.of(0, 1, 0.5, 0, 1, 0, 0, 1)
  const history = await autoencoder.fit({ inputs: signs, targets }, { validation: 0.5 })
  expect([history.accuracy, history.validationAccuracy]).toEqual([[], []])
  expect(Object.keys(await autoencoder.evaluate({ inputs: signs, targets }))).toEqual([
    'cost',
    'examples',
  ])
  await expect(
    autoencoder.evaluate({ inputs: signs, targets }, { metrics: ['f1'] }),
  ).rejects.toThrow(
    "evaluate: metrics: expected some of meanAbsoluteError, rootMeanSquaredError, r2 for outputs that are numbers and say no class, got 'f1'",
  )
  await expect(
    autoencoder.fit({ inputs: signs, targets: questions.targets }, { classWeights: [1, 2] }),
  ).rejects.toThrow(
    'fit: classWeights: expected targets that say one class: labels, softmax outputs, or one sigmoid output for 0 and 1, got 2 sigmoid outputs',
  )
})

it.each(backendsHere)(
  '%s: those of all rows together equal those of the predictions, of either set, in whatever order the rows come',
  async (backend) => {
    const validation = examplesOf(300, 60)
    const metrics = ['auc', 'logLoss', 'r2', 'rootMeanSquaredError'] as const
    await using trainer = await trainerOf({ backend, optimizer: sgd({ learningRate: 1e-12 }) })
    const history = await trainer.fit(examples, { batchSize: 17, validation, metrics })
    for (const [set, figures] of [
      [examples, [history.auc, history.logLoss, history.r2, history.rootMeanSquaredError]],
      [
        validation,
        [
          history.validationAuc,
          history.validationLogLoss,
          history.validationR2,
          history.validationRootMeanSquaredError,
        ],
      ],
    ] as const) {
      const outputs = Array.from(await trainer.predict(set.inputs))
      const labels = Array.from(set.targets)
      const column = (c: number): number[] => labels.map((_, i) => outputs[i * CLASSES + c]!)
      const classes = Array.from({ length: CLASSES }, (_, c) => {
        const [p, y] = [column(c), labels.map((label) => Number(label === c))]
        const of = (side: number): number[] => p.filter((_, i) => y[i] === side)
        const pairs = of(1).flatMap((a) => of(0).map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
        const share = mean(y)
        const error = mean(p.map((value, i) => (value - y[i]!) ** 2))
        return {
          auc: mean(pairs),
          r2: 1 - error / (share * (1 - share)),
          root: Math.sqrt(error),
        }
      })
      const expected = [
        mean(classes.map(({ auc }) => auc)),
        mean(labels.map((label, i) => -Math.log(outputs[i * CLASSES + label]!))),
        mean(classes.map(({ r2 }) => r2)),
        mean(classes.map(({ root }) => root)),
      ]
      const evaluated = await trainer.evaluate(set, { metrics })
      const { auc, logLoss, r2, rootMeanSquaredError } = evaluated
      const digits = backend === 'reference' ? 10 : 5
      for (const got of [
        figures.map((values) => values![0]!),
        [auc, logLoss, r2, rootMeanSquaredError],
      ])
        got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits))
    }
  },
)

it('early stopping can watch them: areas and R2 rise, losses and errors fall', async () => {
  const validation = examplesOf(40, 500)
  for (const [monitor, better] of [
    ['validationAuc', Math.max],
    ['validationR2', Math.max],
    ['validationLogLoss', Math.min],
    ['validationRootMeanSquaredError', Math.min],
  ] as const) {
    const { history } = await trained({ optimizer: sgd({ learningRate: 2 }) }, examples, {
      epochs: 15,
      validation,
      metrics: ['auc', 'logLoss', 'r2', 'rootMeanSquaredError'],
      earlyStopping: { monitor, patience: 100 },
    })
    const values = history[monitor]!
    expect(history.bestEpoch, monitor).toBe(values.indexOf(better(...values)) + 1)
  }
})

it('classes asked of numbers, or a k without its metric, are errors', async () => {
  await using trainer = await trainerOf({
    network: { inputs: COLUMNS, layers: [dense(CLASSES)] },
    loss: 'meanSquaredError',
  })
  await expect(trainer.evaluate(examples, { metrics: ['f1'] })).rejects.toThrow(
    "evaluate: metrics: expected some of meanAbsoluteError, rootMeanSquaredError, r2 for outputs that are numbers and say no class, got 'f1'",
  )
  await expect(trainer.fit(examples, { topK: 2 })).rejects.toThrow(
    'fit: topK: expected the metric topKAccuracy with it, got 2',
  )
  await expect(trainer.fit(examples, { metrics: ['speed' as 'f1'] })).rejects.toThrow(
    /fit: metrics\[0\]: expected one of accuracy, .*got 'speed'/,
  )
})
