import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BusyError,
  ClosedError,
  InputError,
  createTrainer,
  dense,
  sgd,
} from '../../dist/main/index.js'
import type {
  EpochReport,
  Examples,
  FloatArray,
  Gradient,
  Parameters,
  Progress,
  Trainer,
  TrainerOptions,
} from '../../dist/main/index.js'
import { automatic, backendsHere } from '../machine.js'

const options: TrainerOptions = {
  network: { inputs: 3, layers: [dense(5, 'tanh'), dense(4, 'softmax')] },
  loss: 'categoricalCrossEntropy',
  optimizer: sgd({ learningRate: 0.2 }),
  seed: 7,
  workers: 2,
  shards: 4,
}
const create = async (changes: Partial<TrainerOptions> = {}): Promise<Trainer> =>
  createTrainer({ ...options, ...changes })
const examplesOf = (count: number): Examples => ({
  inputs: Float32Array.from({ length: count * 3 }, (_, i) => ((i * 29) % 17) / 17 - 0.4),
  targets: Uint8Array.from({ length: count }, (_, i) => (i * 5) % 4),
})
const rejection = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
/** Rows `from` .. `to - 1` of examples of three columns with labels. */
const rowsOf = ({ inputs, targets }: Examples, from: number, to: number): Examples => ({
  inputs: inputs.slice(from * 3, to * 3),
  targets: targets.slice(from, to),
})
const isFinite = ({ weights, biases }: Parameters): boolean =>
  [...weights, ...biases].every((values) => values.every(Number.isFinite))

