// L2 regularization: the cost is the mean loss + l2 / 2N of the squared weights, N the examples
// trained on.

import { expect, it } from 'vitest'
import { createTrainer } from '../shared-threads.js'
import { type Examples, dense, loadDataSet, sgd, trainTestSplit } from '../../../dist/main/index.js'
import { COLUMNS, examplesOf, trained, trainerOf } from './support.js'

const squaresOf = (weights: ArrayLike<number>[]): number =>
  weights.flatMap((layer) => Array.from(layer)).reduce((sum, w) => sum + w * w, 0)

/** y = 2x at x = 1 and x = -1, so that a bias has nothing to learn. */
const line = (count: number, weight?: number): Examples => ({
  inputs: Float64Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1)),
  targets: Float64Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 2 : -2)),
  ...(weight !== undefined && { sampleWeights: new Float64Array(count).fill(weight) }),
})
const fitted = async (examples: Examples, batchSize: number | 'all', accumulationSteps = 1) => {
  await using trainer = await createTrainer({
    network: { inputs: 1, layers: [dense(1, 'identity')] },
    loss: 'halfSquaredError',
    optimizer: sgd({ learningRate: 0.25 }),
    l2: 64,
    backend: 'reference',
  })
  await trainer.fit(examples, { epochs: 200, batchSize, accumulationSteps, shuffle: false })
  return trainer.getParameters().weights[0]![0]!
}

// Where (w - 2) + 64 / 256 w = 0.
it.each(['all', 128, 16, 6] as const)('is as strong in batches of %s', async (batchSize) => {
  expect(await fitted(line(256), batchSize)).toBeCloseTo(1.6, 12)
})

it('is as strong in updates of several batches, and in a last one that is shorter', async () => {
  expect(await fitted(line(256), 16, 3)).toBeCloseTo(1.6, 12)
  expect(await fitted(line(256), 60, 2)).toBeCloseTo(1.6, 12)
})

it('counts the examples by their weights', async () => {
  // As many as 64 examples: (w - 2) + 64 / 64 w = 0.
  expect(await fitted(line(256, 0.25), 16)).toBeCloseTo(1, 12)
})

it('counts them once: weights that the caller changes meanwhile change nothing', async () => {
  const trainedWith = async (change: (weights: Float64Array) => void): Promise<string> => {
    const sampleWeights = new Float64Array(24).fill(0.5)
    await using trainer = await trainerOf({ l2: 3 })
    const onEpoch = (): void => change(sampleWeights)
    await trainer.fit({ ...examplesOf(24), sampleWeights }, { epochs: 4, batchSize: 8, onEpoch })
    return trainer.parametersHash()
  }
  expect(await trainedWith((weights) => weights.fill(9))).toBe(await trainedWith(() => undefined))
})

it('regularizes in a batch whose examples weigh nothing too', async () => {
  const examples = line(32)
  const sampleWeights = Float64Array.from({ length: 32 }, (_, i) => (i < 16 ? 1 : 0))
  const [l2, learningRate] = [4, 0.25]
  await using trainer = await createTrainer({
    network: { inputs: 1, layers: [dense(1, 'identity')] },
    loss: 'halfSquaredError',
    optimizer: sgd({ learningRate }),
    l2,
    backend: 'reference',
  })
  let w = trainer.getParameters().weights[0]![0]!
  await trainer.fit({ ...examples, sampleWeights }, { batchSize: 16, shuffle: false })
  w -= learningRate * (w - 2 + (l2 / 16) * w)
  w -= learningRate * (l2 / 16) * w
  expect(trainer.getParameters().weights[0]![0]).toBeCloseTo(w, 14)
})

it('tells the loss and the cost apart, and holds nothing against held-out examples', async () => {
  const [examples, validation] = [examplesOf(24), examplesOf(10, 100)]
  const l2 = 3
  await using trainer = await trainerOf({ l2, optimizer: sgd({ learningRate: 1e-12 }) })
  const { weights } = trainer.getParameters()
  const outputs = await trainer.predict(examples.inputs)
  const loss = meanLogLoss(outputs, examples.targets)
  const penalty = (l2 / (2 * 24)) * squaresOf(weights)
  const history = await trainer.fit(examples, { batchSize: 7, shuffle: false, validation })
  expect(history.loss[0]).toBeCloseTo(loss, 9)
  expect(history.cost[0]).toBeCloseTo(loss + penalty, 9)
  const heldOutLoss = meanLogLoss(await trainer.predict(validation.inputs), validation.targets)
  expect(history.validationCost[0]).toBeCloseTo(heldOutLoss, 12)
  expect((await trainer.evaluate(validation)).cost).toBe(history.validationCost[0])
  const { cost } = await trainer.gradient(examples.inputs, examples.targets)
  expect(cost).toBeCloseTo(loss + penalty, 9)
})

it('early stopping goes by the loss, not by the weights that the term makes small', async () => {
  // Large weights of a column that is always 0 shrink, which no prediction feels.
  const { inputs, targets } = examplesOf(20)
  const blind = { inputs: inputs.map((x, i) => (i % COLUMNS === 4 ? 0 : x)), targets }
  const { history } = await trained({ l2: 40, optimizer: sgd({ learningRate: 0.1 }) }, blind, {
    epochs: 300,
    batchSize: 'all',
    earlyStopping: { patience: 3 },
  })
  expect(history.cost.indexOf(Math.min(...history.cost))).toBeGreaterThan(history.bestEpoch!)
  expect(history.bestEpoch).toBe(history.loss.indexOf(Math.min(...history.loss)) + 1)
})

it('early stopping on few digits keeps what reads the others best', async () => {
  const digits = await loadDataSet('digits')
  const few = trainTestSplit(digits, digits.columns, { test: 0.02, seed: 0 }).test
  const { training, test } = trainTestSplit(few, digits.columns, { test: 0.2, seed: 0 })
  await using trainer = await createTrainer({
    network: {
      inputs: 64,
      scale: digits.scale,
      layers: [dense(128, 'sigmoid'), dense(10, 'softmax')],
    },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.5 }),
    l2: 1,
    backend: 'wasm',
    seed: 1,
  })
  const history = await trainer.fit(training, {
    epochs: 200,
    batchSize: 'all',
    validation: test,
    earlyStopping: { patience: 10 },
  })
  const outputs = await trainer.predict(test.inputs)
  expect(meanLogLoss(outputs, test.targets)).toBeCloseTo(Math.min(...history.validationCost), 5)
})

function meanLogLoss(outputs: ArrayLike<number>, labels: ArrayLike<number>): number {
  const classes = outputs.length / labels.length
  const losses = Array.from(labels, (label, i) => -Math.log(outputs[i * classes + label]!))
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
}
