// Sample weights and class weights.

import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import type { Examples, FitOptions, TrainerOptions } from '../../../dist/main/index.js'
import { backendsHere } from '../../machine.js'
import { COLUMNS, distance, examplesOf, trained, trainerOf, valuesOf } from './support.js'

const examples = examplesOf(12)
const counts = [1, 2, 0, 3, 1, 1, 2, 0, 1, 4, 1, 1]
const rows = counts.flatMap((count, row) => Array.from({ length: count }, () => row))
const repeated: Examples = {
  inputs: Float32Array.from(
    rows.flatMap((row) => Array.from(examples.inputs.slice(row * COLUMNS, (row + 1) * COLUMNS))),
  ),
  targets: Uint8Array.from(rows, (row) => examples.targets[row]!),
}

it.each(backendsHere)(
  '%s: a weight of k is as good as k examples: cost and gradient, with L2',
  async (backend) => {
    await using trainer = await trainerOf({ backend, l2: 0.3 })
    const weighed = await trainer.gradient(
      examples.inputs,
      examples.targets,
      Float32Array.from(counts),
    )
    const expected = await trainer.gradient(repeated.inputs, repeated.targets)
    const bound = backend === 'reference' ? 1e-14 : 2e-6
    expect(Math.abs(weighed.cost - expected.cost)).toBeLessThan(bound)
    expect(distance(valuesOf(weighed), valuesOf(expected))).toBeLessThan(bound)
    const evaluated = await trainer.evaluate({
      ...examples,
      sampleWeights: Float32Array.from(counts),
    })
    expect(Math.abs(evaluated.cost - (await trainer.evaluate(repeated)).cost)).toBeLessThan(bound)
  },
)

it('only their ratio matters without L2, and weights of 1 change nothing', async () => {
  await using trainer = await trainerOf()
  const [plain, ones] = [
    await trainer.gradient(examples.inputs, examples.targets),
    await trainer.gradient(examples.inputs, examples.targets, new Float64Array(12).fill(1)),
  ]
  expect(distance(valuesOf(plain), valuesOf(ones))).toBeLessThan(1e-15)
  const [once, tenfold] = [counts, counts.map((count) => 10 * count)].map((weights) =>
    trainer.gradient(examples.inputs, examples.targets, Float64Array.from(weights)),
  )
  expect(distance(valuesOf(await once!), valuesOf(await tenfold!))).toBeLessThan(1e-15)
})

it('training with them, whole batches: as with repeated examples; class weights are weights by class', async () => {
  const fit: FitOptions = { epochs: 4, batchSize: 'all' }
  const weighed = await trained({}, { ...examples, sampleWeights: Float64Array.from(counts) }, fit)
  const expected = await trained({}, repeated, fit)
  expect(distance(weighed.values, expected.values)).toBeLessThan(1e-13)
  expect(distance(weighed.history.cost, expected.history.cost)).toBeLessThan(1e-13)
  const classes = [0.5, 2, 3]
  const byClass = await trained({}, examples, { ...fit, classWeights: classes })
  const byExample = await trained(
    {},
    {
      ...examples,
      sampleWeights: Float64Array.from(examples.targets, (label) => classes[label]!),
    },
    fit,
  )
  expect(byClass.hash).toBe(byExample.hash)
  expect((await trained({}, examples, { ...fit, classWeights: { 1: 2 } })).hash).toBe(
    (
      await trained(
        {},
        {
          ...examples,
          sampleWeights: Float64Array.from(examples.targets, (label) => (label === 1 ? 2 : 1)),
        },
        fit,
      )
    ).hash,
  )
})

it('a batch that weighs nothing moves nothing', async () => {
  await using trainer = await trainerOf({ l2: 1 })
  const before = trainer.parametersHash()
  const history = await trainer.fit(
    { ...examples, sampleWeights: new Float64Array(12) },
    { epochs: 2 },
  )
  expect(trainer.parametersHash()).toBe(before)
  expect(history.cost).toEqual([0, 0])
})

