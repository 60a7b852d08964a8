// Dropout as a caller sees it: while training, and only then.

import { describe, expect, it } from 'vitest'
import {
  type Examples,
  type TrainerOptions,
  createTrainer,
  dense,
  dropout,
  sgd,
} from '../../dist/main/index.js'
import { backendsHere } from '../machine.js'

const COUNT = 60
const examples: Examples = {
  inputs: Float32Array.from({ length: COUNT * 6 }, (_, i) => ((i * 7919) % 101) / 50 - 1),
  targets: Float32Array.from({ length: COUNT * 2 }, (_, i) => ((i * 31) % 17) / 9 - 1),
}
const options = (rate: number, learningRate = 0.1): TrainerOptions => ({
  network: {
    inputs: 6,
    layers: [dense(20, 'silu'), dropout(rate), dense(9, 'softplus'), dropout(rate), dense(2)],
  },
  loss: 'huber',
  optimizer: sgd({ learningRate }),
  seed: 3,
  workers: 2,
  shards: 4,
})

describe.each(backendsHere)('%s', (backend) => {
  it('evaluate, predict, gradient and the validation of fit leave nothing out; the steps of fit do', async () => {
    await using trainer = await createTrainer({ ...options(0.5), backend })
    await using without = await createTrainer({ ...options(0), backend })
    expect(await trainer.gradient(examples.inputs, examples.targets)).toEqual(
      await without.gradient(examples.inputs, examples.targets),
    )
    const { cost, validationCost } = await trainer.fit(examples, {
      epochs: 4,
      batchSize: 20,
      validation: examples,
    })
    expect((await trainer.evaluate(examples)).cost).toBe(validationCost.at(-1))
    without.setParameters(trainer.getParameters())
    expect(await trainer.predict(examples.inputs)).toEqual(await without.predict(examples.inputs))
    expect((await without.evaluate(examples)).cost).toBe(validationCost.at(-1))
    expect(
      cost.every((each, epoch) => Math.abs(each / validationCost[epoch]! - 1) > 1e-3),
      'costs of training and of validation',
    ).toBe(true)
  })

  it('every epoch draws its own: with parameters that hardly move, the cost of a step varies about that without dropout', async () => {
    const costs = async (dropout: number): Promise<number[]> => {
      await using trainer = await createTrainer({ ...options(dropout, 1e-12), backend })
      return (await trainer.fit(examples, { epochs: 40, batchSize: 'all', shuffle: false })).cost
    }
    const [varied, steady] = [await costs(0.3), await costs(0)]
    expect(new Set(varied).size).toBe(40)
    expect(Math.max(...steady) - Math.min(...steady)).toBeLessThan(1e-6)
  })

  it('a share of 0 gives the bits of no dropout', async () => {
    const hashes = await Promise.all(
      [options(0).network.layers, [dense(20, 'silu'), dense(9, 'softplus'), dense(2)]].map(
        async (layers) => {
          await using trainer = await createTrainer({
            ...options(0),
            network: { inputs: 6, layers },
            backend,
          })
          await trainer.fit(examples, { epochs: 2 })
          return trainer.parametersHash()
        },
      ),
    )
    expect(hashes[0]).toBe(hashes[1])
  })
})
