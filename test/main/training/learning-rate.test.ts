// Learning-rate schedules, as training follows them.

import { expect, it } from 'vitest'
import {
  cosineDecay,
  exponentialDecay,
  reduceOnPlateau,
  sgd,
  stepDecay,
  warmUp,
} from '../../../dist/main/index.js'
import { distance, examplesOf, trained, trainerOf, valuesOf } from './support.js'

const examples = examplesOf(40)
it('every step takes its own rate: training by a schedule equals training step by step at the rates it says', async () => {
  const schedule = exponentialDecay({ learningRate: 0.4, factor: 0.5, every: 2 })
  const whole = await trained({ optimizer: sgd({ learningRate: schedule }) }, examples, {
    epochs: 4,
    batchSize: 'all',
  })
  expect(
    distance(
      whole.history.learningRate,
      [0, 1, 2, 3].map((t) => 0.4 * 0.5 ** (t / 2)),
    ),
  ).toBeLessThan(1e-15)
  let values: { weights: Float64Array[]; biases: Float64Array[] } | undefined
  for (const learningRate of whole.history.learningRate) {
    await using trainer = await trainerOf({ optimizer: sgd({ learningRate }) })
    if (values) trainer.setParameters(values)
    await trainer.fit(examples, { batchSize: 'all' })
    values = trainer.getParameters() as typeof values
  }
  expect(valuesOf(values!)).toEqual(whole.values)
})

it("history says each epoch's last rate", async () => {
  const ratesOf = async (
    learningRate: Exclude<Parameters<typeof sgd>[0], undefined>['learningRate'],
  ): Promise<number[]> =>
    (await trained({ optimizer: sgd({ learningRate }) }, examples, { epochs: 6, batchSize: 10 }))
      .history.learningRate
  expect(await ratesOf(0.25)).toEqual([0.25, 0.25, 0.25, 0.25, 0.25, 0.25])
  expect(await ratesOf(stepDecay({ learningRate: 0.5, factor: 0.5, every: 2 }))).toEqual([
    0.5, 0.5, 0.25, 0.25, 0.125, 0.125,
  ])
  const warm = await ratesOf(warmUp({ epochs: 2, then: 0.5 }))
  expect(warm).toEqual([0.25, 0.5, 0.5, 0.5, 0.5, 0.5])
  const cosine = await ratesOf(cosineDecay({ learningRate: 1, epochs: 6 }))
  cosine.forEach((rate, e) =>
    expect(rate).toBeCloseTo((1 + Math.cos((Math.PI * (4 * (e + 1) - 1)) / 24)) / 2, 13),
  )
})

it("reduce on plateau: Keras's rule, followed by hand on the costs of the history", async () => {
  const options = {
    learningRate: 4,
    factor: 0.25,
    patience: 2,
    cooldown: 1,
    minimumChange: 1e-3,
    minimum: 0.02,
  }
  const { history } = await trained(
    { optimizer: sgd({ learningRate: reduceOnPlateau(options) }) },
    examples,
    { epochs: 40, batchSize: 10, validation: examplesOf(30, 100) },
  )
  let [rate, best, waited, cooling] = [4, Infinity, 0, 0]
  history.validationCost.forEach((cost, i) => {
    expect(history.learningRate[i], `epoch ${i + 1}`).toBeCloseTo(rate, 15)
    if (cooling > 0) {
      cooling--
      waited = 0
    }
    if (cost < best - 1e-3) [best, waited] = [cost, 0]
    else if (cooling === 0 && ++waited >= 2)
      [rate, cooling, waited] = [Math.max(0.02, rate * 0.25), 1, 0]
  })
  expect(history.learningRate.at(-1)).toBeLessThan(1)
})
