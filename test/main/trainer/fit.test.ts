// What fit trains, reports and waits for, and how it is aborted.

import { expect, it } from 'vitest'
import {
  type EpochReport,
  type Examples,
  type FloatArray,
  type Gradient,
  type Progress,
  type TrainerOptions,
  dense,
} from '../../../dist/main/index.js'
import { createTrainer } from '../shared-threads.js'
import { allFinite, create, examplesOf, rejection, rowsOf } from './support.js'

// 50 rows in batches of 16 end in one of 2, which is smaller than the number of shards.
for (const [count, batchSize, shards] of [
  [50, 16, 4],
  [10, 3, 8],
  [7, 100, 4],
  [1, 'all', 4],
] as const) {
  it(`${count} rows, batch size ${batchSize}, ${shards} shards: two epochs equal the updates by hand from gradient() to 1e-14; the cost is the mean over the examples`, async () => {
    const l2 = 0.3
    await using trainer = await create({ backend: 'reference', shards, l2 })
    // Without l2, whose term is the same in every batch: l2 / N of the weights.
    await using byHand = await create({ backend: 'reference', shards })
    const examples = examplesOf(count)
    const history = await trainer.fit(examples, { epochs: 2, batchSize, shuffle: false })
    const size = batchSize === 'all' ? count : batchSize
    const parameters = byHand.getParameters()
    for (let epoch = 0; epoch < 2; epoch++) {
      let costs = 0
      for (let first = 0; first < count; first += size) {
        const batch = rowsOf(examples, first, first + size)
        byHand.setParameters(parameters)
        const gradient: Gradient = await byHand.gradient(batch.inputs, batch.targets)
        const squares = parameters.weights
          .flatMap((values) => Array.from(values))
          .reduce((sum, w) => sum + w * w, 0)
        costs += (gradient.cost + (l2 / (2 * count)) * squares) * batch.targets.length
        for (const [kind, decay] of [
          ['weights', l2 / count],
          ['biases', 0],
        ] as const)
          parameters[kind].forEach((values, l) =>
            values.forEach(
              (value, i) => (values[i] = value - 0.2 * (gradient[kind][l]![i]! + decay * value)),
            ),
          )
      }
      expect(Math.abs(history.cost[epoch]! - costs / count)).toBeLessThan(1e-14)
    }
    const { weights, biases } = trainer.getParameters()
    for (const [values, expected] of [
      ...weights.map((w, l) => [w, parameters.weights[l]!]),
      ...biases.map((b, l) => [b, parameters.biases[l]!]),
    ] as [FloatArray, FloatArray][]) {
      values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-14))
    }
  })
}

it('the history has one entry an epoch in every array; without validation, or without classes, those arrays are empty', async () => {
  await using trainer = await create()
  const whole = await trainer.fit(examplesOf(50), { epochs: 3, validation: 0.1 })
  expect(Object.keys(whole).sort()).toEqual([
    'accuracy',
    'cost',
    'epoch',
    'learningRate',
    'loss',
    'seconds',
    'validationAccuracy',
    'validationCost',
  ])
  expect(
    [
      whole.epoch,
      whole.cost,
      whole.loss,
      whole.accuracy,
      whole.validationCost,
      whole.validationAccuracy,
      whole.learningRate,
    ].map((values) => values.length),
  ).toEqual([3, 3, 3, 3, 3, 3, 3])
  expect(Number.isFinite(whole.seconds)).toBe(true)
  const plain = await trainer.fit(examplesOf(50))
  expect(
    [plain.epoch, plain.accuracy, plain.validationCost, plain.validationAccuracy].map(
      (values) => values.length,
    ),
  ).toEqual([1, 1, 0, 0])

  await using line = await createTrainer({
    network: { inputs: 1, layers: [dense(1)] },
    loss: 'meanSquaredError',
  })
  const examples: Examples = {
    inputs: Float32Array.of(1, 2, 3),
    targets: Float32Array.of(1, 2, 3),
  }
  const reports: EpochReport[] = []
  const regression = await line.fit(examples, {
    validation: examples,
    onEpoch: (report) => reports.push(report),
  })
  expect(
    [
      regression.cost,
      regression.accuracy,
      regression.validationCost,
      regression.validationAccuracy,
    ].map((values) => values.length),
  ).toEqual([1, 0, 1, 0])
  expect(Object.keys(reports[0]!).sort()).toEqual([
    'cost',
    'epoch',
    'examplesPerSecond',
    'learningRate',
    'loss',
    'validationCost',
  ])
  expect(Object.keys(await line.evaluate(examples)).sort()).toEqual(['cost', 'examples'])
})

