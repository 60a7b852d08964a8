import { dropout } from '../../dist/shared/model/layers/dropout.js'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { loadDataSet } from '../../dist/main/data/data-sets.js'
import {
  type Examples,
  type FitOptions,
  type Optimizer,
  type Trainer,
  type TrainerOptions,
  adadelta,
  adagrad,
  adam,
  adamw,
  cosineDecay,
  dense,
  exponentialDecay,
  rmsprop,
  sgd,
  trainTestSplit,
  warmUp,
} from '../../dist/main/index.js'
import { backendNames } from '../../dist/shared/backend-names.js'
import { slotCount } from '../../dist/shared/batches/shards.js'
import { has } from '../machine.js'
import { createTrainer } from '../main/shared-threads.js'
import { gradientWorker } from '../main/shared-threads.js'

const delayingScript = new URL('../fixtures/delaying-worker.js', import.meta.url)

const digits = await loadDataSet('digits')
const { training, test: heldOut } = trainTestSplit(digits, 64, { test: 0.1, seed: 5 })

async function hashOf(
  script: URL,
  options: Partial<TrainerOptions>,
  examples: Examples,
  fit: FitOptions,
): Promise<string> {
  await using trainer = await trainerOn(script, options)
  const history = await trainer.fit(examples, fit)
  const { cost } = await trainer.evaluate(heldOut)
  return `${trainer.parametersHash()} ${history.cost.join(' ')} ${history.validationCost.join(' ')} ${cost}`
}

async function trainerOn(script: URL, options: Partial<TrainerOptions>): Promise<Trainer> {
  return createTrainer(
    {
      network: {
        inputs: 64,
        scale: 1 / 16,
        layers: [dense(48, 'sigmoid'), dense(24, 'tanh'), dense(10, 'softmax')],
      },
      loss: 'categoricalCrossEntropy',
      optimizer: sgd({ learningRate: 0.5 }),
      seed: 5,
      shards: 8,
      l2: 0.1,
      ...options,
    },
    script,
  )
}

const firstRows = (count: number): Examples => ({
  inputs: training.inputs.subarray(0, count * 64),
  targets: training.targets.subarray(0, count),
})

describe('the same bits for any number of workers', () => {
  const cases: [string, Examples, FitOptions][] = [
    ['an uneven last batch', firstRows(301), { epochs: 2, batchSize: 77, validation: heldOut }],
    ['a batch smaller than the number of shards', firstRows(11), { epochs: 3, batchSize: 5 }],
    ['one example', firstRows(1), { epochs: 3, batchSize: 'all' }],
    ['the whole set at once', firstRows(500), { epochs: 2, batchSize: 'all', validation: 0.2 }],
  ]
  for (const backend of backendNames) {
    describe.skipIf(!has(backend))(backend, () => {
      it.each(cases)(
        "%s: parameters, costs and validation costs of 2, 3 and 8 workers equal one worker's",
        async (_, examples, fit) => {
          const expected = await hashOf(gradientWorker, { backend, workers: 1 }, examples, fit)
          for (const workers of [2, 3, 8])
            expect(
              await hashOf(gradientWorker, { backend, workers }, examples, fit),
              `${workers} workers`,
            ).toBe(expected)
        },
      )

      it('workers delayed at random at every barrier and claim change nothing', async () => {
        const fit: FitOptions = { epochs: 2, batchSize: 77, validation: heldOut }
        const expected = await hashOf(gradientWorker, { backend, workers: 1 }, firstRows(301), fit)
        for (const workers of [2, 3, 5])
          expect(
            await hashOf(delayingScript, { backend, workers }, firstRows(301), fit),
            `${workers} workers`,
          ).toBe(expected)
      })

      it('nor does it change anything how many shards a slot holds, or go side by side: fewer workers have fewer slots', async () => {
        // Shards of at most 11 rows, then of 4 or 5.
        const fit: FitOptions = { epochs: 2, batchSize: 700, validation: heldOut }
        const examples = firstRows(1000)
        expect([1, 2, 3, 5, 8].map((workers) => 64 / slotCount(64, workers))).toEqual([
          64, 32, 8, 4, 8,
        ]) // of which 16 go side by side
        const expected = await hashOf(
          gradientWorker,
          { backend, shards: 64, workers: 1 },
          examples,
          fit,
        )
        for (const workers of [2, 3, 5, 8])
          expect(
            await hashOf(gradientWorker, { backend, shards: 64, workers }, examples, fit),
            `${workers} workers`,
          ).toBe(expected)
        expect(
          await hashOf(delayingScript, { backend, shards: 64, workers: 3 }, examples, fit),
          'delayed',
        ).toBe(expected)
      })
    })
  }

  it('dropout leaves out the same, whoever computes it: slots of one shard or many, shards side by side, workers delayed', async () => {
    const network: TrainerOptions['network'] = {
      inputs: 64,
      scale: 1 / 16,
      layers: [
        dense(21, 'gelu'),
        dropout(0.2),
        dense(24, 'elu'),
        dropout(0.5),
        dense(10, 'softmax'),
      ],
    }
    const fit: FitOptions = { epochs: 2, batchSize: 120, validation: heldOut }
    for (const backend of backendNames.filter(has)) {
      const expected = await hashOf(
        gradientWorker,
        { backend, network, shards: 16, workers: 1 },
        firstRows(301),
        fit,
      )
      for (const workers of [2, 3, 8])
        expect(
          await hashOf(
            gradientWorker,
            { backend, network, shards: 16, workers },
            firstRows(301),
            fit,
          ),
          `${backend}, ${workers} workers`,
        ).toBe(expected)
      expect(
        await hashOf(
          delayingScript,
          { backend, network, shards: 16, workers: 3 },
          firstRows(301),
          fit,
        ),
        `${backend}, delayed`,
      ).toBe(expected)
    }
  })

  it('a shard longer than a block gives the bits of any number of workers', async () => {
    for (const backend of backendNames.filter(has)) {
      const fit: FitOptions = { epochs: 2, batchSize: 'all' }
      const expected = await hashOf(
        gradientWorker,
        { backend, shards: 2, workers: 1 },
        training,
        fit,
      )
      expect(
        await hashOf(gradientWorker, { backend, shards: 2, workers: 2 }, training, fit),
        backend,
      ).toBe(expected)
    }
  })
})

