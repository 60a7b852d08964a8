// Whatever a call is given, what it says about it can be read.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  InputError,
  applyPreprocessing,
  checkGradients,
  createTrainer,
  dense,
  loadDataSet,
  minMax,
  oneHot,
  sgd,
  standardize,
  trainTestSplit,
} from '../../dist/main/index.js'
import type { TrainerOptions } from '../../dist/main/index.js'
import { loadImages } from '../../dist/main/data/image-files.js'
import { show } from '../../dist/shared/errors.js'
import { readIdx } from '../../dist/main/data/idx.js'
import { shardgrad } from './support.js'

const MOST = 600

const options: TrainerOptions = {
  network: { inputs: 3, layers: [dense(4, 'softmax')] },
  loss: 'categoricalCrossEntropy',
  workers: 1,
}
const examples = { inputs: new Float32Array(30), targets: new Uint8Array(10) }
const trainer = await createTrainer(options)
afterAll(() => trainer.close())

const long = 'x'.repeat(100_000)
const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field${i}`, i]))
const wild: unknown[] = [
  long,
  wide,
  { [long]: 1 },
  { [long]: long },
  Array.from({ length: 100_000 }, () => long),
  new Float32Array(1e5),
  new BigInt64Array(1e4),
  10n ** 20_000n,
  Symbol(long),
  new Error(long),
  new Date(),
  new Map([[long, long]]),
  Object.create(null),
  { constructor: 1, toString: 2, hasOwnProperty: 3, name: long, length: 5 },
  () => long,
  null,
  -0,
  NaN,
]

/** How a call fails, if it does. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error
  }
}

async function expectReadable(call: () => unknown, what: string): Promise<void> {
  const error = await failureOf(call)
  if (error === undefined) return
  expect(error, `${what}: ${show(error)}`).toBeInstanceOf(InputError)
  const { message } = error as InputError
  expect(message.length, `${what}: ${show(message)}`).toBeLessThan(MOST)
  expect(message).not.toMatch(/native code|\[object/)
}

/** Every call, with a wild value at each place where one can be. */
const calls: Record<string, (value: never) => unknown> = {
  'createTrainer: options': (value) => createTrainer(value),
  'createTrainer: network': (network) => createTrainer({ ...options, network }),
  'createTrainer: layers': (layers) =>
    createTrainer({ ...options, network: { inputs: 3, layers } }),
  'createTrainer: a layer': (layer) =>
    createTrainer({ ...options, network: { inputs: 3, layers: [layer] } }),
  'createTrainer: activation': (activation) =>
    createTrainer({ ...options, network: { inputs: 3, layers: [dense(4, activation)] } }),
  'createTrainer: preprocessing': (preprocessing) =>
    createTrainer({ ...options, network: { ...options.network, preprocessing } }),
  'createTrainer: a step of preprocessing': (step) =>
    createTrainer({ ...options, network: { ...options.network, preprocessing: [step] } }),
  'createTrainer: loss': (loss) => createTrainer({ ...options, loss }),
  'createTrainer: optimizer': (optimizer) => createTrainer({ ...options, optimizer }),
  'createTrainer: learningRate': (learningRate) =>
    createTrainer({ ...options, optimizer: sgd({ learningRate }) }),
  'createTrainer: an unknown option': (value: object) => createTrainer({ ...options, ...value }),
  'fit: examples': (value) => trainer.fit(value),
  'fit: inputs': (inputs) => trainer.fit({ ...examples, inputs }),
  'fit: targets': (targets) => trainer.fit({ ...examples, targets }),
  'fit: sampleWeights': (sampleWeights) => trainer.fit({ ...examples, sampleWeights }),
  'fit: more fields': (value: object) => trainer.fit({ ...examples, ...value }),
  'fit: weights': (weights) => trainer.fit({ ...examples, weights } as never),
  'fit: options': (value) => trainer.fit(examples, value),
  'fit: metrics': (metrics) => trainer.fit(examples, { metrics }),
  'fit: a metric': (metric) => trainer.fit(examples, { metrics: [metric] }),
  'fit: classWeights': (classWeights) => trainer.fit(examples, { classWeights }),
  'fit: a class weight': (weight) => trainer.fit(examples, { classWeights: { 0: weight } }),
  'fit: validation': (validation) => trainer.fit(examples, { validation }),
  'fit: monitor': (monitor) => trainer.fit(examples, { earlyStopping: { monitor } }),
  'epochs: options': (value) => trainer.epochs(examples, value).next(),
  'findLearningRate: options': (value) => trainer.findLearningRate(examples, value),
  'evaluate: examples': (value) => trainer.evaluate(value),
  'evaluate: options': (value) => trainer.evaluate(examples, value),
  predict: (value) => trainer.predict(value),
  'gradient: inputs': (inputs) => trainer.gradient(inputs, examples.targets),
  'gradient: targets': (targets) => trainer.gradient(examples.inputs, targets),
  setParameters: (value) => trainer.setParameters(value),
  'setParameters: weights': (weights) => trainer.setParameters({ weights, biases: [] }),
  'setParameters: one weights': (weights) =>
    trainer.setParameters({ weights: [weights], biases: [] }),
  'trainTestSplit: examples': (value) => trainTestSplit(value, 3),
  'trainTestSplit: inputs': (inputs) => trainTestSplit({ ...examples, inputs }, 3),
  'trainTestSplit: columns': (columns) => trainTestSplit(examples, columns),
  'trainTestSplit: options': (value) => trainTestSplit(examples, 3, value),
  'standardize: inputs': (inputs) => standardize(inputs, 1),
  'standardize: columns': (columns) => standardize([1, 2, 3], columns),
  'standardize: a value': (value) => standardize([value], 1),
  'minMax: inputs': (inputs) => minMax(inputs, 1),
  'oneHot: column': (column) => oneHot([1, 2, 3], 3, column),
  'applyPreprocessing: steps': (steps) => applyPreprocessing(steps, [1, 2, 3], 3),
  'applyPreprocessing: a step': (step) => applyPreprocessing([step], [1, 2, 3], 3),
  'applyPreprocessing: its columns': (columns) =>
    applyPreprocessing([{ name: 'cross', columns }], [1, 2, 3], 3),
  'applyPreprocessing: a mean': (mean) =>
    applyPreprocessing([{ name: 'standardize', mean, deviation: [1, 1, 1] }], [1, 2, 3], 3),
  'applyPreprocessing: inputs': (inputs) => applyPreprocessing([], inputs, 3),
  loadDataSet: (name) => loadDataSet(name),
  'checkGradients: options': (value) => checkGradients(value, examples),
  'checkGradients: examples': (value) => checkGradients(options, value),
  'checkGradients: settings': (value) => checkGradients(options, examples, value),
}

describe('a message is short, whatever the value', () => {
  for (const [what, call] of Object.entries(calls)) {
    it(what, async () => {
      for (const value of wild) await expectReadable(() => call(value as never), what)
    })
  }

  it('and whatever the structure', async () => {
    const value = fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 3 })
    await fc.assert(
      fc.asyncProperty(value, fc.constantFrom(...Object.keys(calls)), async (given, what) =>
        expectReadable(() => calls[what]!(given as never), what),
      ),
      { seed: 6, numRuns: 1000 },
    )
  })
})

describe('a message about a file is short, whatever it holds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shardgrad-messages-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }

  it('an IDX file of 255 dimensions', async () => {
    const bytes = new Uint8Array(4 + 4 * 255 + 1).fill(255)
    bytes.set([0, 0, 8, 255])
    await expectReadable(() => readIdx(file('dimensions', bytes)), 'dimensions')
    await expectReadable(() => readIdx(file('not.gz', bytes)), 'gzip')
  })

  it('images in such files, and in a directory of a long name', async () => {
    const bytes = new Uint8Array(4 + 4 * 255 + 1).fill(1)
    bytes.set([0, 0, 8, 255])
    bytes.set(
      new Uint8Array(4 * 255).map((_, i) => (i % 4 === 3 ? 1 : 0)),
      4,
    )
    for (const name of ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']) file(name, bytes)
    await expectReadable(() => loadImages(folder), 'images')
    await expectReadable(() => loadImages(`./${long}`), 'directory')
  })

  it('a network description', async () => {
    for (const [name, text] of Object.entries({
      long: `"${long}"`,
      broken: `{ "a": ${long}`,
      wide: JSON.stringify({ ...wide, inputs: 2 }),
      units: JSON.stringify({ inputs: 2, layers: [{ units: long }] }),
    })) {
      const { code, err } = await shardgrad(['check', 'xor', '--network', file(name, text)])
      expect(code).toBe(2)
      expect(err.length, name).toBeLessThan(MOST)
    }
  })
})
