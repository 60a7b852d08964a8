import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { InputError, createTrainer, dense, sgd } from '../../dist/main/index.js'
import type { EpochReport, Examples, Progress, Trainer, TrainerOptions } from '../../dist/main/index.js'

const options: TrainerOptions = {
  network: { inputs: 3, layers: [dense(5, 'tanh'), dense(4, 'softmax')] },
  loss: 'categoricalCrossEntropy', optimizer: sgd({ learningRate: 0.2 }), seed: 7, workers: 2, shards: 4,
}
const create = async (changes: Partial<TrainerOptions> = {}): Promise<Trainer> => createTrainer({ ...options, ...changes })
const examplesOf = (count: number): Examples => ({
  inputs: Float32Array.from({ length: count * 3 }, (_, i) => ((i * 29) % 17) / 17 - 0.4),
  targets: Uint8Array.from({ length: count }, (_, i) => (i * 5) % 4),
})
const rejection = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (reason: unknown) => reason)

describe('fit', () => {
  it('reports every epoch in order, and onEpoch sees the parameters of that epoch', async () => {
    await using trainer = await create()
    const seen: EpochReport[] = []
    const hashes: string[] = []
    const history = await trainer.fit(examplesOf(50), {
      epochs: 4, batchSize: 16, onEpoch: (report) => {
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
    await trainer.fit(examplesOf(50), { epochs: 3000, batchSize: 16, onProgress: (progress) => reports.push(progress) })
    expect(reports.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch))).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1))
    expect(reports.at(-1)).toMatchObject({ step: 12_000, steps: 12_000 })
  })

  it('validation figures equal evaluate\'s, for a set and for a share, whose rows are not trained on', async () => {
    await using trainer = await create({ l2: 0.3 })
    await using other = await create({ l2: 0.3 })
    const all = examplesOf(80)
    const kept: Examples = { inputs: all.inputs.subarray(0, 60 * 3), targets: all.targets.subarray(0, 60) }
    const held: Examples = { inputs: all.inputs.subarray(60 * 3), targets: all.targets.subarray(60) }
    const byShare = await trainer.fit(all, { epochs: 3, batchSize: 16, validation: 0.25 })
    const bySet = await other.fit(kept, { epochs: 3, batchSize: 16, validation: held })
    expect({ ...bySet, seconds: 0 }).toEqual({ ...byShare, seconds: 0 })
    const { cost, accuracy } = await trainer.evaluate(held)
    expect(cost).toBe(byShare.validationCost.at(-1))
    expect(accuracy).toBe(byShare.validationAccuracy.at(-1))
    expect(trainer.parametersHash()).toBe(other.parametersHash())
  })

  it('the cost of a full batch is the gradient\'s cost before the update; one update is learningRate times the gradient', async () => {
    await using trainer = await create({ backend: 'reference' })
    const examples = examplesOf(40)
    const before = trainer.getParameters()
    const { cost, weights } = await trainer.gradient(examples.inputs, examples.targets)
    expect(trainer.getParameters()).toEqual(before)
    const history = await trainer.fit(examples, { batchSize: 'all' })
    expect(history.cost).toEqual([cost])
    trainer.getParameters().weights[0]!.forEach((w, i) => expect(w).toBeCloseTo(before.weights[0]![i]! - 0.2 * weights[0]![i]!, 14))
  })

  it('shuffles by the seed: other seeds, or no shuffling, take other paths; the same seed the same', async () => {
    const hashOf = async (changes: Partial<TrainerOptions>, shuffle = true): Promise<string> => {
      await using trainer = await create(changes)
      trainer.setParameters({ weights: [new Float32Array(15).fill(0.1), new Float32Array(20).fill(-0.2)], biases: [new Float32Array(5), new Float32Array(4)] })
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
    expect(await rejection(trainer.fit(examplesOf(50), { signal: AbortSignal.abort(reason) }))).toBe(reason)
    const abort = new AbortController()
    const fitting = trainer.fit(examplesOf(50), { epochs: 1_000_000, batchSize: 8, signal: abort.signal, onProgress: () => abort.abort(reason) })
    expect(await rejection(fitting)).toBe(reason)
    expect(trainer.getParameters().weights.every((w) => w.every(Number.isFinite))).toBe(true)
    expect((await trainer.fit(examplesOf(50), { epochs: 2 })).epoch).toEqual([1, 2])
  })

  it('parameters read while training are those of one step, not a mixture', async () => {
    // Every step moves all 4096 weights by the same amount, so a mixture of two steps would show.
    await using trainer = await createTrainer({
      network: { inputs: 64, layers: [dense(64)] }, loss: 'halfSquaredError', optimizer: sgd({ learningRate: 1e-4 }), workers: 2, shards: 2,
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
      const hidden = Array.from({ length: 5 }, (_, j) => Math.tanh([0, 1, 2].reduce((sum, k) => sum + inputs[row * 3 + k]! * weights[0]![k * 5 + j]!, biases[0]![j]!)))
      const e = Array.from({ length: 4 }, (_, j) => Math.exp(hidden.reduce((sum, a, k) => sum + a * weights[1]![k * 4 + j]!, biases[1]![j]!)))
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

describe('parameters', () => {
  it('come back as they were set, and the hash is sha256 over float32 little-endian, layer by layer', async () => {
    for (const backend of ['wasm', 'reference'] as const) {
      await using trainer = await create({ backend })
      const parameters = {
        weights: [Float64Array.from({ length: 15 }, (_, i) => i / 8), Float64Array.from({ length: 20 }, (_, i) => -i / 4)],
        biases: [Float64Array.from({ length: 5 }, (_, i) => i), Float64Array.from({ length: 4 }, (_, i) => i / 2)],
      }
      trainer.setParameters(parameters)
      const back = trainer.getParameters()
      expect(back.weights.map((w) => Array.from(w))).toEqual(parameters.weights.map((w) => Array.from(w)))
      expect(back.biases.map((b) => Array.from(b))).toEqual(parameters.biases.map((b) => Array.from(b)))
      const bytes = Buffer.concat([parameters.weights[0]!, parameters.biases[0]!, parameters.weights[1]!, parameters.biases[1]!]
        .map((values) => Buffer.from(Float32Array.from(values).buffer)))
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
      trainer.fit(examplesOf(50), { epochs: 2 }), trainer.fit(examplesOf(50), { epochs: 1 }), trainer.predict(examplesOf(5).inputs as Float32Array),
    ])
    const firstAlone = await other.fit(examplesOf(50), { epochs: 2 })
    await other.fit(examplesOf(50), { epochs: 1 })
    expect(first.cost).toEqual(firstAlone.cost)
    expect(outputs).toEqual(await other.predict(examplesOf(5).inputs as Float32Array))
  })

  it('close may be called twice; afterwards every call says that the trainer is closed', async () => {
    const trainer = await create()
    await trainer.fit(examplesOf(50))
    await Promise.all([trainer.close(), trainer.close()])
    await trainer.close()
    await expect(trainer.fit(examplesOf(50))).rejects.toThrow(/closed/)
    await expect(trainer.predict(new Float32Array(3))).rejects.toThrow(/closed/)
    expect(() => trainer.getParameters()).toThrow(/closed/)
  })

  it('setParameters while a call is under way is refused', async () => {
    await using trainer = await create()
    const parameters = trainer.getParameters()
    const fitting = trainer.fit(examplesOf(50))
    expect(() => trainer.setParameters(parameters)).toThrow(/under way/)
    await fitting
    trainer.setParameters(parameters)
  })

  it('info says how many workers, and why', async () => {
    await using trainer = await create({ workers: 8, shards: 4 })
    await trainer.fit(examplesOf(50))
    expect(trainer.info).toMatchObject({ workers: 4, shards: 4, backend: 'wasm', parameters: 3 * 5 + 5 + 5 * 4 + 4 })
    expect(trainer.info.reason).toMatch(/4 shards/)
  })
})

describe('bad input', () => {
  const { inputs, targets } = examplesOf(10)
  const withValue = (values: Float32Array, at: number, value: number): Float32Array => values.with(at, value)
  const cases: [string, (trainer: Trainer) => Promise<unknown>, RegExp][] = [
    ['inputs that are no whole number of rows', (t) => t.fit({ inputs: new Float32Array(10), targets }), /fit: inputs: expected .*rows of 3, got Float32Array\(10\)/],
    ['no inputs', (t) => t.predict(new Float32Array(0)), /predict: inputs: expected one or more rows of 3/],
    ['plain arrays', (t) => t.predict([1, 2, 3] as never), /expected a Uint8Array, .*, got an array of 3/],
    ['targets of the wrong length', (t) => t.fit({ inputs, targets: new Uint8Array(9) }), /fit: targets: expected .*10 rows of 4.*10 class labels.*, got Uint8Array\(9\)/],
    ['a label out of range', (t) => t.evaluate({ inputs, targets: Uint8Array.of(0, 1, 2, 3, 4, 0, 0, 0, 0, 0) }), /evaluate: targets, row 4: expected class labels from 0 to 3, got 4/],
    ['a negative label', (t) => t.evaluate({ inputs, targets: Int32Array.of(0, 1, 2, -3, 0, 0, 0, 0, 0, 0) }), /row 3: .* got -3/],
    ['a NaN in the inputs', (t) => t.fit({ inputs: withValue(inputs as Float32Array, 20, NaN), targets }), /fit: inputs, row 6: expected finite numbers, got NaN/],
    ['an infinity in the validation targets', (t) => t.fit({ inputs, targets }, { validation: { inputs, targets: new Float32Array(40).fill(1 / 0) } }), /fit: validation: targets, row 0: .* Infinity/],
    ['an unknown option', (t) => t.fit({ inputs, targets }, { epoch: 3 } as never), /fit: epoch: expected no such option, got 3/],
    ['half an epoch', (t) => t.fit({ inputs, targets }, { epochs: 1.5 }), /fit: epochs: expected a whole number of at least 1, got 1.5/],
    ['a batch of none', (t) => t.fit({ inputs, targets }, { batchSize: 0 }), /fit: batchSize: expected 'all' or a whole number/],
    ['a share of everything', (t) => t.fit({ inputs, targets }, { validation: 0.99 }), /fit: validation: expected a share that leaves some/],
    ['no examples at all', (t) => t.fit(undefined as never), /fit: expected \{ inputs, targets \}, got nothing/],
  ]
  for (const [what, call, message] of cases) {
    it(`${what} is an error that says where, what was expected and what came; the next call works`, async () => {
      await using trainer = await create()
      const error = await rejection(call(trainer))
      expect(error).toBeInstanceOf(InputError)
      expect((error as Error).message).toMatch(message)
      expect((await trainer.evaluate({ inputs, targets })).examples).toBe(10)
    })
  }

  it('parameters of the wrong shape, or not finite, are named', async () => {
    await using trainer = await create()
    const { weights, biases } = trainer.getParameters()
    expect(() => trainer.setParameters({ weights: [weights[0]!], biases })).toThrow(/weights: expected an array of 2/)
    expect(() => trainer.setParameters({ weights: [weights[1]!, weights[1]!], biases })).toThrow(/weights\[0\]: expected .* 15 \(3 rows of 5\)/)
    expect(() => trainer.setParameters({ weights, biases: [biases[0]!, Float32Array.of(0, NaN, 0, 0)] })).toThrow(/biases\[1\]\[1\]: expected a finite number, got NaN/)
  })
})
