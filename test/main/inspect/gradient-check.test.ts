// checkGradients passes what is right, over many networks, and finds what is wrong.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Examples,
  type LossName,
  type Network,
  InputError,
  checkGradients,
  createTrainer,
  dense,
} from '../../../dist/main/index.js'
import { compareWithDifferences } from '../../../dist/main/inspect/finite-differences.js'
import { openInProcess } from '../../../dist/main/inspect/in-process.js'
import { activationNames } from '../../../dist/shared/formulas/activations.js'
import { initializerNames } from '../../../dist/shared/formulas/initializers.js'
import type { Kernels } from '../../../dist/shared/kernels/kernels.js'
import { createReferenceKernels } from '../../../dist/shared/kernels/reference/reference.js'
import { fusedActivation, lossNames } from '../../../dist/shared/formulas/losses.js'
import { backendsHere } from '../../machine.js'

interface Description {
  network: Network
  loss: LossName
  l2: number
  seed: number
}

const numbers = (count: number, low: number, high: number): fc.Arbitrary<Float64Array> =>
  fc
    .array(fc.double({ min: low, max: high, noNaN: true }), { minLength: count, maxLength: count })
    .map((values) => Float64Array.from(values))
const small = fc.integer({ min: 1, max: 6 })
/** Up to 40, but mostly small: every parameter costs two passes. */
const width = fc.oneof(
  { arbitrary: small, weight: 12 },
  { arbitrary: fc.integer({ min: 7, max: 40 }), weight: 1 },
)

const anyTraining: fc.Arbitrary<{ options: Description; examples: Examples }> = fc
  .record({
    loss: fc.constantFrom(...lossNames),
    inputs: width,
    layers: fc.array(
      fc.tuple(
        width,
        fc.constantFrom(...activationNames),
        fc.constantFrom(...initializerNames),
        fc.boolean(),
      ),
      { minLength: 1, maxLength: 5 },
    ),
    l2: fc.constantFrom(0, 0.3),
    seed: fc.nat(),
    count: fc.integer({ min: 1, max: 12 }),
  })
  .chain(({ loss, inputs, layers: given, l2, seed, count }) => {
    const layers = given.map(([units, activation, initializer, bias], l) =>
      dense(units, l === given.length - 1 ? (fusedActivation(loss) ?? activation) : activation, {
        initializer,
        bias: bias || initializer === 'zeros', // without either, all would sit on their kinks
      }),
    )
    const { units } = layers.at(-1)!
    const targets = {
      sigmoid: fc
        .array(fc.constantFrom(0, 1), { minLength: count * units, maxLength: count * units })
        .map((values) => Float64Array.from(values)),
      softmax: fc
        .array(fc.nat(units - 1), { minLength: count, maxLength: count })
        .map((labels) =>
          Float64Array.from({ length: count * units }, (_, i) =>
            Number(labels[Math.floor(i / units)] === i % units),
          ),
        ),
      other: numbers(count * units, -2, 2),
    }
    const fused = fusedActivation(loss)
    return fc.record({
      options: fc.constant({ network: { inputs, layers }, loss, l2, seed }),
      examples: fc.record({
        inputs: numbers(count * inputs, -2, 2),
        targets: targets[fused === 'sigmoid' || fused === 'softmax' ? fused : 'other'],
      }),
    })
  })

it('networks of depth 1 to 5 and widths 1 to 40, of any activation and loss: every gradient is right, from one shard and from 8, by one worker and by 3', async () => {
  await fc.assert(
    fc.asyncProperty(anyTraining, async ({ options, examples }) => {
      const { passed, ...findings } = await checkGradients(options, examples)
      expect(passed, JSON.stringify(findings)).toBe(true)
    }),
    { numRuns: 12, seed: 6, interruptAfterTimeLimit: 45_000 }, // time is left to shrink in
  )
})

const examples: Examples = {
  inputs: Float64Array.from({ length: 24 }, (_, i) => Math.sin(3 * i + 1)),
  targets: Float64Array.from({ length: 16 }, (_, i) => Number(i % 2 === Math.floor(i / 6) % 2)),
}
const options: Description = {
  network: { inputs: 3, layers: [dense(5, 'tanh'), dense(4, 'sigmoid'), dense(2, 'sigmoid')] },
  loss: 'halfSquaredError',
  l2: 0.1,
  seed: 4,
}

