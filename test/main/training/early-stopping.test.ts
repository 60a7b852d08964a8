// Early stopping.

import { expect, it } from 'vitest'
import { adam, sgd } from '../../../dist/main/index.js'
import { examplesOf, trained, trainerOf } from './support.js'

const [examples, validation] = [examplesOf(30), examplesOf(40, 500)]
it("ends after so many epochs without an improvement, and restores the best ones' parameters, bit for bit", async () => {
  await using trainer = await trainerOf({ optimizer: adam({ learningRate: 0.2 }) })
  const hashes: string[] = []
  const history = await trainer.fit(examples, {
    epochs: 400,
    batchSize: 10,
    validation,
    earlyStopping: { patience: 4 },
    onEpoch: () => void hashes.push(trainer.parametersHash()),
  })
  const best = history.validationCost.indexOf(Math.min(...history.validationCost))
  expect(history.epoch).toHaveLength(best + 5)
  expect(history.epoch.length).toBeLessThan(400)
  expect(history.bestEpoch).toBe(best + 1)
  expect(trainer.parametersHash()).toBe(hashes[best])
  expect((await trainer.evaluate(validation)).cost).toBe(history.validationCost[best])
})

it('restores them too where training runs out of epochs; accuracies rise, costs fall', async () => {
  await using trainer = await trainerOf({ optimizer: sgd({ learningRate: 3 }) })
  const history = await trainer.fit(examples, {
    epochs: 12,
    batchSize: 10,
    validation,
    earlyStopping: { monitor: 'validationAccuracy', patience: 100 },
  })
  expect(history.epoch).toHaveLength(12)
  expect(history.bestEpoch).toBe(
    history.validationAccuracy.indexOf(Math.max(...history.validationAccuracy)) + 1,
  )
  expect((await trainer.evaluate(validation)).accuracy).toBe(
    Math.max(...history.validationAccuracy),
  )
})

it("goes on as if training had ended at the best epoch: the optimizer's state is restored with the parameters", async () => {
  await using stopped = await trainerOf({ optimizer: adam({ learningRate: 0.2 }) })
  const { bestEpoch } = await stopped.fit(examples, {
    epochs: 400,
    batchSize: 10,
    validation,
    earlyStopping: { patience: 4 },
  })
  await stopped.fit(examples, { epochs: bestEpoch! + 2, initialEpoch: bestEpoch!, batchSize: 10 })
  const straight = await trained({ optimizer: adam({ learningRate: 0.2 }) }, examples, {
    epochs: bestEpoch! + 2,
    batchSize: 10,
  })
  expect(stopped.parametersHash()).toBe(straight.hash)
})

it('a figure that is not reported is an error', async () => {
  await using trainer = await trainerOf()
  await expect(
    trainer.fit(examples, { earlyStopping: { monitor: 'validationCost' } }),
  ).rejects.toThrow(
    "fit: earlyStopping.monitor: expected a figure that is reported here (cost, loss, accuracy), got 'validationCost'",
  )
})
