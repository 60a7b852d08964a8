// Evaluation and prediction: blocks, in whatever order they are claimed.

import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import type { Examples, TrainerOptions } from '../../../dist/main/index.js'
import { noise } from '../../shared/support.js'
import { createSynchronization } from '../../../dist/workers/gradient-run.js'
import { type Synchronize, createTrainerInProcess } from '../in-process.js'

const options: TrainerOptions = {
  network: { inputs: 3, layers: [dense(7, 'relu'), dense(4, 'softmax')] },
  loss: 'categoricalCrossEntropy',
  l2: 0.4,
  seed: 2,
  backend: 'wasm',
}
const COUNT = 900 // four blocks, the last one shorter
const BLOCKS = 4
const examples: Examples = {
  inputs: Float32Array.from({ length: COUNT * 3 }, (_, i) => noise(i, 5)),
  targets: Uint8Array.from({ length: COUNT }, (_, i) => (i * 3) % 4),
  sampleWeights: Float32Array.from({ length: COUNT }, (_, i) => (i % 3) / 2),
}

/** Hands the blocks out in another order. */
const claimIn =
  (order: number[]): Synchronize =>
  (words, run) => {
    const { meet, claim } = createSynchronization(words, run)
    return {
      meet,
      claim() {
        const block = claim()
        return order[block] ?? block
      },
    }
  }

it('figures and outputs of blocks claimed in any order are those of the order they lie in, bit for bit', async () => {
  const saidIn = async (order: number[]): Promise<unknown[]> => {
    await using trainer = await createTrainerInProcess(options, claimIn(order))
    return [
      await trainer.evaluate(examples, { metrics: ['f1', 'confusionMatrix'] }),
      await trainer.predict(examples.inputs),
    ]
  }
  const expected = await saidIn(Array.from({ length: BLOCKS }, (_, block) => block))
  for (const order of [
    [3, 2, 1, 0],
    [1, 3, 0, 2],
  ])
    expect(await saidIn(order), order.join(' ')).toEqual(expected)
})

it('every row is evaluated once: the cost is the weighted mean of the losses of the predictions, whatever L2 is, to 1e-12', async () => {
  await using trainer = await createTrainerInProcess({ ...options, backend: 'reference' })
  const outputs = await trainer.predict(examples.inputs)
  const { targets, sampleWeights } = examples
  let [loss, weight] = [0, 0]
  for (let row = 0; row < COUNT; row++) {
    loss -= sampleWeights![row]! * Math.log(outputs[row * 4 + targets[row]!]!)
    weight += sampleWeights![row]!
  }
  const { cost } = await trainer.evaluate(examples)
  expect(Math.abs(cost - loss / weight)).toBeLessThan(1e-12)
})
