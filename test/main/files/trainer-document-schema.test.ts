// What a file says for a trainer that goes on.

import { describe, expect, it } from 'vitest'
import {
  FileError,
  type TrainerDocument,
  adam,
  dense,
  reduceOnPlateau,
} from '../../../dist/main/index.js'
import { toJson } from '../../../dist/main/files/json.js'
import { decodeModelFile } from '../../../dist/main/files/model-file.js'
import { checkTrainerDocument } from '../../../dist/main/files/trainer-document-schema.js'
import { fileOf } from './support.js'

const sha256 = '0123456789abcdef'.repeat(4)
const trainer: TrainerDocument = {
  loss: 'categoricalCrossEntropy',
  optimizer: adam({ learningRate: reduceOnPlateau({ learningRate: 0.1 }) }),
  l2: 0.1,
  clipNorm: 3,
  seed: -7,
  shards: 'auto',
  backend: 'wasm',
  kernels: 'WebAssembly SIMD',
  updates: 12,
  training: {
    options: {
      epochs: 5,
      initialEpoch: 0,
      batchSize: 'all',
      accumulationSteps: 2,
      shuffle: true,
      validation: 0.1,
      classWeights: { 0: 1, 1: 5 },
      metrics: ['f1', 'confusionMatrix', 'auc'],
      topK: 2,
      earlyStopping: { monitor: 'validationCost', patience: 3, minimumChange: 0 },
    },
    examples: { count: 100, sha256 },
    validation: { count: 10, sha256 },
    step: 24,
    sums: [1.5, 100, 88, 0],
    seconds: 0.25,
    plateau: { best: 0.5, waited: 1, cooling: 0, reduction: 0.1 },
    stopping: { best: Infinity, waited: 0, epoch: 1 },
    ended: false,
    history: {
      epoch: [1, 2],
      cost: [1.25, 0.75],
      loss: [1, 0.5],
      accuracy: [0.5, 0.75],
      validationCost: [Infinity, NaN],
      validationAccuracy: [0.5, -Infinity],
      learningRate: [0.1, 0.01],
      seconds: 2,
      f1: [0.5, 0.75],
      validationAuc: [NaN, 1],
      validationConfusionMatrix: [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ],
    },
  },
}
const network = { inputs: 1, layers: [dense(2, 'softmax')] }

it('what is written is read again, numbers too that JSON does not know', async () => {
  for (const said of [trainer, { ...trainer, training: undefined, clipNorm: undefined }]) {
    const { document } = await decodeModelFile('m', fileOf(network, undefined, { trainer: said }))
    expect(checkTrainerDocument('m', document!)).toEqual(said)
  }
})

describe('what is wrong is named', () => {
  const cases: [path: string, value: unknown, message: string][] = [
    ['loss', 'huge', 'expected one of halfSquaredError, meanSquaredError, '],
    ['optimizer.learningRate.factor', 2, 'expected a number between 0 and 1, got 2'],
    ['seed', 0.5, 'expected a whole number no larger than 2^53 - 1 in size, got 0.5'],
    ['backend', 'auto', 'expected one of native, wasm-relaxed, wasm, reference'],
    ['updates', undefined, 'expected a value, got nothing'],
    ['more', 1, 'expected no such field, got 1'],
    ['training.step', -1, 'expected a whole number of at least 0, got -1'],
    [
      'training.sums',
      [1, 'x'],
      "[1]: expected a number, or one of 'NaN', 'Infinity', '-Infinity', got 'x'",
    ],
    ['training.examples.sha256', 'abc', "expected a sha256 in hexadecimal, got 'abc'"],
    ['training.options.batchSize', undefined, 'expected a value, got nothing'],
    ['training.options.classWeights', { a: 1 }, 'expected a weight of at least 0 for each class'],
    ['training.options.metrics', ['f2'], '[0]: expected one of accuracy, '],
    ['training.history.cost', null, 'expected a list of numbers, got null'],
    ['training.history.validationF1', [[1]], '[0]'],
    ['training.history.validationAccuracy', undefined, 'expected a value, got nothing'],
    ['training.stopping.waited', 'x', 'expected a whole number of at least 0'],
    ['training.plateau', [], 'expected a value, got nothing'],
  ]
  it.each(cases)('%s', (path, value, message) => {
    const changed: Record<string, unknown> = JSON.parse(toJson({ trainer })) as never
    const keys = ['trainer', ...path.split('.')]
    const last = keys.pop()!
    const place = keys.reduce((o, key) => o[key] as Record<string, unknown>, changed)
    if (value === undefined) Reflect.deleteProperty(place, last)
    else place[last] = value
    let error: unknown
    try {
      checkTrainerDocument('m', changed)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(FileError)
    expect((error as FileError).message).toContain(`m: its document: trainer.${path}`)
    expect((error as FileError).message).toContain(message)
  })

  it('or that there is nothing of it', () => {
    expect(() => checkTrainerDocument('m', {})).toThrow(
      new FileError('m', 'it holds a model alone, and does not say how to train it'),
    )
  })
})