describe('whatever training is told: 3 workers have the bits of 1', () => {
  const network = {
    inputs: 64,
    scale: 1 / 16,
    layers: [dense(24, 'gelu'), dropout(0.3), dense(16, 'softplus'), dense(10, 'softmax')],
  }
  const everything: Partial<TrainerOptions> = { network, clipNorm: 0.5, l2: 0.1 }
  const examples: Examples = {
    ...firstRows(150),
    sampleWeights: Float32Array.from({ length: 150 }, (_, i) => (i % 5) / 2),
  }
  const fit: FitOptions = {
    epochs: 2,
    batchSize: 32,
    accumulationSteps: 2,
    classWeights: { 3: 2 },
    validation: heldOut,
    metrics: ['f1', 'topKAccuracy', 'confusionMatrix'],
    earlyStopping: { patience: 5 },
  }
  const optimizers: Optimizer[] = [
    sgd({ learningRate: 0.5, momentum: 0.9 }),
    sgd({ learningRate: 0.5, momentum: 0.9, nesterov: true }),
    rmsprop(),
    adagrad(),
    adadelta(),
    adam({
      learningRate: warmUp({ epochs: 1, then: cosineDecay({ learningRate: 0.01, epochs: 3 }) }),
    }),
    adamw({ learningRate: exponentialDecay({ learningRate: 0.01 }) }),
  ]
  for (const backend of backendNames) {
    it.skipIf(!has(backend))(
      `${backend}: every optimizer, with dropout, clipping, accumulation, class and example weights, schedules, metrics`,
      async () => {
        for (const optimizer of optimizers) {
          const expected = await hashOf(
            gradientWorker,
            { ...everything, optimizer, backend, workers: 1 },
            examples,
            fit,
          )
          expect(
            await hashOf(
              gradientWorker,
              { ...everything, optimizer, backend, workers: 3 },
              examples,
              fit,
            ),
            optimizer.name,
          ).toBe(expected)
        }
        const expected = await hashOf(
          gradientWorker,
          { ...everything, backend, workers: 1 },
          examples,
          fit,
        )
        expect(
          await hashOf(delayingScript, { ...everything, backend, workers: 2 }, examples, fit),
          'delayed',
        ).toBe(expected)
      },
    )
  }

  it('wasm: with everything, the hash that every machine gives', async () => {
    await using trainer = await trainerOn(gradientWorker, {
      ...everything,
      optimizer: optimizers[5]!,
      backend: 'wasm',
    })
    await trainer.fit(examples, fit)
    expect(trainer.parametersHash()).toBe(
      'cac1834060ad4178247de7615dd328aaa5e8d5622a76677c669d98a2e05d7829',
    )
  })
})

describe('the recipe of the promise', () => {
  const train = async (workers: number, backend: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      fileURLToPath(new URL('../../dist/main/commands/command-line.js', import.meta.url)),
      'train',
      'digits',
      '--layers',
      '48,24',
      '--optimizer',
      'sgd',
      '--learning-rate',
      '0.5',
      '--schedule',
      'constant',
      '--epochs',
      '3',
      '--batch-size',
      '77',
      '--shards',
      '8',
      '--workers',
      String(workers),
      '--backend',
      backend,
      '--seed',
      '5',
      '--json',
    ])
    return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { parametersHash: string })
      .parametersHash
  }

  it('wasm: 1, 3 and 8 workers give the hash that every machine gives', async () => {
    for (const workers of [1, 3, 8]) {
      expect(await train(workers, 'wasm')).toBe(
        '3e824c2456b67f78281e9cb637caf78143e61b8293316d6e71530fd0e78c8ecf',
      )
    }
  })

  for (const backend of ['native', 'wasm-relaxed', 'reference'] as const) {
    it.skipIf(!has(backend))(`${backend}: 1 and 5 workers give one hash`, async () =>
      expect(await train(5, backend)).toBe(await train(1, backend)),
    )
  }
})