it.each<[string, Partial<TrainerOptions>, FitOptions]>([
  ['clipped', { clipNorm: 0.1 }, { batchSize: 4 }],
  ['of several batches', {}, { batchSize: 2, accumulationSteps: 2 }],
  ['of several batches, clipped', { clipNorm: 0.1 }, { batchSize: 2, accumulationSteps: 2 }],
])(
  'an update %s moves nothing either where its examples weigh nothing; those after it do',
  async (_, options, fit) => {
    const firstFour = new Float64Array(12).fill(1).fill(0, 0, 4)
    const weighed: Examples = { ...examples, sampleWeights: firstFour }
    const rest: Examples = {
      inputs: examples.inputs.slice(4 * COLUMNS),
      targets: examples.targets.slice(4),
    }
    const inOrder: FitOptions = { ...fit, epochs: 2, shuffle: false }
    const all = await trained(options, weighed, inOrder)
    const alone = await trained(options, rest, inOrder)
    expect(all.hash).toBe(alone.hash)
    expect(all.history.cost).toEqual(alone.history.cost)
  },
)

it('rows held out keep their own weights, and those trained on theirs; class weights are for training alone', async () => {
  const sampleWeights = Float64Array.from({ length: 12 }, (_, row) => 1 + ((row * 5) % 7))
  const targets = Uint8Array.from({ length: 12 }, (_, row) => row % 3)
  const rowsOf = (from: number, to: number): Examples => ({
    inputs: examples.inputs.slice(from * COLUMNS, to * COLUMNS),
    targets: targets.slice(from, to),
    sampleWeights: sampleWeights.slice(from, to),
  })
  const fit: FitOptions = { epochs: 3, batchSize: 4, classWeights: [0.5, 2, 3] }
  const share = await trained({}, rowsOf(0, 12), { ...fit, validation: 0.5 })
  const apart = await trained({}, rowsOf(0, 6), { ...fit, validation: rowsOf(6, 12) })
  expect(share.hash).toBe(apart.hash)
  expect(share.history.cost).toEqual(apart.history.cost)
  expect(share.history.validationCost).toEqual(apart.history.validationCost)
})

it("a class's weight multiplies the example's own, said by labels or by a row of targets", async () => {
  const own = Float64Array.from(counts)
  const classes = [0.5, 2, 3]
  const fit: FitOptions = { epochs: 2, batchSize: 5 }
  const rows = Float64Array.from({ length: 12 * 3 }, (_, i) =>
    i % 3 === examples.targets[Math.floor(i / 3)] ? 1 : 0,
  )
  for (const targets of [examples.targets, rows]) {
    const weighed: Examples = { inputs: examples.inputs, targets, sampleWeights: own }
    const both = await trained({}, weighed, { ...fit, classWeights: classes })
    const product = own.map((weight, row) => weight * classes[examples.targets[row]!]!)
    const once = await trained({}, { ...weighed, sampleWeights: product }, fit)
    expect(both.hash).toBe(once.hash)
    expect(both.history.cost).toEqual(once.history.cost)
  }
})

it('what is no weight is an error that names it', async () => {
  await using trainer = await trainerOf()
  await expect(trainer.fit({ ...examples, sampleWeights: new Float64Array(11) })).rejects.toThrow(
    'fit: sampleWeights: expected a typed array of 12, one for each example, got Float64Array(11)',
  )
  await expect(
    trainer.fit({ ...examples, sampleWeights: new Float64Array(12).fill(1).fill(-1, 5, 6) }),
  ).rejects.toThrow('fit: sampleWeights, row 5: expected numbers of at least 0, got -1')
  await expect(
    trainer.fit({ ...examples, sampleWeights: new Float64Array(12).fill(NaN) }),
  ).rejects.toThrow('fit: sampleWeights, row 0: expected finite numbers, got NaN')
  await expect(trainer.fit(examples, { classWeights: { 7: 1 } })).rejects.toThrow(
    "fit: classWeights: expected classes from 0 to 2, got '7'",
  )
  await expect(trainer.fit(examples, { classWeights: { '-1': 1 } })).rejects.toThrow(
    "fit: classWeights: expected classes from 0 to 2, got '-1'",
  )
  await using line = await trainerOf({
    network: { inputs: COLUMNS, layers: [dense(1)] },
    loss: 'meanSquaredError',
  })
  await expect(
    line.fit({ inputs: examples.inputs, targets: new Float64Array(12) }, { classWeights: [1, 2] }),
  ).rejects.toThrow(
    'fit: classWeights: expected targets that say one class: labels, softmax outputs, or one sigmoid output for 0 and 1, got 1 identity output',
  )
  await expect(trainer.fit(examples, { classWeights: [1, -1] })).rejects.toThrow(
    'fit: classWeights[1]: expected a number of at least 0, got -1',
  )
})