describe('fit', () => {
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
      await using byHand = await create({ backend: 'reference', shards, l2 })
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
          costs += gradient.cost * batch.targets.length
          for (const kind of ['weights', 'biases'] as const)
            parameters[kind].forEach((values, l) =>
              values.forEach((value, i) => (values[i] = value - 0.2 * gradient[kind][l]![i]!)),
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
      'seconds',
      'validationAccuracy',
      'validationCost',
    ])
    expect(
      [
        whole.epoch,
        whole.cost,
        whole.accuracy,
        whole.validationCost,
        whole.validationAccuracy,
        whole.learningRate,
      ].map((values) => values.length),
    ).toEqual([3, 3, 3, 3, 3, 3])
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
      'validationCost',
    ])
    expect(Object.keys(await line.evaluate(examples)).sort()).toEqual(['cost', 'examples'])
  })

  it('waits for what onEpoch returns: the parameters stand still meanwhile', async () => {
    await using trainer = await create()
    const moved: boolean[] = []
    await trainer.fit(examplesOf(50), {
      epochs: 3,
      batchSize: 8,
      onEpoch: async () => {
        const before = trainer.parametersHash()
        await setTimeout(20)
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
    expect(isFinite(trainer.getParameters())).toBe(true)
    expect((await trainer.fit(examplesOf(50), { epochs: 2 })).epoch).toEqual([1, 2])
  })

  it('evaluate, predict and close awaited in onEpoch are refused with a BusyError, and never hang', async () => {
    const examples = examplesOf(50)
    const calls: ((trainer: Trainer) => Promise<unknown>)[] = [
      (t) => t.evaluate(examples),
      (t) => t.predict(new Float32Array(3)),
      (t) => t.close(),
    ]
    const outcomes = await Promise.all(
      calls.map(async (call) => {
        await using trainer = await create()
        let outcome = 'onEpoch was not called'
        await rejection(
          trainer.fit(examples, {
            onEpoch: async () => {
              const refused = rejection(call(trainer)).then((error) =>
                error instanceof BusyError ? error.code : 'ended',
              )
              outcome = await Promise.race([refused, setTimeout(5000, 'hangs')])
            },
          }),
        )
        return outcome
      }),
    )
    expect(outcomes).toEqual(Array(3).fill('SHARDGRAD_BUSY'))
  })

  it('a call made after fit has its turn, also from a timer that onEpoch had started', async () => {
    await using trainer = await create()
    const examples = examplesOf(50)
    const fitEnded = new AbortController()
    let later: Promise<unknown> | undefined
    await trainer.fit(examples, {
      onEpoch: () => {
        later = (async () => {
          while (!fitEnded.signal.aborted) await setTimeout(1)
          return trainer.evaluate(examples)
        })()
      },
    })
    fitEnded.abort()
    expect(await later).toMatchObject({ examples: 50 })
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
    expect(
      await rejection(trainer.fit(examplesOf(50), { signal: AbortSignal.abort(reason) })),
    ).toBe(reason)
    const abort = new AbortController()
    const fitting = trainer.fit(examplesOf(50), {
      epochs: 1_000_000,
      batchSize: 8,
      signal: abort.signal,
      onProgress: () => abort.abort(reason),
    })
    expect(await rejection(fitting)).toBe(reason)
    expect(isFinite(trainer.getParameters())).toBe(true)
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

  it('parameters read while training are those of one step, not a mixture', async () => {
    // Every step moves all 4096 weights by the same amount, so a mixture of two steps would show.
    await using trainer = await createTrainer({
      network: { inputs: 64, layers: [dense(64)] },
      loss: 'halfSquaredError',
      optimizer: sgd({ learningRate: 1e-4 }),
      workers: 2,
      shards: 2,
    })
    const zeros = { weights: [new Float32Array(4096)], biases: [new Float32Array(64)] }
    trainer.setParameters(zeros)
    const abort = new AbortController()
    let reads = 0
    const fitting = trainer.fit(
      { inputs: new Float32Array(64 * 32).fill(1), targets: new Float32Array(64 * 32).fill(1) },
      { epochs: 1e9, batchSize: 'all', signal: abort.signal },
    )
    const reading = setInterval(() => {
      const { weights } = trainer.getParameters()
      expect(new Set(weights[0]).size).toBe(1)
      if (++reads === 50) abort.abort()
    }, 2)
    await rejection(fitting)
    clearInterval(reading)
    expect(reads).toBeGreaterThanOrEqual(50)
  })
})

describe('evaluate and predict', () => {
  it('predict equals the network by hand, also over several blocks', async () => {
    await using trainer = await create({ backend: 'wasm' })
    const { inputs, targets } = examplesOf(600)
    const outputs = await trainer.predict(inputs)
    const { weights, biases } = trainer.getParameters()
    let correct = 0
    for (let row = 0; row < 600; row++) {
      const hidden = Array.from({ length: 5 }, (_, j) =>
        Math.tanh(
          [0, 1, 2].reduce(
            (sum, k) => sum + inputs[row * 3 + k]! * weights[0]![k * 5 + j]!,
            biases[0]![j]!,
          ),
        ),
      )
      const e = Array.from({ length: 4 }, (_, j) =>
        Math.exp(hidden.reduce((sum, a, k) => sum + a * weights[1]![k * 4 + j]!, biases[1]![j]!)),
      )
      const total = e.reduce((a, b) => a + b)
      e.forEach((value, j) => expect(outputs[row * 4 + j]).toBeCloseTo(value / total, 5))
      if (e.indexOf(Math.max(...e)) === targets[row]) correct++
    }
    expect(outputs).toHaveLength(2400)
    expect((await trainer.evaluate({ inputs, targets })).accuracy).toBe(correct / 600)
  })

  it('inputs as bytes, float32 or float64 give the same outputs, scaled alike', async () => {
    await using trainer = await create({ network: { ...options.network, scale: 1 / 255 } })
    const bytes = Uint8Array.from({ length: 30 }, (_, i) => (i * 91) % 256)
    const outputs = await trainer.predict(bytes)
    expect(await trainer.predict(Float32Array.from(bytes))).toEqual(outputs)
    expect(await trainer.predict(Float64Array.from(bytes))).toEqual(outputs)
  })
})

describe('examples', () => {
  it('may be views into larger or shared buffers, and stay as they were', async () => {
    await using trainer = await create()
    const { inputs, targets } = examplesOf(50)
    const expected = await trainer.gradient(inputs, targets)
    const within = new Float32Array(200).fill(NaN)
    within.set(inputs, 30)
    const shared = new Uint8Array(new SharedArrayBuffer(50))
    shared.set(targets)
    expect(await trainer.gradient(within.subarray(30, 180), shared)).toEqual(expected)
    await trainer.fit({ inputs, targets })
    expect({ inputs, targets }).toEqual(examplesOf(50))
  })

  it('targets as bytes, clamped bytes, float32 or float64 give the same bits', async () => {
    await using trainer = await create()
    const { inputs, targets } = examplesOf(50)
    const expected = await trainer.gradient(inputs, targets)
    const oneHot = Array.from({ length: 200 }, (_, i) =>
      targets[Math.floor(i / 4)] === i % 4 ? 1 : 0,
    )
    for (const array of [Uint8Array, Uint8ClampedArray, Float32Array, Float64Array])
      expect(await trainer.gradient(inputs, array.from(oneHot))).toEqual(expected)
  })

  it('float64 inputs keep their digits in the reference backend', async () => {
    await using trainer = await createTrainer({
      network: { inputs: 1, layers: [dense(1)] },
      loss: 'meanSquaredError',
      backend: 'reference',
    })
    trainer.setParameters({ weights: [Float64Array.of(1)], biases: [Float64Array.of(0)] })
    expect(await trainer.predict(Float64Array.of(0.1))).toEqual(Float64Array.of(0.1))
    expect(await trainer.predict(Float32Array.of(0.1))).toEqual(Float64Array.of(Math.fround(0.1)))
    expect(
      (await trainer.evaluate({ inputs: Float64Array.of(0.1), targets: Float64Array.of(0.1) }))
        .cost,
    ).toBe(0)
  })
})

describe('parameters', () => {
  it('start from the seed: the same seed gives the same hash, every other seed another, also negative and beyond 32 bits', async () => {
    const hashOf = async (seed: number): Promise<string> => {
      await using trainer = await create({ seed })
      return trainer.parametersHash()
    }
    const seeds = [
      0,
      1,
      2,
      -1,
      2 ** 32 - 1,
      2 ** 32 + 1,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ]
    const hashes = await Promise.all(seeds.map(hashOf))
    expect(new Set(hashes).size).toBe(seeds.length)
    expect(await Promise.all(seeds.map(hashOf))).toEqual(hashes)
  })

  it('are copies: changing what came out, or what was put in, changes nothing', async () => {
    await using trainer = await create()
    const hash = trainer.parametersHash()
    const parameters = trainer.getParameters()
    parameters.weights[0]!.fill(3)
    expect(trainer.parametersHash()).toBe(hash)
    trainer.setParameters(parameters)
    const set = trainer.parametersHash()
    expect(set).not.toBe(hash)
    parameters.biases[1]!.fill(4)
    expect(trainer.parametersHash()).toBe(set)
  })

  it('of the reference backend are hashed as the float32 next to them', async () => {
    await using trainer = await create({ backend: 'reference' })
    await trainer.fit(examplesOf(50))
    const { weights, biases } = trainer.getParameters()
    expect(weights[0]).toBeInstanceOf(Float64Array)
    const hash = createHash('sha256')
    weights.forEach((layer, l) =>
      [layer, biases[l]!].forEach((values) =>
        values.forEach((value) => {
          const bytes = Buffer.alloc(4)
          bytes.writeFloatLE(value)
          hash.update(bytes)
        }),
      ),
    )
    expect(trainer.parametersHash()).toBe(hash.digest('hex'))
  })

  it('come back as they were set, and the hash is sha256 over float32 little-endian, layer by layer', async () => {
    for (const backend of backendsHere) {
      await using trainer = await create({ backend })
      const parameters = {
        weights: [
          Float64Array.from({ length: 15 }, (_, i) => i / 8),
          Float64Array.from({ length: 20 }, (_, i) => -i / 4),
        ],
        biases: [
          Float64Array.from({ length: 5 }, (_, i) => i),
          Float64Array.from({ length: 4 }, (_, i) => i / 2),
        ],
      }
      trainer.setParameters(parameters)
      const back = trainer.getParameters()
      expect(back.weights.map((w) => Array.from(w))).toEqual(
        parameters.weights.map((w) => Array.from(w)),
      )
      expect(back.biases.map((b) => Array.from(b))).toEqual(
        parameters.biases.map((b) => Array.from(b)),
      )
      const bytes = Buffer.concat(
        [
          parameters.weights[0]!,
          parameters.biases[0]!,
          parameters.weights[1]!,
          parameters.biases[1]!,
        ].map((values) => Buffer.from(Float32Array.from(values).buffer)),
      )
      expect(trainer.parametersHash()).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
  })

  it('move to a larger arena when a larger job comes', async () => {
    await using trainer = await create()
    await trainer.fit(examplesOf(10))
    const hash = trainer.parametersHash()
    const { arenaBytes } = trainer.info
    await trainer.evaluate(examplesOf(100_000))
    expect(trainer.info.arenaBytes).toBeGreaterThan(arenaBytes)
    expect(trainer.parametersHash()).toBe(hash)
  })
})

describe('calls', () => {
  it('made at once run in turn', async () => {
    await using trainer = await create()
    await using other = await create()
    const [first, , outputs] = await Promise.all([
      trainer.fit(examplesOf(50), { epochs: 2 }),
      trainer.fit(examplesOf(50), { epochs: 1 }),
      trainer.predict(examplesOf(5).inputs as Float32Array),
    ])
    const firstAlone = await other.fit(examplesOf(50), { epochs: 2 })
    await other.fit(examplesOf(50), { epochs: 1 })
    expect(first.cost).toEqual(firstAlone.cost)
    expect(outputs).toEqual(await other.predict(examplesOf(5).inputs as Float32Array))
  })

  it('one that fails leaves those before and after it alone', async () => {
    await using trainer = await create()
    const examples = examplesOf(50)
    const outcomes = await Promise.allSettled([
      trainer.evaluate(examples),
      trainer.fit({ ...examples, targets: new Uint8Array(50).fill(9) }),
      trainer.evaluate(examples),
      trainer.predict(new Float32Array(2)),
      trainer.evaluate(examples),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(outcomes[2]).toEqual(outcomes[0])
    expect(outcomes[4]).toEqual(outcomes[0])
  })

  it('close waits for the calls under way', async () => {
    const trainer = await create()
    const order: string[] = []
    const note = (what: string) => (): void => void order.push(what)
    await Promise.all([
      trainer.fit(examplesOf(50), { epochs: 2 }).then(note('fit')),
      trainer.evaluate(examplesOf(50)).then(note('evaluate')),
      trainer.close().then(note('close')),
    ])
    expect(order).toEqual(['fit', 'evaluate', 'close'])
  })

  it('close may be called twice, before any other call too; afterwards every call says that the trainer is closed', async () => {
    await (await create()).close()
    const trainer = await create()
    const examples = examplesOf(50)
    await trainer.fit(examples)
    const parameters = trainer.getParameters()
    await Promise.all([trainer.close(), trainer.close()])
    await trainer.close()
    const calls = [
      () => trainer.fit(examples),
      () => trainer.evaluate(examples),
      () => trainer.predict(new Float32Array(3)),
      () => trainer.gradient(examples.inputs, examples.targets),
    ]
    for (const call of calls) await expect(call()).rejects.toThrow(ClosedError)
    expect(() => trainer.getParameters()).toThrow('trainer: it is closed')
    expect(() => trainer.setParameters(parameters)).toThrow(ClosedError)
    expect(() => trainer.parametersHash()).toThrow(ClosedError)
  })

  it('setParameters while a call is under way is refused', async () => {
    await using trainer = await create()
    const parameters = trainer.getParameters()
    const fitting = trainer.fit(examplesOf(50))
    expect(() => trainer.setParameters(parameters)).toThrow(BusyError)
    expect(() => trainer.setParameters(parameters)).toThrow(
      'setParameters: a call is under way; await it first',
    )
    await fitting
    trainer.setParameters(parameters)
  })

  it('info says how many workers, and why', async () => {
    await using trainer = await create({ workers: 8, shards: 4 })
    await trainer.fit(examplesOf(50))
    expect(trainer.info).toMatchObject({
      workers: 4,
      shards: 4,
      backend: automatic.small,
      parameters: 3 * 5 + 5 + 5 * 4 + 4,
    })
    expect(trainer.info.reason).toMatch(/4 shards/)
  })
})

describe('bad input', () => {
  const { inputs, targets } = examplesOf(10)
  const withValue = (values: Float32Array, at: number, value: number): Float32Array =>
    values.with(at, value)
  const cases: [string, (trainer: Trainer) => Promise<unknown>, RegExp][] = [
    [
      'inputs that are no whole number of rows',
      (t) => t.fit({ inputs: new Float32Array(10), targets }),
      /fit: inputs: expected .*rows of 3, got Float32Array\(10\)/,
    ],
    [
      'no inputs',
      (t) => t.predict(new Float32Array(0)),
      /predict: inputs: expected one or more rows of 3/,
    ],
    [
      'plain arrays',
      (t) => t.predict([1, 2, 3] as never),
      /expected a Uint8Array, .*, got an array of 3/,
    ],
    [
      'targets of the wrong length',
      (t) => t.fit({ inputs, targets: new Uint8Array(9) }),
      /fit: targets: expected .*10 rows of 4.*10 class labels.*, got Uint8Array\(9\)/,
    ],
    [
      'a label out of range',
      (t) => t.evaluate({ inputs, targets: Uint8Array.of(0, 1, 2, 3, 4, 0, 0, 0, 0, 0) }),
      /evaluate: targets, row 4: expected class labels from 0 to 3, got 4/,
    ],
    [
      'a negative label',
      (t) => t.evaluate({ inputs, targets: Int32Array.of(0, 1, 2, -3, 0, 0, 0, 0, 0, 0) }),
      /row 3: .* got -3/,
    ],
    [
      'a NaN in the inputs',
      (t) => t.fit({ inputs: withValue(inputs as Float32Array, 20, NaN), targets }),
      /fit: inputs, row 6: expected finite numbers, got NaN/,
    ],
    [
      'an infinity in the validation targets',
      (t) =>
        t.fit(
          { inputs, targets },
          { validation: { inputs, targets: new Float32Array(40).fill(1 / 0) } },
        ),
      /fit: validation: targets, row 0: .* Infinity/,
    ],
    [
      'an unknown option',
      (t) => t.fit({ inputs, targets }, { epoch: 3 } as never),
      /fit: epoch: expected no such option, got 3/,
    ],
    [
      'half an epoch',
      (t) => t.fit({ inputs, targets }, { epochs: 1.5 }),
      /fit: epochs: expected a whole number of at least 1, got 1.5/,
    ],
    [
      'a batch of none',
      (t) => t.fit({ inputs, targets }, { batchSize: 0 }),
      /fit: batchSize: expected 'all' or a whole number/,
    ],
    [
      'a share of everything',
      (t) => t.fit({ inputs, targets }, { validation: 0.99 }),
      /fit: validation: expected a share that leaves some/,
    ],
    [
      'a NaN in the inputs of a gradient',
      (t) => t.gradient(withValue(inputs as Float32Array, 29, NaN), targets),
      /gradient: inputs, row 9: expected finite numbers, got NaN/,
    ],
    [
      'an infinity to predict from',
      (t) => t.predict(Float64Array.of(0, 0, 0, 0, -Infinity, 0)),
      /predict: inputs, row 1: expected finite numbers, got -Infinity/,
    ],
    [
      'a number that float32 cannot hold',
      (t) => t.predict(Float64Array.of(0, 0, 0, 0, 0, 1e39)),
      /predict: inputs, row 1: expected finite numbers, got 1e\+39/,
    ],
    [
      'no targets',
      (t) => t.evaluate({ inputs } as never),
      /evaluate: targets: expected .*, got nothing/,
    ],
    [
      'labels as floats',
      (t) => t.evaluate({ inputs, targets: Float32Array.from(targets) }),
      /evaluate: targets: expected .*10 class labels in an integer array, got Float32Array\(10\)/,
    ],
    [
      '64-bit integers',
      (t) => t.evaluate({ inputs, targets: new BigInt64Array(10) as never }),
      /evaluate: targets: .*, got BigInt64Array\(10\)/,
    ],
    [
      'a label too large for int32',
      (t) => t.evaluate({ inputs, targets: new Uint32Array(10).fill(2 ** 32 - 1) }),
      /row 0: expected class labels from 0 to 3, got 4294967295/,
    ],
    [
      'validation of another width',
      (t) => t.fit({ inputs, targets }, { validation: { inputs: new Float32Array(4), targets } }),
      /fit: validation: inputs: expected .*rows of 3, got Float32Array\(4\)/,
    ],
    [
      'a share of 1',
      (t) => t.fit({ inputs, targets }, { validation: 1 }),
      /fit: validation: expected .*between 0 and 1, got 1/,
    ],
    [
      'a shuffle in words',
      (t) => t.fit({ inputs, targets }, { shuffle: 'yes' as never }),
      /fit: shuffle: expected true or false, got 'yes'/,
    ],
    [
      'a callback that is none',
      (t) => t.fit({ inputs, targets }, { onEpoch: 3 as never }),
      /fit: onEpoch: expected a function, got 3/,
    ],
    [
      'a progress callback that is none',
      (t) => t.fit({ inputs, targets }, { onProgress: {} as never }),
      /fit: onProgress: expected a function, got an object with no fields/,
    ],
    [
      'a signal that is none',
      (t) => t.fit({ inputs, targets }, { signal: { aborted: true } as never }),
      /fit: signal: expected an AbortSignal, got an object with aborted/,
    ],
    [
      'options that are none',
      (t) => t.fit({ inputs, targets }, 10 as never),
      /fit: expected an object, got 10/,
    ],
    [
      'no examples at all',
      (t) => t.fit(undefined as never),
      /fit: expected \{ inputs, targets \}, got nothing/,
    ],
  ]
  describe('the error says where, what was expected and what came; no parameter changes and the next call works:', () => {
    let trainer: Trainer
    beforeAll(async () => void (trainer = await create()))
    afterAll(() => trainer.close())
    for (const [what, call, message] of cases) {
      it(what, async () => {
        const hash = trainer.parametersHash()
        const error = await rejection(call(trainer))
        expect(error).toBeInstanceOf(InputError)
        expect((error as Error).message).toMatch(message)
        expect(trainer.parametersHash()).toBe(hash)
        expect((await trainer.evaluate({ inputs, targets })).examples).toBe(10)
      })
    }
  })

  it('options of createTrainer: it rejects with an InputError, which is a TypeError, and does not throw', async () => {
    const wrong: [unknown, RegExp][] = [
      [undefined, /createTrainer: expected an object, got nothing/],
      [
        { ...options, learningRate: 0.1 },
        /createTrainer: learningRate: expected no such option here \(it belongs to the optimizer\), got 0\.1/,
      ],
      [
        { ...options, seed: '7' },
        /createTrainer: seed: expected a whole number no larger than .*, got '7'/,
      ],
      [{ ...options, workers: 1.5 }, /createTrainer: workers: expected .*, got 1\.5/],
      [
        { ...options, network: { inputs: 3, layers: [dense(4)] } },
        /layers\[0\]\.activation: expected softmax, .*, got 'identity'/,
      ],
    ]
    for (const [given, message] of wrong) {
      const creating = createTrainer(given as TrainerOptions)
      const error = await rejection(creating)
      expect(error).toBeInstanceOf(InputError)
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toMatch(message)
    }
  })

  it('parameters of the wrong shape, or not finite, are named', async () => {
    await using trainer = await create()
    const { weights, biases } = trainer.getParameters()
    const hash = trainer.parametersHash()
    expect(() => trainer.setParameters(undefined as never)).toThrow(
      /setParameters: expected \{ weights, biases \}, got nothing/,
    )
    expect(() => trainer.setParameters({ weights } as never)).toThrow(
      /setParameters: biases: expected an array of 2, one per layer, got nothing/,
    )
    expect(() =>
      trainer.setParameters({ weights: [Array.from(weights[0]!), weights[1]!] as never, biases }),
    ).toThrow(/weights\[0\]: expected a Float32Array .*, got an array of 15/)
    expect(() => trainer.setParameters({ weights: [weights[0]!], biases })).toThrow(
      /weights: expected an array of 2/,
    )
    expect(() => trainer.setParameters({ weights: [weights[1]!, weights[1]!], biases })).toThrow(
      /weights\[0\]: expected .* 15 \(3 rows of 5\)/,
    )
    expect(() =>
      trainer.setParameters({ weights, biases: [biases[0]!, Float32Array.of(0, NaN, 0, 0)] }),
    ).toThrow(/biases\[1\]\[1\]: expected a finite float32, got NaN/)
    expect(() =>
      trainer.setParameters({
        weights: [weights[0]!.map(() => 9), weights[1]!.map(() => Infinity)],
        biases,
      }),
    ).toThrow(InputError)
    expect(trainer.parametersHash()).toBe(hash)
  })

  it('parameters that float32 cannot hold are refused, not turned into infinities', async () => {
    await using trainer = await create({ backend: 'wasm' })
    const { weights, biases } = trainer.getParameters()
    const tooLarge = Float64Array.from(weights[0]!).fill(1e39, 3, 4)
    expect(() => trainer.setParameters({ weights: [tooLarge, weights[1]!], biases })).toThrow(
      /weights\[0\]\[3\]/,
    )
    expect(isFinite(trainer.getParameters())).toBe(true)
  })
})
