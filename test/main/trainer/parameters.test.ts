// Parameters: where they start, how they come and go, what is refused.

import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Network, InputError, dense, dropout, sgd } from '../../../dist/main/index.js'
import { backendsHere } from '../../machine.js'
import { createTrainer } from '../shared-threads.js'
import { allFinite, create, examplesOf, rejection } from './support.js'

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

it('parameters read while training are those of one step, not a mixture', async () => {
  // Every step moves all 4096 weights by the same amount, so a mixture of two steps would show.
  await using trainer = await createTrainer({
    network: { inputs: 64, layers: [dense(64)] },
    loss: 'halfSquaredError',
    backend: 'wasm', // a BLAS may round one column otherwise than the next
    optimizer: sgd({ learningRate: 1e-7 }),
    workers: 2,
    shards: 2,
  })
  const zeros = { weights: [new Float32Array(4096)], biases: [new Float32Array(64)] }
  trainer.setParameters(zeros)
  const abort = new AbortController()
  const fitting = rejection(
    trainer.fit(
      // A step takes longer than a copy, which begins anew when a step ends meanwhile.
      { inputs: new Float32Array(64 * 1024).fill(1), targets: new Float32Array(64 * 1024).fill(1) },
      { epochs: 1e9, batchSize: 'all', signal: abort.signal },
    ),
  )
  const seen = new Set<number>()
  let mixtures = 0
  while (seen.size < 20) {
    const [weights] = trainer.getParameters().weights
    if (new Set(weights).size > 1) mixtures++
    seen.add(weights![0]!)
    await setImmediate()
  }
  abort.abort() // before anything may fail: the trainer closes when training has ended
  await fitting
  expect(mixtures).toBe(0)
})

describe('what is wrong is refused', () => {
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
    expect(allFinite(trainer.getParameters())).toBe(true)
  })
})

describe('layers without bias', () => {
  const layers = (bias: boolean): Network['layers'] => [
    dense(5, 'tanh', { bias }),
    dropout(0.3),
    dense(9, 'gelu', { bias }),
    dense(4, 'softmax', { bias }),
  ]
  const network = { inputs: 3, layers: layers(false) }

  it('have an empty array of biases, and no other parameters than weights', async () => {
    await using trainer = await create({ network })
    const { weights, biases } = trainer.getParameters()
    expect(weights.map(({ length }) => length)).toEqual([15, 45, 36])
    expect(biases.map(({ length }) => length)).toEqual([0, 0, 0])
    expect(trainer.info.parameters).toBe(96)
    const bytes = weights.map((layer) => new Uint8Array(layer.buffer))
    const hash = createHash('sha256')
    for (const layer of bytes) hash.update(layer)
    expect(trainer.parametersHash()).toBe(hash.digest('hex'))
    trainer.setParameters({ weights, biases })
    expect(() =>
      trainer.setParameters({ weights, biases: [new Float32Array(5), ...biases.slice(1)] }),
    ).toThrow(/biases\[0\]: expected a Float32Array or Float64Array of 0, got/)
  })

  it.each(backendsHere)(
    '%s: train as if their biases were always 0, to the bit',
    async (backend) => {
      const examples = examplesOf(50)
      const epochs = { batchSize: 'all' } as const
      const optimizer = sgd({ learningRate: 0.3 })
      for (const loss of ['categoricalCrossEntropy', 'huber'] as const) {
        const targets = Float64Array.from({ length: 200 }, (_, i) =>
          Number(examples.targets[i >> 2] === i % 4),
        )
        const given = { ...examples, targets }
        await using without = await create({ network, backend, loss, optimizer, l2: 0.1 })
        await using held = await create({
          ...{ network: { inputs: 3, layers: layers(true) }, backend, loss, optimizer, l2: 0.1 },
        })
        expect(without.getParameters().weights).toEqual(held.getParameters().weights)
        const zeros = held.getParameters().biases.map((layer) => layer.fill(0))
        for (let epoch = 0; epoch < 4; epoch++) {
          await without.fit(given, { ...epochs, initialEpoch: epoch, epochs: epoch + 1 })
          await held.fit(given, { ...epochs, initialEpoch: epoch, epochs: epoch + 1 })
          const { weights } = held.getParameters()
          held.setParameters({ weights, biases: zeros })
          expect(without.getParameters().weights).toEqual(weights)
        }
        expect(await without.predict(given.inputs)).toEqual(await held.predict(given.inputs))
        const { weights, biases } = await without.gradient(given.inputs, given.targets)
        expect(weights).toEqual((await held.gradient(given.inputs, given.targets)).weights)
        expect(biases.map(({ length }) => length)).toEqual([0, 0, 0])
      }
    },
  )
})
