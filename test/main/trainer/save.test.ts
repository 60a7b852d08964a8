// Saving a trainer, making one from a file, and going on: what is kept, what is refused, and when.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  ClosedError,
  type Examples,
  FileError,
  type FitOptions,
  InputError,
  type TrainerOptions,
  adam,
  createTrainer as createWithOwnThreads,
  dense,
  loadTrainer as loadWithOwnThreads,
  reduceOnPlateau,
  sgd,
} from '../../../dist/main/index.js'
import { decodeModelFile } from '../../../dist/main/files/model-file.js'
import { createTrainerOn, loadTrainerOn } from '../../../dist/main/trainer-calls.js'
import type { Trainer } from '../../../dist/main/index.js'
import { memoryFiles } from '../memory-files.js'
import { platformOf } from '../shared-threads.js'
import { examplesOf, options, rejection } from './support.js'

const memory = memoryFiles()
const { files } = memory
const platform = { ...platformOf(), ...memory }
const recipe: TrainerOptions = {
  ...options,
  optimizer: adam({ learningRate: 0.02 }),
  backend: 'wasm',
}
const examples = examplesOf(60)
const fitting: FitOptions = { epochs: 4, batchSize: 16 }
const create = async (changes: Partial<TrainerOptions> = {}): Promise<Trainer> =>
  createTrainerOn(platform, { ...recipe, ...changes })
const load = async (file: string, changes = {}): Promise<Trainer> =>
  loadTrainerOn(platform, file, changes)

/** A file in the middle of the third of four epochs. */
async function interrupted(file: string, fit = fitting, given = examples): Promise<void> {
  await using trainer = await create()
  const stop = new AbortController()
  await rejection(
    trainer.fit(given, {
      ...fit,
      signal: stop.signal,
      checkpoint: { file, everySeconds: 1e-9 },
      onProgress: ({ step }) => step === 10 && stop.abort(),
    }),
  )
}
await interrupted('run')
const whole = await (async () => {
  await using trainer = await create()
  const history = await trainer.fit(examples, fitting)
  return { hash: trainer.parametersHash(), history }
})()

describe('a trainer from a file', () => {
  it('has the description, the parameters and the texts of the one that was saved', async () => {
    const names = { classes: ['a', 'b', 'c', 'd'], metadata: { dataset: 'made up' }, l2: 0.5 }
    await using trainer = await create({ ...names, clipNorm: 3 })
    await trainer.fit(examples, { epochs: 2 })
    await trainer.save('described')
    await using again = await load('described', { workers: 3 })
    expect(again.options).toEqual({ ...trainer.options, workers: 3, backend: 'wasm' })
    expect(trainer.options).toMatchObject({ ...names, seed: 7, clipNorm: 3 })
    expect(again.parametersHash()).toBe(trainer.parametersHash())
    expect(await again.predict(examples.inputs)).toEqual(await trainer.predict(examples.inputs))
  })

  it('is saved again with the same contents', async () => {
    await using again = await load('run')
    await again.save('copy')
    const [copy, before] = await Promise.all(
      ['copy', 'run'].map(async (name) => decodeModelFile(name, files.get(name)!)),
    )
    expect(copy!.document).toEqual(before!.document)
    for (const [name, shape] of [
      ['layers.1.bias', [4]],
      ['optimizer.layers.0.weight.exp_avg_sq', [5, 3]],
    ] as const)
      expect(copy!.tensor(name, shape)).toEqual(before!.tensor(name, shape))
  })

  it('goes on with the options that training began with', async () => {
    await using again = await load('run', { workers: 1 })
    const history = await again.fit(examples)
    expect(again.parametersHash()).toBe(whole.hash)
    expect(history.cost).toEqual(whole.history.cost)
    expect(history.accuracy).toEqual(whole.history.accuracy)
  })

  it('goes on epoch by epoch, too', async () => {
    await using again = await load('run')
    const epochs: number[] = []
    for await (const { epoch } of again.epochs(examples)) epochs.push(epoch)
    expect(epochs).toEqual([3, 4])
    expect(again.parametersHash()).toBe(whole.hash)
  })

  it('goes on for more epochs than there were to be, with any schedule', async () => {
    const rate = reduceOnPlateau({ learningRate: 2, patience: 1, minimumChange: 0.2 })
    const falling = { optimizer: sgd({ learningRate: rate }) }
    await using straight = await create(falling)
    await straight.fit(examples, { epochs: 9, batchSize: 16 })
    await using first = await create(falling)
    await first.fit(examples, { epochs: 5, batchSize: 16 })
    await first.save('five')
    for (const more of [{ epochs: 9 }, { epochs: 9, initialEpoch: 5, batchSize: 16 }]) {
      await using again = await load('five')
      const { epoch } = await again.fit(examples, more)
      expect(epoch).toHaveLength(9)
      expect(again.parametersHash()).toBe(straight.parametersHash())
    }
  })

  it('begins a new training if initialEpoch says so, with the state as it is', async () => {
    await using first = await create()
    await first.fit(examples, fitting)
    await first.save('four')
    await using again = await load('four')
    const other = examplesOf(20)
    const begin = { epochs: 2, initialEpoch: 0 }
    expect((await again.fit(other, begin)).epoch).toEqual([1, 2])
    await first.fit(other, begin)
    expect(again.parametersHash()).toBe(first.parametersHash())
  })

  it('begins a new training once its parameters were set', async () => {
    await using again = await load('run')
    again.setParameters(again.getParameters())
    expect((await again.fit(examplesOf(20), { epochs: 2 })).epoch).toEqual([1, 2])
  })

  it('computes as the file did, unless another backend is asked for', async () => {
    await using again = await load('run')
    expect(again.info.backend).toBe('wasm')
    await using other = await load('run', { backend: 'reference' })
    await other.fit(examples)
    const [weights] = other.getParameters().weights
    const [same] = await (async () => {
      await using trainer = await create()
      await trainer.fit(examples, fitting)
      return trainer.getParameters().weights
    })()
    expect(Math.max(...weights!.map((w, i) => Math.abs(w - same![i]!)))).toBeLessThan(1e-5)
  })
})