it('waits for what onEpoch returns: the parameters stand still meanwhile', async () => {
  await using trainer = await create()
  await using other = await create()
  const moved: boolean[] = []
  await trainer.fit(examplesOf(50), {
    epochs: 3,
    batchSize: 8,
    onEpoch: async () => {
      const before = trainer.parametersHash()
      // They share threads, which take runs in turn: a run of `trainer` would be over by then.
      await other.fit(examplesOf(50))
      await other.fit(examplesOf(50))
      moved.push(trainer.parametersHash() !== before)
    },
  })
  expect(moved).toEqual([false, false, false])
})

it("rejects with what onEpoch or onProgress throws; the parameters are that epoch's and the next call works", async () => {
  await using trainer = await create()
  await using other = await create()
  const mine = new Error('mine')
  const failing = (): never => {
    throw mine
  }
  expect(
    await rejection(
      trainer.fit(examplesOf(50), {
        epochs: 3,
        onEpoch: ({ epoch }) => epoch === 2 && failing(),
      }),
    ),
  ).toBe(mine)
  await other.fit(examplesOf(50), { epochs: 2 })
  expect(trainer.parametersHash()).toBe(other.parametersHash())
  expect(await rejection(trainer.fit(examplesOf(50), { onProgress: failing }))).toBe(mine)
  expect(allFinite(trainer.getParameters())).toBe(true)
  expect((await trainer.fit(examplesOf(50), { epochs: 2 })).epoch).toEqual([1, 2])
})

it('reports every epoch in order, and onEpoch sees the parameters of that epoch', async () => {
  await using trainer = await create()
  const seen: EpochReport[] = []
  const hashes: string[] = []
  const history = await trainer.fit(examplesOf(50), {
    epochs: 4,
    batchSize: 16,
    onEpoch: (report) => {
      seen.push(report)
      hashes.push(trainer.parametersHash())
    },
  })
  expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4])
  expect(history.epoch).toEqual([1, 2, 3, 4])
  expect(history.cost).toEqual(seen.map(({ cost }) => cost))
  expect(history.accuracy).toEqual(seen.map(({ accuracy }) => accuracy))
  for (let epochs = 1; epochs <= 4; epochs++) {
    await using other = await create()
    await other.fit(examplesOf(50), { epochs, batchSize: 16 })
    expect(other.parametersHash()).toBe(hashes[epochs - 1])
  }
})

it('onProgress brings each epoch once and ends at the last step', async () => {
  await using trainer = await create()
  const reports: Progress[] = []
  await trainer.fit(examplesOf(50), {
    epochs: 3000,
    batchSize: 16,
    onProgress: (progress) => reports.push(progress),
  })
  expect(reports.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch))).toEqual(
    Array.from({ length: 3000 }, (_, i) => i + 1),
  )
  expect(reports.at(-1)).toMatchObject({ step: 12_000, steps: 12_000 })
})

it("validation figures equal evaluate's, for a set and for a share, whose rows are not trained on", async () => {
  await using trainer = await create({ l2: 0.3 })
  await using other = await create({ l2: 0.3 })
  const all = examplesOf(80)
  const kept: Examples = {
    inputs: all.inputs.subarray(0, 60 * 3),
    targets: all.targets.subarray(0, 60),
  }
  const held: Examples = {
    inputs: all.inputs.subarray(60 * 3),
    targets: all.targets.subarray(60),
  }
  const byShare = await trainer.fit(all, { epochs: 3, batchSize: 16, validation: 0.25 })
  const bySet = await other.fit(kept, { epochs: 3, batchSize: 16, validation: held })
  expect({ ...bySet, seconds: 0 }).toEqual({ ...byShare, seconds: 0 })
  const { cost, accuracy } = await trainer.evaluate(held)
  expect(cost).toBe(byShare.validationCost.at(-1))
  expect(accuracy).toBe(byShare.validationAccuracy.at(-1))
  expect(trainer.parametersHash()).toBe(other.parametersHash())
})

