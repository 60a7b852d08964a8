// exportOnnx: onnxruntime gives what the trainer predicts.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Network,
  type OnnxSource,
  type Parameters,
  type PreprocessingStep,
  InputError,
  applyPreprocessing,
  cross,
  dense,
  dropout,
  exportOnnx,
  minMax,
  oneHot,
  standardize,
} from '../../../dist/main/index.js'
import { activationNames } from '../../../dist/shared/formulas/activations.js'
import { columnsAfter } from '../../../dist/shared/formulas/preprocessing/steps.js'
import { VERSION } from '../../../dist/shared/version.js'
import { createTrainer } from '../shared-threads.js'
import { outputsOf } from './onnx-runtime.js'
import { messageAt, messagesAt, readMessage, textAt } from './protobuf-reader.js'

const ROWS = 40

const sourceOf = (
  network: Network,
  parameters: Parameters,
  more: Partial<OnnxSource> = {},
): OnnxSource => ({
  network,
  classes: undefined,
  metadata: {},
  getParameters: () => parameters,
  ...more,
})

/**
 * The largest difference between the trainer and onnxruntime; of outputs beyond 1, as a share of
 * them. Weights that are not given are drawn, and biases are from -1/2 to 1/2.
 */
async function largestDifference(
  network: Network,
  inputs: Float32Array,
  { seed = 1, weights }: { seed?: number; weights?: Float32Array[] } = {},
): Promise<number> {
  await using trainer = await createTrainer({
    network,
    loss: 'meanSquaredError',
    backend: 'wasm',
    workers: 1,
    seed,
  })
  const { weights: drawn, biases } = trainer.getParameters()
  biases.forEach((layer, l) => layer.forEach((_, j) => (layer[j] = Math.sin(3 * l + 7 * j) / 2)))
  trainer.setParameters({ weights: weights ?? drawn, biases })
  const expected = await trainer.predict(inputs)
  const file = exportOnnx(sourceOf(network, trainer.getParameters()))
  const outputs = await outputsOf(file, inputs, network.inputs)
  expect(outputs).toHaveLength(expected.length)
  return Math.max(
    ...outputs.map(
      (value, i) => Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)),
    ),
  )
}

/** From -2 to 2. */
const someInputs = (columns: number): Float32Array =>
  Float32Array.from({ length: ROWS * columns }, (_, i) => 2 * Math.sin(i * i + i))

describe('onnxruntime agrees with the trainer within 1e-6', () => {
  it.each(activationNames)('%s of sums from -50 to 50', async (activation) => {
    const network = { inputs: 2, layers: [dense(2, activation, { bias: false })] }
    const sums = Float32Array.from({ length: 2002 }, (_, i) => (i % 2 === 0 ? i / 20 - 50 : 0))
    const weights = [Float32Array.of(1, 0, 0, 1)]
    expect(await largestDifference(network, sums, { weights })).toBeLessThan(1e-6)
  })

  it.each(activationNames)('%s in a hidden layer and in the last', async (activation) => {
    const layers = [dense(9, activation), dense(6, activation)]
    expect(await largestDifference({ inputs: 7, layers }, someInputs(7))).toBeLessThan(1e-6)
  })

  it('layers without biases, and dropout before, between and after them', async () => {
    const layers = [
      dropout(0.2),
      dense(8, 'tanh', { bias: false }),
      dropout(0.5),
      dense(4, 'relu'),
      dense(3, 'softmax', { bias: false }),
    ]
    expect(await largestDifference({ inputs: 5, layers }, someInputs(5))).toBeLessThan(1e-6)
  })

  it('scale, a single unit, a single row', async () => {
    const network = { inputs: 3, scale: 1 / 51, layers: [dense(1, 'sigmoid')] }
    expect(await largestDifference(network, someInputs(3).subarray(0, 3))).toBeLessThan(1e-6)
  })

  it('any network', async () => {
    const layer = fc.record({
      units: fc.integer({ min: 1, max: 20 }),
      activation: fc.constantFrom(...activationNames),
      bias: fc.boolean(),
      rate: fc.constantFrom(0, 0.3),
    })
    const networks = fc.record({
      inputs: fc.integer({ min: 1, max: 9 }),
      layers: fc.array(layer, { minLength: 1, maxLength: 4 }),
      scale: fc.constantFrom(undefined, 0.25, 1 / 3),
      steps: fc.array(fc.constantFrom('cross', 'standardize', 'minMax', 'oneHot'), {
        maxLength: 4,
      }),
      seed: fc.integer({ min: 0, max: 1000 }),
    })
    await fc.assert(
      fc.asyncProperty(networks, async ({ inputs: columns, layers, scale, steps, seed }) => {
        const inputs = mixedInputs(columns)
        const network = {
          inputs: columns,
          scale,
          preprocessing: learn(steps, inputs, columns, scale),
          layers: layers.flatMap(({ units, activation, bias, rate }, l) => [
            ...(rate > 0 && l > 0 ? [dropout(rate)] : []),
            dense(units, activation, { bias }),
          ]),
        }
        expect(await largestDifference(network, inputs, { seed })).toBeLessThan(1e-6)
      }),
      { seed: 5, numRuns: 60 },
    )
  })
})

