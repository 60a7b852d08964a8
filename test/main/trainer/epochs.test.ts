// Training as a loop over epochs, and in several calls.

import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import { expect, it } from 'vitest'
import { DivergenceError, adam, dense, sgd, stepDecay } from '../../../dist/main/index.js'
import type { EpochReport, Examples, FitOptions, TrainerOptions } from '../../../dist/main/index.js'
import { CLASSES, COLUMNS, examplesOf, trained, trainerOf } from '../training/support.js'

const examples = examplesOf(50)
it('initialEpoch: 2 epochs and then up to 5 are 5 epochs, with their order, schedule, dropout and optimizer state', async () => {
  const options: Partial<TrainerOptions> = {
    optimizer: adam({ learningRate: stepDecay({ learningRate: 0.05, every: 3 }) }),
    network: {
      inputs: COLUMNS,
      layers: [dense(8, 'tanh'), dropout(0.3), dense(CLASSES, 'softmax')],
    },
  }
  const whole = await trained(options, examples, { epochs: 5, batchSize: 8 })
  await using trainer = await trainerOf(options)
  await trainer.fit(examples, { epochs: 2, batchSize: 8 })
  const rest = await trainer.fit(examples, { epochs: 5, initialEpoch: 2, batchSize: 8 })
  expect(rest.epoch).toEqual([3, 4, 5])
  expect(trainer.parametersHash()).toBe(whole.hash)
  expect(rest.cost).toEqual(whole.history.cost.slice(2))
  await expect(trainer.fit(examples, { epochs: 2, initialEpoch: 2 })).rejects.toThrow(
    'fit: initialEpoch: expected a number below epochs, 2, got 2',
  )
})

it('as a loop: the same reports and parameters as fit, whatever is called between the epochs', async () => {
  const fit: FitOptions = {
    epochs: 5,
    batchSize: 8,
    validation: examplesOf(20, 90),
    metrics: ['f1'],
  }
  const reports: EpochReport[] = []
  const whole = await trained({}, examples, {
    ...fit,
    onEpoch: (report) => void reports.push(report),
  })
  await using trainer = await trainerOf()
  const seen: EpochReport[] = []
  for await (const report of trainer.epochs(examples, fit)) {
    seen.push(report)
    await trainer.evaluate(examplesOf(700, 300))
    expect(await trainer.predict(examplesOf(2).inputs)).toHaveLength(2 * CLASSES)
    await trainer.gradient(examples.inputs, examples.targets)
  }
  const timeless = (list: EpochReport[]): object[] =>
    list.map((report) => ({ ...report, examplesPerSecond: 0 }))
  expect(timeless(seen)).toEqual(timeless(reports))
  expect(trainer.parametersHash()).toBe(whole.hash)
})

it('parameters set between two epochs are trained from there, in the epochs that are left', async () => {
  const fit: FitOptions = { epochs: 5, batchSize: 8 }
  const options: Partial<TrainerOptions> = {
    optimizer: adam({ learningRate: stepDecay({ learningRate: 0.05, every: 3 }) }),
  }
  await using other = await trainerOf({ ...options, seed: 4 })
  const start = other.getParameters()

  await using looped = await trainerOf(options)
  const costs: number[] = []
  for await (const { epoch, cost } of looped.epochs(examples, fit)) {
    costs.push(cost)
    if (epoch === 2) looped.setParameters(start)
  }
  await using apart = await trainerOf(options)
  apart.setParameters(start)
  const rest = await apart.fit(examples, { ...fit, initialEpoch: 2 })
  expect(costs.slice(2)).toEqual(rest.cost)
  expect(looped.parametersHash()).toBe(apart.parametersHash())
})

it('parameters set between two epochs that have no finite cost are kept, and no cost is said to be theirs', async () => {
  await using trainer = await trainerOf({
    network: { inputs: 1, layers: [dense(1)] },
    loss: 'meanSquaredError',
  })
  const far = { weights: [Float64Array.of(1e200)], biases: [Float64Array.of(0)] }
  const line: Examples = { inputs: Float64Array.of(1, 2), targets: Float64Array.of(3, 6) }
  const loop = trainer.epochs(line, { epochs: 5 })
  await loop.next()
  await loop.next()
  trainer.setParameters(far)
  const error = await loop.next().catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(DivergenceError)
  expect(error).toMatchObject({ epoch: 3, step: 1, lastFiniteCost: undefined })
  expect(trainer.getParameters()).toEqual(far)
})

