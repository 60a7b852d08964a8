// The learning-rate finder.

import { expect, it } from 'vitest'
import { adam, dense } from '../../../dist/main/index.js'
import { COLUMNS, examplesOf, trained, trainerOf } from './support.js'

const examples = examplesOf(60)
it('raises the rate step by step, says what each costs, and leaves the trainer as it was', async () => {
  await using trainer = await trainerOf({ optimizer: adam() })
  const before = trainer.parametersHash()
  const { rates, costs, suggested } = await trainer.findLearningRate(examples, {
    from: 1e-4,
    to: 100,
    steps: 61,
  })
  expect(trainer.parametersHash()).toBe(before)
  expect(costs).toHaveLength(rates.length)
  rates.forEach((rate, i) =>
    expect(Math.abs(rate / (1e-4 * 10 ** (i / 10)) - 1)).toBeLessThan(1e-12),
  )
  expect(suggested).toBeLessThanOrEqual(rates[costs.indexOf(Math.min(...costs))]! / 10)
  const cheaper = async (learningRate: number): Promise<number> =>
    (
      await trained({ optimizer: adam({ learningRate }) }, examples, {
        epochs: 30,
        batchSize: 'all',
      })
    ).history.cost.at(-1)!
  expect(await cheaper(suggested), 'of training at the rate suggested').toBeLessThan(
    Math.min(await cheaper(suggested / 100), await cheaper(suggested * 1000)),
  )
  await trainer.fit(examples, { epochs: 3 })
  await using fresh = await trainerOf({ optimizer: adam() })
  await fresh.fit(examples, { epochs: 3 })
  expect(trainer.parametersHash()).toBe(fresh.parametersHash())
})

it('ends where the cost explodes', async () => {
  await using trainer = await trainerOf({
    network: { inputs: COLUMNS, layers: [dense(1)] },
    loss: 'meanSquaredError',
  })
  const { costs } = await trainer.findLearningRate(
    { inputs: examples.inputs, targets: Float64Array.from(examples.targets) },
    { to: 1e6, steps: 200 },
  )
  expect(costs.length).toBeLessThan(200)
  expect(costs.at(-1)).toBeGreaterThan(4 * Math.min(...costs))
  await expect(trainer.findLearningRate(examples, { from: 1, to: 0.5 })).rejects.toThrow(
    'findLearningRate: to: expected a rate above from, 1, got 0.5',
  )
})

it('a signal ends it, and the trainer is as it was', async () => {
  await using trainer = await trainerOf({ optimizer: adam() })
  const before = trainer.parametersHash()
  const reason = new Error('enough')
  await expect(
    trainer.findLearningRate(examples, { steps: 1_000_000, signal: AbortSignal.abort(reason) }),
  ).rejects.toBe(reason)
  const later = new AbortController()
  const finding = trainer.findLearningRate(examples, { steps: 1_000_000, signal: later.signal })
  setTimeout(() => later.abort(reason), 20)
  await expect(finding).rejects.toBe(reason)
  expect(trainer.parametersHash()).toBe(before)
})
