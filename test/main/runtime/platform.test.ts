// A stand-in platform: no threads, one core, another hash. What a trainer computes depends on none
// of it.

import { describe, expect, it } from 'vitest'
import {
  type TrainerOptions,
  adam,
  createTrainer,
  dense,
  dropout,
} from '../../../dist/main/index.js'
import { createTrainerOn } from '../../../dist/main/trainer-calls.js'
import { createStandInPlatform } from '../../workers/in-process.js'

const options: TrainerOptions = {
  network: { inputs: 4, layers: [dense(8, 'relu'), dropout(0.2), dense(2, 'softmax')] },
  loss: 'categoricalCrossEntropy',
  optimizer: adam({ learningRate: 0.02 }),
  backend: 'wasm',
  seed: 5,
}
const examples = {
  inputs: Float32Array.from({ length: 400 }, (_, i) => ((i * 31) % 17) / 8 - 1),
  targets: Uint8Array.from({ length: 100 }, (_, i) => i % 2),
}
const fit = { epochs: 3, batchSize: 24, validation: 0.1 } as const

describe('a trainer on a platform without threads', () => {
  it('has the bits, the figures and the outputs of one on threads', async () => {
    await using threads = await createTrainer({ ...options, workers: 2 })
    await using none = await createTrainerOn(createStandInPlatform(), options)
    const [one, other] = [await threads.fit(examples, fit), await none.fit(examples, fit)]
    expect({ ...other, seconds: 0 }).toEqual({ ...one, seconds: 0 })
    expect(none.parametersHash()).toBe(threads.parametersHash())
    expect(await none.predict(examples.inputs)).toEqual(await threads.predict(examples.inputs))
    expect(await none.evaluate(examples)).toEqual(await threads.evaluate(examples))
  })

  it('asks the platform for cores, a hash, a rest and the kernels, and nobody else', async () => {
    const asked: string[] = []
    const platform = createStandInPlatform()
    const watched = Object.fromEntries(
      Object.entries(platform).map(([name, ask]) => [
        name,
        (...operands: unknown[]) => {
          asked.push(name)
          return (ask as (...given: unknown[]) => unknown)(...operands)
        },
      ]),
    ) as unknown as typeof platform
    watched.createHash = () => ({ update: () => undefined, digest: () => 'a hash' })
    await using trainer = await createTrainerOn(watched, options)
    expect(trainer.info).toMatchObject({ cores: 1, workers: 1, backend: 'wasm' })
    expect(trainer.parametersHash()).toBe('a hash')
    const large = { inputs: new Float32Array(4 * 600_000), targets: new Uint8Array(600_000) }
    await trainer.evaluate(large)
    expect(asked).toEqual(
      expect.arrayContaining([
        'chooseBackend',
        'compileKernels',
        'cores',
        'createCallbackScope',
        'rest',
        'startCoordinator',
      ]),
    )
  })
})
