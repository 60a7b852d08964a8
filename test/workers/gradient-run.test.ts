// The gradient worker, alone on this thread.

import { dropout } from '../../dist/shared/model/layers/dropout.js'
import { describe, expect, it } from 'vitest'
import {
  type Examples,
  type Trainer,
  type TrainerOptions,
  WorkerError,
  adam,
  dense,
} from '../../dist/main/index.js'
import { abortRun } from '../../dist/shared/arena/barrier.js'
import { createSynchronization } from '../../dist/workers/gradient-run.js'
import { backendsHere } from '../machine.js'
import { createTrainer } from '../main/shared-threads.js'
import { noise } from '../shared/support.js'
import { type Synchronize, createTrainerInProcess } from './in-process.js'

const options: TrainerOptions = {
  network: {
    inputs: 4,
    layers: [dense(9, 'tanh'), dropout(0.2), dense(3, 'softmax')],
  },
  loss: 'categoricalCrossEntropy',
  optimizer: adam({ learningRate: 0.05 }),
  l2: 0.2,
  clipNorm: 0.5,
  seed: 11,
  shards: 8,
}
const examples: Examples = {
  inputs: Float32Array.from({ length: 300 * 4 }, (_, i) => noise(i, 1)),
  targets: Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % 3),
}

/** What all kinds of runs say, one after the other. */
async function allThatItSays(trainer: Trainer): Promise<unknown[]> {
  const { cost, accuracy } = await trainer.fit(examples, {
    epochs: 3,
    batchSize: 45,
    accumulationSteps: 2,
    validation: 0.2,
  })
  return [
    cost,
    accuracy,
    trainer.parametersHash(),
    await trainer.gradient(examples.inputs, examples.targets),
    await trainer.evaluate(examples),
    await trainer.predict(examples.inputs),
  ]
}

it.each(backendsHere)(
  '%s: one worker on this thread says bit for bit what 3 on threads say, of every kind of run',
  async (backend) => {
    await using alone = await createTrainerInProcess({ ...options, backend })
    await using three = await createTrainer({ ...options, backend, workers: 3 })
    expect(await allThatItSays(alone)).toEqual(await allThatItSays(three))
  },
)

describe('an arena shared with a worker that fails', () => {
  it('is left at the next claim or meeting, with an error; the parameters stay whole, and the next run works', async () => {
    for (const when of ['claim', 'meet'] as const) {
      let calls = 0
      const failing: Synchronize = (words, run) => {
        const { meet, claim } = createSynchronization(words, run)
        const count = (what: string): void => {
          if (what === when && ++calls === 9) abortRun(words)
        }
        return {
          meet(serial) {
            count('meet')
            meet(serial)
          },
          claim() {
            count('claim')
            return claim()
          },
        }
      }
      await using trainer = await createTrainerInProcess({ ...options, backend: 'wasm' }, failing)
      await expect(trainer.fit(examples, { epochs: 5, batchSize: 45 })).rejects.toThrow(WorkerError)
      const { weights, biases } = trainer.getParameters()
      expect([...weights, ...biases].every((values) => values.every(Number.isFinite))).toBe(true)
      expect(await trainer.evaluate(examples)).toMatchObject({ examples: 300 })
    }
  })
})