describe.each(backendsHere)('%s', (backend) => {
  it('passes, and says of how many parameters, which was the worst, and how far the shards are off', async () => {
    const { parameters, layers, worst, sharding, passed } = await checkGradients(
      { ...options, backend },
      examples,
    )
    expect(passed).toBe(true)
    expect([parameters, layers.length]).toEqual([54, 3])
    expect(worst.error).toBe(
      Math.max(...layers.flatMap(({ weights, biases }) => [weights, biases])),
    )
    expect(worst.error).toBeGreaterThan(0)
    const place = worst.kind === 'weights' ? `[${worst.row}][${worst.column}]` : `[${worst.index}]`
    expect(worst.name).toBe(`${worst.kind}[${worst.layer}]${place}`)
    expect(sharding).toMatchObject({
      backend,
      shards: 8,
      workers: 3,
      sameBits: true,
      tolerance: backend === 'reference' ? 1e-12 : 2e-4,
    })
    expect(sharding.error).toBeLessThan(backend === 'reference' ? 1e-14 : 1e-5)
  })
})

it.each([
  ['relu', 0], // to the right the slope is -1.5, to the left 0
  ['leakyRelu', -0.015],
] as const)(
  'a kink under a weight: a subgradient passes, also one at an end, %s',
  async (activation, slope) => {
    const onKink: Description = {
      network: { inputs: 1, layers: [dense(1, activation)] },
      loss: 'halfSquaredError',
      l2: 0,
      seed: 0,
    }
    const inProcess = await openInProcess(onKink, {
      inputs: Float64Array.of(1, 1),
      targets: Float64Array.of(1, 2),
    })
    const start = { weights: [Float64Array.of(0.5)], biases: [Float64Array.of(-0.5)] }
    const { worst } = await compareWithDifferences(inProcess, start, 1e-6)
    expect(worst.backpropagation).toBeCloseTo(slope, 12)
    expect(worst.error).toBeLessThan(1e-6)
  },
)

it('shows every value of a pass: those of the trainer', async () => {
  await using trainer = await createTrainer({
    ...options,
    backend: 'reference',
    shards: 1,
    workers: 1,
  })
  const parameters = trainer.getParameters()
  const inProcess = await openInProcess(options, examples)
  const { inputs, targets, layers, loss } = inProcess.walk(parameters, 0, 8)
  expect(inputs).toEqual(examples.inputs)
  expect(targets).toEqual(examples.targets)
  expect(layers.at(-1)!.activations).toEqual(await trainer.predict(examples.inputs))
  layers.forEach(({ preActivations, activations }, l) => {
    const f = l === 0 ? Math.tanh : (z: number): number => 1 / (1 + Math.exp(-z))
    expect(activations).toEqual(preActivations.map(f))
  })
  layers.at(-1)!.deltas.forEach((delta, i) => {
    const p = layers.at(-1)!.activations[i]!
    expect(delta).toBeCloseTo((p - examples.targets[i]!) * p * (1 - p), 15)
  })
  const { cost } = await trainer.gradient(examples.inputs, examples.targets)
  expect(inProcess.cost(parameters)).toBeCloseTo(cost, 15)
  expect(loss / 8).toBeLessThan(cost)
})

it("more examples than a block holds: the gradient is the trainer's", async () => {
  const count = 600
  const many: Examples = {
    inputs: Float64Array.from({ length: 3 * count }, (_, i) => Math.sin(i)),
    targets: Float64Array.from({ length: 2 * count }, (_, i) => i % 2),
  }
  await using trainer = await createTrainer({
    ...options,
    backend: 'reference',
    shards: 4,
    workers: 1,
  })
  const inProcess = await openInProcess(options, many)
  const { cost, weights, biases } = await trainer.gradient(many.inputs, many.targets)
  const gradient = inProcess.gradient(trainer.getParameters())
  expect(inProcess.cost(trainer.getParameters())).toBeCloseTo(cost, 14)
  ;[...weights, ...biases].forEach((layer, l) =>
    layer.forEach((g, i) =>
      expect([...gradient.weights, ...gradient.biases][l]![i]).toBeCloseTo(g, 14),
    ),
  )
})

