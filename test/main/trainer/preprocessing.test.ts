// A trainer given preprocessing does what one given applied inputs does, bit for bit.

import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  type Examples,
  type PreprocessingStep,
  type TrainerOptions,
  InputError,
  applyPreprocessing,
  checkGradients,
  cross,
  dense,
  minMax,
  oneHot,
  sgd,
  standardize,
} from '../../../dist/main/index.js'
import { backendNames } from '../../../dist/shared/backend-names.js'
import { columnsAfter } from '../../../dist/shared/formulas/preprocessing/steps.js'
import { has } from '../../machine.js'
import { createTrainer } from '../shared-threads.js'

const COUNT = 150
const SCALE = 1 / 51
const bytes = Uint8Array.from({ length: 3 * COUNT }, (_, i) =>
  i % 3 === 2 ? 51 * (i % 5) : (i * i * 7) % 256,
)
const scaled = Float64Array.from(bytes, (value) => value * SCALE)
const targets = Uint8Array.from({ length: COUNT }, (_, row) => row % 4)

const hot = oneHot(scaled, 3, 2)
const stacked: PreprocessingStep[] = [hot, cross(0, 1, 1)]
const width = columnsAfter(stacked, 3)
const preprocessing: PreprocessingStep[] = [
  ...stacked,
  standardize(applyPreprocessing(stacked, scaled, 3), width),
]
const applied = applyPreprocessing(preprocessing, scaled, 3)

const options: Omit<TrainerOptions, 'network'> = {
  loss: 'categoricalCrossEntropy',
  optimizer: sgd({ learningRate: 0.3 }),
  seed: 3,
  shards: 4,
  workers: 2,
}
const layers = [dense(6, 'tanh'), dense(4, 'softmax')]

describe.each(backendNames.filter(has))('%s', (backend) => {
  it.each([
    ['bytes that are scaled', bytes, SCALE],
    ['float64 numbers', scaled, 1],
  ] as const)(
    '%s: the same gradient, training, evaluation and predictions',
    async (_, inputs, scale) => {
      await using given = await createTrainer({
        ...options,
        backend,
        network: { inputs: 3, scale, preprocessing, layers },
      })
      await using plain = await createTrainer({
        ...options,
        backend,
        network: { inputs: width, layers },
      })
      expect(given.info.parameters).toBe(plain.info.parameters)
      expect(await given.gradient(inputs, targets)).toEqual(await plain.gradient(applied, targets))
      const fit = { epochs: 3, batchSize: 32, validation: 0.2 }
      const [history, expected] = [
        await given.fit({ inputs, targets }, fit),
        await plain.fit({ inputs: applied, targets }, fit),
      ]
      expect([history.cost, history.validationCost]).toEqual([
        expected.cost,
        expected.validationCost,
      ])
      expect(given.parametersHash()).toBe(plain.parametersHash())
      expect(await given.evaluate({ inputs, targets })).toEqual(
        await plain.evaluate({ inputs: applied, targets }),
      )
      expect(await given.predict(inputs)).toEqual(await plain.predict(applied))
    },
  )
})

it('the gradient with preprocessing passes its check', async () => {
  const { parameters, passed } = await checkGradients(
    { ...options, network: { inputs: 3, scale: SCALE, preprocessing, layers } },
    { inputs: bytes, targets },
  )
  expect([parameters, passed]).toEqual([(width + 1) * 6 + 7 * 4, true])
})

it('a list of no preprocessing is as good as none', async () => {
  const network = { inputs: 3, scale: SCALE, layers }
  await using without = await createTrainer({ ...options, network })
  await using empty = await createTrainer({
    ...options,
    network: { ...network, preprocessing: [] },
  })
  expect(await empty.predict(bytes)).toEqual(await without.predict(bytes))
})

describe('many rows', () => {
  const rows = 600_000
  const many = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 7) - 3)
  const network = {
    inputs: 2,
    preprocessing: [cross(0, 1), minMax(applyPreprocessing([cross(0, 1)], many, 2), 3)],
    layers: [dense(1)],
  }
  const create = () =>
    createTrainer({ network, loss: 'meanSquaredError', workers: 1, backend: 'wasm' })

  it('are stored in slices, each in its place; the event loop turns between them', async () => {
    await using trainer = await create()
    await using plain = await createTrainer({
      network: { inputs: 3, layers: [dense(1)] },
      loss: 'meanSquaredError',
      workers: 1,
      backend: 'wasm',
    })
    let [turns, over] = [0, false]
    const count = (async () => {
      for (; !over; turns++) await setImmediate()
    })()
    const outputs = await trainer.predict(many)
    over = true
    await count
    expect(turns).toBeGreaterThan(3)
    const expected = await plain.predict(applyPreprocessing(network.preprocessing, many, 2))
    expect(Buffer.compare(Buffer.from(outputs.buffer), Buffer.from(expected.buffer))).toBe(0)
  })

  it('an error names the row, in whatever slice it is', async () => {
    await using trainer = await create()
    const spoilt = many.slice()
    spoilt[2 * 500_001 + 1] = NaN
    await expect(trainer.predict(spoilt)).rejects.toThrow(
      new InputError('predict: inputs, row 500001', 'finite numbers', 'NaN'),
    )
  })
})

it('what is wrong with the inputs is an InputError that names the row; the trainer stays usable', async () => {
  await using trainer = await createTrainer({
    ...options,
    network: { inputs: 3, preprocessing: [hot, cross(0, 1)], layers },
  })
  const examples = (inputs: Float64Array): Examples => ({ inputs, targets })
  await expect(trainer.fit(examples(scaled.with(3 * 20 + 2, 9)))).rejects.toThrow(
    new InputError(
      'fit: inputs, row 20',
      `one of the ${hot.categories.length} categories of column 2`,
      '9',
    ),
  )
  await expect(
    trainer.evaluate(examples(scaled.with(3 * 7, 1e200).with(3 * 7 + 1, 1e200))),
  ).rejects.toThrow(/^evaluate: inputs, row 7: expected finite numbers, got 1e\+200$/)
  await expect(trainer.predict(scaled.subarray(1))).rejects.toThrow(
    /^predict: inputs: expected one or more rows of 3, got Float64Array\(449\)$/,
  )
  expect(await trainer.predict(scaled)).toHaveLength(4 * COUNT)
})

it('the shape of setParameters is that of the columns after preprocessing', async () => {
  await using trainer = await createTrainer({
    ...options,
    network: { inputs: 3, preprocessing, layers },
  })
  expect(trainer.getParameters().weights[0]).toHaveLength(width * 6)
  expect(() =>
    trainer.setParameters({
      weights: [new Float64Array(3 * 6), new Float64Array(24)],
      biases: [new Float64Array(6), new Float64Array(4)],
    }),
  ).toThrow(new RegExp(`of ${width * 6} \\(${width} rows of 6\\)`))
})