/** Every other column has few values; others are large. */
function mixedInputs(columns: number): Float32Array {
  return Float32Array.from({ length: ROWS * columns }, (_, i) =>
    (i % columns) % 2 === 0 ? ((i * 7) % 5) - 1 : 1000 + 8 * Math.sin(i * i),
  )
}

/** Steps that learn from inputs; they end in a range that float32 sums well. */
function learn(
  names: readonly string[],
  inputs: Float32Array,
  columns: number,
  scale = 1,
): PreprocessingStep[] {
  const steps: PreprocessingStep[] = []
  let rows: Float64Array = Float64Array.from(inputs, (value) => value * scale)
  const makers: Record<string, (width: number) => PreprocessingStep> = {
    cross: (width) => cross(0, width - 1),
    standardize: (width) => standardize(rows, width),
    minMax: (width) => minMax(rows, width),
    oneHot: (width) => oneHot(rows, width, 0),
  }
  for (const name of [...names, 'standardize']) {
    const width = columnsAfter(steps, columns)
    const step = makers[name]!(width)
    steps.push(step)
    rows = applyPreprocessing([step], rows, width)
  }
  return steps
}

describe('preprocessing', () => {
  /** What a layer that changes nothing is given. */
  async function preprocessed(
    preprocessing: PreprocessingStep[],
    inputs: Float32Array,
    columns: number,
    scale?: number,
  ): Promise<Float32Array> {
    const width = columnsAfter(preprocessing, columns)
    const one = Float32Array.from({ length: width * width }, (_, i) =>
      Number(i % (width + 1) === 0),
    )
    const network = {
      inputs: columns,
      scale,
      preprocessing,
      layers: [dense(width, 'identity', { bias: false })],
    }
    const parameters = { weights: [one], biases: [new Float32Array(0)] }
    return outputsOf(exportOnnx(sourceOf(network, parameters)), inputs, columns)
  }
  /** Large means, small deviations. */
  const inputs = Float32Array.from({ length: 3 * ROWS }, (_, i) =>
    i % 3 === 2 ? (i * i) % 4 : 1e6 * (1 + (i % 3)) + ((i * 7) % 11),
  )
  const scaled = Float64Array.from(inputs, (value) => value / 3)
  const hot = oneHot(scaled, 3, 2)
  const mixed = [hot, cross(0, 1)]
  const width = columnsAfter(mixed, 3)
  const kinds: Record<string, PreprocessingStep[]> = {
    'cross of two': [cross(0, 1)],
    'cross of three, one of them twice': [cross(0, 2, 2)],
    standardize: [standardize(scaled, 3)],
    minMax: [minMax(scaled, 3)],
    'minMax of a constant column': [minMax([1, 2, 3], 3)],
    'oneHot of the last column': [hot],
    'oneHot of the first': [oneHot(scaled, 3, 0)],
    'oneHot of one between': [oneHot(scaled, 3, 1)],
    'oneHot of the only column': [oneHot(scaled, 1, 0)],
    'all of them': [...mixed, standardize(applyPreprocessing(mixed, scaled, 3), width)],
  }
  it.each(Object.keys(kinds))('%s has the bits of applyPreprocessing', async (kind) => {
    const steps = kinds[kind]!
    const columns = kind.includes('only') ? 1 : 3
    const expected = Float32Array.from(applyPreprocessing(steps, scaled, columns))
    expect(await preprocessed(steps, inputs, columns, 1 / 3)).toEqual(expected)
  })

  it('a category is met by what is the same in float32; what is none becomes all zeros', async () => {
    const step = oneHot([0.1, 0.2, 7], 1, 0)
    const outputs = await preprocessed([step], Float32Array.of(0.1, 0.2, 7, 8, NaN), 1)
    expect(Array.from(outputs)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  })

  it('categories that float32 makes one are refused', () => {
    const network = {
      inputs: 1,
      preprocessing: [cross(0, 0), oneHot([1, 2, 1 + 1e-9], 1, 0)],
      layers: [dense(1)],
    }
    const parameters = { weights: [new Float32Array(4)], biases: [new Float32Array(1)] }
    expect(() => exportOnnx(sourceOf(network, parameters))).toThrow(
      new InputError(
        'exportOnnx: network.preprocessing[1].categories[1]',
        'a category that differs from those before it in float32 too',
        '1.000000001',
      ),
    )
  })
})

describe('the file', () => {
  const network = { inputs: 2, layers: [dropout(0.1), dense(3, 'relu'), dense(1, 'sigmoid')] }
  const parameters = {
    weights: [Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(7, 8, 9)],
    biases: [Float64Array.of(0.1, 0.2, 0.3), Float64Array.of(-1)],
  }
  const read = (more?: Partial<OnnxSource>): ReturnType<typeof readMessage> =>
    readMessage(exportOnnx(sourceOf(network, parameters, more)))

  it('says who wrote it, its opset, what goes in and what comes out', () => {
    const model = read()
    expect([textAt(model, 2), textAt(model, 3)]).toEqual(['shardgrad', VERSION])
    expect([model.get(1), messageAt(model, 8).get(2)]).toEqual([[8], [17]])
    const graph = messageAt(model, 7)
    const matrices = [11, 12].map((field) => {
      const [info] = messagesAt(graph, field)
      const type = messageAt(messageAt(info!, 2), 1)
      const [rows, columns] = messagesAt(messageAt(type, 2), 1)
      return [textAt(info!, 1), type.get(1), textAt(rows!, 2), columns!.get(1)]
    })
    expect(matrices).toEqual([
      ['inputs', [1], 'batch', [2]],
      ['outputs', [1], 'batch', [1]],
    ])
  })

  it("calls weights and biases as a model file does, and orients them as PyTorch's nn.Linear", () => {
    const tensors = messagesAt(messageAt(read(), 7), 5).map((tensor) => [
      textAt(tensor, 8),
      tensor.get(1),
      Array.from(new Float32Array((tensor.get(9)![0] as Uint8Array).slice().buffer)),
    ])
    expect(tensors).toEqual([
      ['layers.1.weight', [3, 2], [1, 4, 2, 5, 3, 6]],
      ['layers.1.bias', [3], [0.1, 0.2, 0.3].map(Math.fround)],
      ['layers.2.weight', [1, 3], [7, 8, 9]],
      ['layers.2.bias', [1], [-1]],
    ])
  })

  it("holds the user's metadata, and the names of the classes", () => {
    const texts = (more: Partial<OnnxSource>): [string, string][] =>
      messagesAt(read(more), 14).map((entry) => [textAt(entry, 1), textAt(entry, 2)])
    expect(texts({})).toEqual([])
    expect(texts({ metadata: { author: 'Zoë', classes: 'mine' } })).toEqual([
      ['author', 'Zoë'],
      ['classes', 'mine'],
    ])
    expect(texts({ metadata: { classes: 'mine' }, classes: ['no', 'yes, "really"'] })).toEqual([
      ['classes', '["no","yes, \\"really\\""]'],
    ])
  })

  it('refuses what is no model, what float32 cannot hold, and 2 GiB', () => {
    for (const wrong of [undefined, null, 'digits.safetensors', {}, { network }])
      expect(() => exportOnnx(wrong as never)).toThrow(/^exportOnnx: expected a trained model/)
    const large = { ...parameters, biases: [Float64Array.of(1, 1e39, 1), Float64Array.of(1)] }
    expect(() => exportOnnx(sourceOf(network, large))).toThrow(
      new InputError('exportOnnx: layers.1.bias', 'finite numbers in float32', '1e+39'),
    )
    const huge = { inputs: 1e5, layers: [dense(1e5)] }
    expect(() => exportOnnx(sourceOf(huge, parameters))).toThrow(
      /^exportOnnx: expected a model of less than 2 GiB.*got 10000100000 parameters/,
    )
  })
})