describe('finds what is wrong', () => {
  /**
   * The worst parameter where a part of the kernels is faulty; where all is right it has an error
   * of 1e-8.
   */
  const worstWith = async (
    fault: (kernels: Kernels, memory: WebAssembly.Memory) => Partial<Kernels>,
  ): Promise<{ layer: number; kind: string; error: number; correct: number[] }> => {
    const inProcess = await openInProcess(options, examples, (memory: WebAssembly.Memory) => {
      const kernels = createReferenceKernels(memory)
      return { ...kernels, ...fault(kernels, memory) }
    })
    await using trainer = await createTrainer({ ...options, backend: 'reference' })
    const { layers, worst } = await compareWithDifferences(inProcess, trainer.getParameters(), 1e-6)
    const correct = layers.flatMap(({ weights, biases }, l) =>
      Math.max(weights, biases) < 1e-6 ? [l] : [],
    )
    return { layer: worst.layer, kind: worst.kind, error: worst.error, correct }
  }

  it('nothing where nothing is', async () =>
    expect((await worstWith(() => ({}))).correct).toEqual([0, 1, 2]))

  it('a derivative of 1 for tanh, in the layer before', async () => {
    const { layer, error, correct } = await worstWith(({ activations }) => ({
      activations: { ...activations, tanh: { ...activations.tanh, backward: () => undefined } },
    }))
    expect([layer, correct]).toEqual([0, [1, 2]])
    expect(error).toBeGreaterThan(0.01)
  })

  it('a loss whose gradient is 0.01 % too large', async () => {
    const { error, correct } = await worstWith(({ losses }, memory) => ({
      losses: {
        ...losses,
        halfSquaredError(operands) {
          const loss = losses.halfSquaredError(operands)
          const width = 8
          const written = new Float64Array(memory.buffer, operands.dOutputs, 8 * width)
          written.forEach((delta, i) => (written[i] = 1.0001 * delta))
          return loss
        },
      },
    }))
    expect(correct).toEqual([])
    expect(error).toBeGreaterThan(5e-5)
  })

  it('a bias gradient that is left out', async () => {
    const { kind, error } = await worstWith(({ sumColumns }, memory) => ({
      sumColumns(operands, firstColumn, endColumn) {
        sumColumns(operands, firstColumn, endColumn)
        new Float64Array(memory.buffer, operands.dBias, operands.outputs).fill(0)
      },
    }))
    expect(kind).toBe('biases')
    expect(error).toBeGreaterThan(0.5)
  })

  it('a gradient that is not a number', async () => {
    const { error } = await worstWith(({ matmulTransposedA }, memory) => ({
      matmulTransposedA(operands, firstRow, endRow) {
        matmulTransposedA(operands, firstRow, endRow)
        new Float64Array(memory.buffer, operands.dWeights, 1).fill(NaN)
      },
    }))
    expect(error).toBe(Infinity)
  })

  it('a cost that float32 cannot hold', async () => {
    const large = { ...options.network, scale: 1e30, layers: [dense(2)] }
    const { passed, sharding, worst } = await checkGradients(
      { ...options, network: large, backend: 'wasm' },
      examples,
    )
    expect([passed, sharding.error]).toEqual([false, Infinity])
    expect(worst.error).toBeLessThan(1e-6)
  })
})

it('wrong options and wrong data are refused', async () => {
  await expect(checkGradients({ ...options, l2: -1 }, examples)).rejects.toThrow(InputError)
  await expect(
    checkGradients(options, { ...examples, targets: Float64Array.of(1) }),
  ).rejects.toThrow(/targets: expected a typed array of 16/)
  await expect(checkGradients(options, examples, { tolerence: 1 } as object)).rejects.toThrow(
    'checkGradients: tolerence: expected no such option, got 1',
  )
  await expect(
    checkGradients(options, examples, { parameters: { weights: [], biases: [] } }),
  ).rejects.toThrow(/setParameters: weights: expected an array of/)
})

it('at given parameters: those of a trainer that has learned', async () => {
  await using trainer = await createTrainer(options)
  await trainer.fit(examples, { epochs: 20, batchSize: 'all' })
  const [start, learned] = [
    await checkGradients(options, examples),
    await checkGradients(options, examples, { parameters: trainer.getParameters() }),
  ]
  expect(learned.passed).toBe(true)
  expect(learned.worst.backpropagation).not.toBe(start.worst.backpropagation)
})

it('a signal ends it, and the event loop turns meanwhile', async () => {
  // Some 20,000 parameters, two passes each.
  const wide = { network: { inputs: 2, layers: [dense(140), dense(140), dense(1)] } }
  const description = { ...wide, loss: 'meanSquaredError' as const }
  const rows = { inputs: Float64Array.of(1, 2), targets: Float64Array.of(1) }
  const reason = new Error('enough')
  const endedBy = async (signal: AbortSignal): Promise<unknown> =>
    checkGradients(description, rows, { signal }).catch((error: unknown) => error)
  expect(await endedBy(AbortSignal.abort(reason))).toBe(reason)
  const later = new AbortController()
  const checking = endedBy(later.signal)
  setTimeout(() => later.abort(reason), 500)
  expect(await checking).toBe(reason)
})

it('a walk through layers without bias adds none', async () => {
  const network = { inputs: 3, layers: [dense(2, 'tanh', { bias: false }), dense(2)] }
  const inProcess = await openInProcess({ network, loss: 'halfSquaredError', l2: 0 }, examples)
  const weights = [Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 2, 3, 4)]
  const biases = [new Float64Array(0), Float64Array.of(0.5, 0.25)]
  const { inputs, layers, gradient } = inProcess.walk({ weights, biases }, 0, 1)
  const [a, b, c] = inputs as unknown as [number, number, number]
  const z = [a + 3 * b + 5 * c, 2 * a + 4 * b + 6 * c]
  layers[0]!.preActivations.forEach((value, i) => expect(value).toBeCloseTo(z[i]!, 12))
  expect(gradient.biases.map(({ length }) => length)).toEqual([0, 2])
  expect(inProcess.units).toEqual([2, 2])
})