it("the cost of a full batch is the gradient's cost before the update; one update is learningRate times the gradient", async () => {
  await using trainer = await create({ backend: 'reference' })
  const examples = examplesOf(40)
  const before = trainer.getParameters()
  const { cost, weights } = await trainer.gradient(examples.inputs, examples.targets)
  expect(trainer.getParameters()).toEqual(before)
  const history = await trainer.fit(examples, { batchSize: 'all' })
  expect(history.cost).toEqual([cost])
  trainer
    .getParameters()
    .weights[0]!.forEach((w, i) =>
      expect(w).toBeCloseTo(before.weights[0]![i]! - 0.2 * weights[0]![i]!, 14),
    )
})

it('shuffles by the seed: other seeds, or no shuffling, take other paths; the same seed the same', async () => {
  const hashOf = async (changes: Partial<TrainerOptions>, shuffle = true): Promise<string> => {
    await using trainer = await create(changes)
    trainer.setParameters({
      weights: [new Float32Array(15).fill(0.1), new Float32Array(20).fill(-0.2)],
      biases: [new Float32Array(5), new Float32Array(4)],
    })
    await trainer.fit(examplesOf(50), { epochs: 2, batchSize: 8, shuffle })
    return trainer.parametersHash()
  }
  const hashes = [await hashOf({}), await hashOf({ seed: 8 }), await hashOf({}, false)]
  expect(new Set(hashes).size).toBe(3)
  expect(await hashOf({})).toBe(hashes[0])
})

it('an abort rejects with its reason, before and while training, and leaves a usable trainer', async () => {
  await using trainer = await create()
  const reason = new Error('enough')
  expect(await rejection(trainer.fit(examplesOf(50), { signal: AbortSignal.abort(reason) }))).toBe(
    reason,
  )
  const abort = new AbortController()
  const fitting = trainer.fit(examplesOf(50), {
    epochs: 1_000_000,
    batchSize: 8,
    signal: abort.signal,
    onProgress: () => abort.abort(reason),
  })
  expect(await rejection(fitting)).toBe(reason)
  expect(allFinite(trainer.getParameters())).toBe(true)
  expect((await trainer.evaluate(examplesOf(50))).examples).toBe(50)
  expect((await trainer.fit(examplesOf(50), { epochs: 2 })).epoch).toEqual([1, 2])
})

it("an abort before training, or while it waits for its turn, changes no bit; one in onEpoch keeps that epoch's; without a reason it is an AbortError", async () => {
  await using trainer = await create()
  await using other = await create()
  const examples = examplesOf(50)
  const hash = trainer.parametersHash()
  expect(await rejection(trainer.fit(examples, { signal: AbortSignal.abort() }))).toMatchObject({
    name: 'AbortError',
  })
  expect(trainer.parametersHash()).toBe(hash)

  const inTurn = new AbortController()
  const evaluating = trainer.evaluate(examples)
  const waiting = rejection(trainer.fit(examples, { signal: inTurn.signal }))
  inTurn.abort()
  await evaluating
  expect(await waiting).toBe(inTurn.signal.reason)
  expect(trainer.parametersHash()).toBe(hash)

  const during = new AbortController()
  const seen: number[] = []
  const aborted = trainer.fit(examples, {
    epochs: 100,
    batchSize: 16,
    signal: during.signal,
    onEpoch: ({ epoch }) => {
      seen.push(epoch)
      if (epoch === 3) during.abort()
    },
  })
  expect(await rejection(aborted)).toBe(during.signal.reason)
  expect(seen).toEqual([1, 2, 3])
  await other.fit(examples, { epochs: 3, batchSize: 16 })
  expect(trainer.parametersHash()).toBe(other.parametersHash())
})