it("examples a second: of the whole epoch, however many slices of time it took; the epochs' times add up to the history's", async () => {
  await using trainer = await trainerOf({
    network: {
      inputs: COLUMNS,
      layers: [dense(150, 'tanh'), dense(150, 'tanh'), dense(CLASSES, 'softmax')],
    },
    workers: 1,
  })
  const reports: EpochReport[] = []
  const { seconds } = await trainer.fit(examplesOf(1200), {
    epochs: 2,
    batchSize: 50,
    onProgress: ({ epochs }) => void reports.push(...epochs),
  })
  expect(seconds / 2, 'an epoch is longer than a slice').toBeGreaterThan(0.2)
  const sum = reports.reduce((total, { examplesPerSecond }) => total + 1200 / examplesPerSecond, 0)
  expect(Math.abs(sum / seconds - 1)).toBeLessThan(0.02)
})

it('where training diverges, every epoch before it is reported first', async () => {
  await using trainer = await trainerOf({
    network: { inputs: 1, layers: [dense(1)] },
    loss: 'meanSquaredError',
    optimizer: sgd({ learningRate: 1 }),
  })
  const line: Examples = {
    inputs: Float64Array.of(1, 2, 3, 4),
    targets: Float64Array.of(3, 6, 9, 12),
  }
  const seen: number[] = []
  const error = await trainer
    .fit(line, {
      epochs: 1000,
      onProgress: ({ epochs }) => void seen.push(...epochs.map(({ epoch }) => epoch)),
    })
    .catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(DivergenceError)
  expect(seen).toEqual(
    Array.from({ length: (error as DivergenceError).epoch - 1 }, (_, i) => i + 1),
  )
  expect(seen.length).toBeGreaterThan(10)
})

it("leaving the loop ends training with that epoch's parameters; its return value is the history", async () => {
  const two = await trained({}, examples, { epochs: 2, batchSize: 8 })
  await using trainer = await trainerOf()
  for await (const { epoch } of trainer.epochs(examples, { epochs: 50, batchSize: 8 }))
    if (epoch === 2) break
  expect(trainer.parametersHash()).toBe(two.hash)
  const loop = trainer.epochs(examples, { epochs: 1 })
  expect((await loop.next()).value).toMatchObject({ epoch: 1 })
  expect(await loop.next()).toMatchObject({ done: true, value: { epoch: [1] } })
})

it('a trainer closed inside the loop ends it with an error', async () => {
  const trainer = await trainerOf()
  const loop = trainer.epochs(examples, { epochs: 5 })
  await loop.next()
  await trainer.close()
  await expect(loop.next()).rejects.toThrow('trainer: it is closed')
})

it('options among the examples are errors, not ignored', async () => {
  await using trainer = await trainerOf()
  await expect(trainer.fit({ ...examples, epochs: 5 } as Examples)).rejects.toThrow(
    'fit: epochs: expected no such field here (it belongs to fit), got 5',
  )
  await expect(trainer.evaluate({ ...examples, l2: 1 } as Examples)).rejects.toThrow(
    'evaluate: l2: expected no such field here (it belongs to createTrainer), got 1',
  )
})

it('options that belong to fit, and a signal', async () => {
  await using trainer = await trainerOf()
  const wrong = trainer.epochs(examples, { onEpoch: () => undefined } as object)
  await expect(wrong.next()).rejects.toThrow(
    'epochs: onEpoch: expected no such option here (it belongs to fit), got a function',
  )
  const controller = new AbortController()
  const loop = trainer.epochs(examples, { epochs: 1e6, signal: controller.signal })
  await loop.next()
  controller.abort()
  await expect(loop.next()).rejects.toThrow(/abort/)
  expect(await trainer.fit(examples)).toMatchObject({ epoch: [1] })
})