describe('resume', () => {
  it('goes on in a trainer of the same description', async () => {
    await using trainer = await create({ workers: 3 })
    const history = await trainer.fit(examples, { resume: 'run' })
    expect(trainer.parametersHash()).toBe(whole.hash)
    expect(history.epoch).toEqual([1, 2, 3, 4])
  })

  it.each<[string, Partial<TrainerOptions>]>([
    ['network', { network: { inputs: 3, layers: [dense(6, 'tanh'), dense(4, 'softmax')] } }],
    ['loss', { loss: 'meanSquaredError' }],
    ['optimizer', { optimizer: adam({ learningRate: 0.03 }) }],
    ['l2', { l2: 1 }],
    ['clipNorm', { clipNorm: 1 }],
    ['seed', { seed: 8 }],
    ['shards', { shards: 8 }],
    ['backend', { backend: 'reference' }],
  ])('refuses a trainer with another %s, and leaves it as it is', async (name, changes) => {
    await using trainer = await create(changes)
    const before = trainer.parametersHash()
    const error = await rejection(trainer.fit(examples, { resume: 'run' }))
    expect(error).toBeInstanceOf(InputError)
    expect((error as Error).message).toContain(`fit: resume: expected a trainer whose ${name} is`)
    expect(trainer.parametersHash()).toBe(before)
  })

  const others: [string, FitOptions, string][] = [
    ['batchSize', { batchSize: 8 }, 'fit: batchSize: expected 16, with which this training began'],
    ['shuffle', { shuffle: false }, 'fit: shuffle: expected true'],
    ['accumulationSteps', { accumulationSteps: 2 }, 'fit: accumulationSteps: expected 1'],
    ['classWeights', { classWeights: { 1: 2 } }, 'fit: classWeights: expected none'],
    ['metrics', { metrics: ['f1'] }, 'fit: metrics: expected none'],
    ['validation', { validation: 0.1 }, 'fit: validation: expected none'],
    ['validation', { validation: examples }, 'fit: validation: expected none, as before'],
    ['earlyStopping', { earlyStopping: { patience: 2 } }, 'fit: earlyStopping: expected none'],
    ['epochs', { epochs: 1 }, 'fit: epochs: expected at least 2, which are done'],
    ['initialEpoch', { initialEpoch: 1 }, 'fit: initialEpoch: expected 2, where this training'],
  ]
  it.each(others)('refuses another %s', async (_, changes, message) => {
    await using trainer = await create()
    const error = await rejection(trainer.fit(examples, { resume: 'run', ...changes }))
    expect((error as Error).message).toContain(message)
    // With the same words where the file's trainer goes on.
    if (changes.initialEpoch !== undefined) return
    await using again = await load('run')
    expect(await rejection(again.fit(examples, changes))).toEqual(error)
  })

  const changed: [string, Examples][] = [
    ['fewer', examplesOf(59)],
    ['an input', { ...examples, inputs: (examples.inputs as Float32Array).with(5, 9) }],
    ['a label', { ...examples, targets: (examples.targets as Uint8Array).with(5, 3) }],
    ['weights', { ...examples, sampleWeights: new Float32Array(60).fill(2) }],
  ]
  it.each(changed)('refuses other examples: %s', async (_, other) => {
    await using trainer = await create()
    const error = await rejection(trainer.fit(other, { resume: 'run' }))
    expect((error as Error).message).toContain('the 60 examples that this training began with')
  })

  it('takes equal examples in arrays of other types', async () => {
    await using again = await load('run')
    await again.fit({
      inputs: Float64Array.from(examples.inputs),
      targets: Int32Array.from(examples.targets),
    })
    expect(again.parametersHash()).toBe(whole.hash)
  })

  it('needs a file of a training that can go on', async () => {
    await using trainer = await create()
    await trainer.save('untrained')
    expect(await rejection(trainer.fit(examples, { resume: 'untrained' }))).toEqual(
      new InputError(
        'fit: resume',
        'a file of a training that can go on',
        'untrained, which holds no training',
      ),
    )
    expect(await rejection(trainer.fit(examples, { resume: 'none' }))).toBeInstanceOf(FileError)
    expect(await rejection(trainer.fit(examples, { resume: 3 as unknown as string }))).toEqual(
      new InputError('fit: resume', 'the path of a file', '3'),
    )
  })
})

describe('save', () => {
  it('while fit runs, between two steps: from outside and from its callbacks', async () => {
    await using trainer = await create()
    const saves: Promise<void>[] = []
    const fit = trainer.fit(examples, {
      ...fitting,
      onEpoch({ epoch }) {
        if (epoch === 2) saves.push(trainer.save('in onEpoch'))
      },
    })
    saves.push(trainer.save('outside'))
    await fit
    await Promise.all(saves)
    for (const file of ['in onEpoch', 'outside']) {
      await using again = await load(file)
      await again.fit(examples)
      expect(again.parametersHash(), file).toBe(trainer.parametersHash())
    }
  })

  it('never saves what the learning-rate finder only tries', async () => {
    await using trainer = await create()
    await trainer.fit(examples, fitting)
    const finding = trainer.findLearningRate(examples, { steps: 30 })
    await trainer.save('found')
    await finding
    await using again = await load('found')
    expect(again.parametersHash()).toBe(whole.hash)
  })

  it('after early stopping keeps the best parameters, and a training that is over', async () => {
    const rising: FitOptions = {
      epochs: 30,
      batchSize: 16,
      validation: 0.3,
      earlyStopping: { patience: 2 },
    }
    await using trainer = await create({ optimizer: sgd({ learningRate: 9 }) })
    await trainer.fit(examples, rising)
    await trainer.save('stopped')
    await using again = await load('stopped')
    expect(again.parametersHash()).toBe(trainer.parametersHash())
    expect((await again.fit(examples, { epochs: 1 })).epoch).toEqual([1])
    await using other = await create({ optimizer: sgd({ learningRate: 9 }) })
    expect(String(await rejection(other.fit(examples, { resume: 'stopped' })))).toContain(
      'whose training has ended with its best epoch',
    )
  })

  it('refuses what is no path, and a trainer that is closed', async () => {
    const trainer = await create()
    expect(await rejection(trainer.save(''))).toBeInstanceOf(InputError)
    const saving = trainer.save('closing')
    await trainer.close()
    await saving
    expect(files.has('closing')).toBe(true)
    expect(await rejection(trainer.save('closed'))).toBeInstanceOf(ClosedError)
  })
})

describe('model', () => {
  it('predicts with the last step while fit runs, and is a copy', async () => {
    await using trainer = await create()
    const fit = trainer.fit(examples, { epochs: 200, batchSize: 16 })
    const model = trainer.model()
    const outputs = model.predict(examples.inputs)
    expect(outputs).toHaveLength(240)
    await fit
    expect(model.predict(examples.inputs)).toEqual(outputs)
    expect(trainer.model().predict(examples.inputs)).toEqual(await trainer.predict(examples.inputs))
  })
})

describe('checkpoints of fit', () => {
  const wrong: [FitOptions['checkpoint'], string][] = [
    [{} as { file: string }, 'checkpoint.file'],
    [{ file: '' }, 'checkpoint.file'],
    [{ file: 'x', everySeconds: 0 }, 'checkpoint.everySeconds'],
    [{ file: 'x', everyEpochs: 1.5 }, 'checkpoint.everyEpochs'],
    [{ file: 'x', often: true } as { file: string }, 'checkpoint.often'],
  ]
  it.each(wrong)('%j is refused before work starts', async (checkpoint, field) => {
    await using trainer = await create()
    const error = await rejection(trainer.fit(examples, { checkpoint }))
    expect((error as InputError).where).toContain(field)
  })

  it('of every second epoch, of the best and of the end', async () => {
    await using trainer = await create()
    await trainer.fit(examples, {
      epochs: 5,
      checkpoint: { file: 'kept.safetensors', everyEpochs: 2, keepBest: true },
    })
    await using last = await load('kept.safetensors')
    expect(last.parametersHash()).toBe(trainer.parametersHash())
    expect(files.has('kept.previous.safetensors')).toBe(true)
    await using best = await load('kept.best.safetensors')
    expect(best.options).toEqual(last.options)
  })

  it('on the disk of this machine', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'shardgrad-save-'))
    afterAll(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'run.safetensors')
    await using trainer = await createWithOwnThreads(recipe)
    await trainer.fit(examples, { ...fitting, checkpoint: { file, everyEpochs: 1 } })
    expect(readdirSync(directory).sort()).toEqual(['run.previous.safetensors', 'run.safetensors'])
    await using again = await loadWithOwnThreads(file)
    expect(again.parametersHash()).toBe(whole.hash)
    const missing = join(directory, 'missing', 'run')
    const refused = await rejection(trainer.fit(examples, { checkpoint: { file: missing } }))
    expect(refused).toEqual(new FileError(missing, 'its directory does not exist'))
  })
})
