// Models: their outputs are those of a trainer on backend wasm, to the last bit.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  InputError,
  type LayerDescription,
  type Network,
  type NumberArray,
  type Parameters,
  type PreprocessingStep,
  type TrainedModel,
  dense,
  dropout,
  minMax,
  oneHot,
  standardize,
} from '../../../dist/main/index.js'
import { createModel } from '../../../dist/main/inference/model.js'
import { compileKernels } from '../../../dist/main/runtime/node/compiled-kernels.js'
import { activationNames } from '../../../dist/shared/formulas/activations.js'
import { layerKinds } from '../../../dist/shared/model/layers/kinds.js'
import { columnsOf } from '../../../dist/shared/model/network.js'
import { numbers, parametersFor } from '../files/support.js'
import { createTrainer } from '../shared-threads.js'
import { rejection } from '../trainer/support.js'

const kernels = compileKernels('inference')
const modelOf = (
  network: Network,
  parameters = parametersFor(network),
  classes?: string[],
): TrainedModel => createModel({ network, parameters, classes, kernels })

const sameBits = (a: Float32Array | Float64Array, b: Float32Array): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  )

/** What a trainer on `wasm` and a model say of the same inputs. */
async function both(
  network: Network,
  parameters: Parameters,
  inputs: readonly NumberArray[],
): Promise<boolean[]> {
  await using trainer = await createTrainer({
    network,
    loss: 'halfSquaredError',
    backend: 'wasm',
    workers: 1,
  })
  trainer.setParameters(parameters)
  const model = modelOf(network, trainer.getParameters())
  const same: boolean[] = []
  for (const given of inputs)
    same.push(sameBits(await trainer.predict(given), model.predict(given)))
  return same
}

/** Numbers of each type. */
const inputsOf = (count: number, seed: number): NumberArray[] => [
  numbers(count, seed),
  Float64Array.from(numbers(count, seed), (x) => 3.3 * x),
  Uint8Array.from(numbers(count, seed), (x) => 128 + 127 * x),
  Uint8ClampedArray.from(numbers(count, seed), (x) => 128 + 127 * x),
]

describe('the outputs have the bits of trainer.predict on wasm', () => {
  it.each(activationNames)('%s, hidden and last', async (activation) => {
    const layers = [dense(19, activation), dense(7, activation), dense(3, activation)]
    const network = { inputs: 5, layers }
    const parameters = parametersFor(network)
    for (const layer of parameters.weights) layer.forEach((w, i) => (layer[i] = 3 * w))
    expect(await both(network, parameters, inputsOf(300 * 5, 1))).toEqual([true, true, true, true])
  })

  const steps: Record<PreprocessingStep['name'], PreprocessingStep[]> = {
    cross: [{ name: 'cross', columns: [0, 2, 2] }],
    standardize: [standardize(numbers(60, 1), 3)],
    minMax: [minMax(numbers(60, 2), 3)],
    oneHot: [oneHot(Float32Array.of(0, 1, 2, 7), 1, 0)],
  }
  it.each(Object.entries(steps))('preprocessing: %s', async (name, preprocessing) => {
    const network = {
      inputs: 3,
      ...(name !== 'oneHot' && { scale: 1 / 3 }),
      preprocessing,
      layers: [dense(4, 'tanh'), dense(2)],
    }
    const inputs = inputsOf(50 * 3, 3).map((values) =>
      name === 'oneHot' ? values.map((_, i) => [0, 1, 2, 7][i % 4]!) : values,
    )
    expect(await both(network, parametersFor(network), inputs)).toEqual([true, true, true, true])
  })

  it.each([1 / 255, 0, -2.5, 1e-40, 1e30])('scale %d', async (scale) => {
    const network = { inputs: 4, scale, layers: [dense(9, 'sigmoid'), dense(2)] }
    const inputs = inputsOf(40 * 4, 5)
    expect(await both(network, parametersFor(network), inputs)).toEqual([true, true, true, true])
  })

  it('every kind of layer, any width, any number of rows', async () => {
    const kinds: Record<keyof typeof layerKinds, fc.Arbitrary<LayerDescription>> = {
      dense: fc
        .record({
          units: fc.integer({ min: 1, max: 40 }),
          activation: fc.constantFrom(...activationNames),
          bias: fc.boolean(),
        })
        .map(({ units, activation, bias }) => dense(units, activation, { bias })),
      dropout: fc.nat(9).map((tenths) => dropout(tenths / 10)),
    }
    const network = fc
      .record({
        inputs: fc.integer({ min: 1, max: 40 }),
        layers: fc.array(fc.oneof(kinds.dense, kinds.dropout), { maxLength: 4 }),
        last: kinds.dense,
        scale: fc.option(fc.double({ min: -2, max: 2, noNaN: true }), { nil: undefined }),
        crossed: fc.boolean(),
      })
      .map(({ inputs, layers, last, scale, crossed }): Network => ({
        inputs,
        ...(scale !== undefined && { scale: Math.fround(scale) }),
        ...(crossed && { preprocessing: [{ name: 'cross', columns: [0, inputs - 1] }] }),
        layers: [
          ...layers.filter((layer, l) => layer.kind === 'dense' || layers[l - 1]?.kind === 'dense'),
          last,
        ],
      }))
    await fc.assert(
      fc.asyncProperty(
        network,
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        async (of, rows, seed) => {
          const inputs = inputsOf(rows * of.inputs, seed)
          expect(await both(of, parametersFor(of, seed), inputs)).toEqual([true, true, true, true])
        },
      ),
      { seed: 7, numRuns: 40 },
    )
  })

  it('numbers at the ends of float32, and infinities on the way', async () => {
    const network: Network = { inputs: 2, layers: [dense(3, 'relu'), dense(2, 'tanh')] }
    const parameters = parametersFor(network)
    parameters.weights[0]!.fill(3e38)
    const inputs = [
      Float32Array.of(3.4e38, -3.4e38, 1e-45, -1e-45, 0, -0),
      Float64Array.of(3.4028234e38, 1e-300, 1e-45, 7e-46, 1 + 1e-9, -1 - 1e-9),
    ]
    expect(await both(network, parameters, inputs)).toEqual([true, true])
  })

  it('rows so wide that fewer are taken at a time', () => {
    const network: Network = { inputs: 400_000, layers: [dense(1)] }
    const model = modelOf(network)
    const inputs = numbers(30 * 400_000, 1)
    const outputs = model.predict(inputs)
    for (const row of [0, 13, 29])
      expect(model.predict(inputs.subarray(row * 400_000, (row + 1) * 400_000))[0]).toBe(
        outputs[row],
      )
  })
})

const network: Network = {
  inputs: 3,
  layers: [dense(5, 'relu'), dropout(0.5), dense(4, 'tanh'), dense(2, 'softmax')],
}

describe('layerOutputs', () => {
  it('are those of each layer, of a dropout its inputs', () => {
    const model = modelOf(network)
    const inputs = numbers(70 * 3, 2)
    const columns = columnsOf(network)
    const outputs = network.layers.map((_, l) => model.layerOutputs(inputs, l))
    outputs.forEach((each, l) => expect(each).toHaveLength(70 * columns[l + 1]!))
    expect(sameBits(outputs[0]!, outputs[1]!)).toBe(true)
    expect(sameBits(outputs[3]!, model.predict(inputs))).toBe(true)
    const { weights, biases } = model.getParameters()
    const rest = modelOf(
      { inputs: 5, layers: network.layers.slice(2) },
      { weights: weights.slice(1), biases: biases.slice(1) },
    )
    expect(sameBits(rest.predict(outputs[0]!), outputs[3]!)).toBe(true)
  })

  it.each([-1, 4, 1.5, NaN, '0', undefined])('there is no layer %s', (layer) => {
    const model = modelOf(network)
    expect(() => model.layerOutputs(numbers(3, 1), layer as number)).toThrow(
      /^layerOutputs: layer: expected a whole number from 0 to 3, got /,
    )
  })
})

describe('classify', () => {
  const identity = (units: number, activation: 'softmax' | 'sigmoid'): Network => ({
    inputs: units,
    layers: [dense(units, activation, { bias: false })],
  })
  const ones = (units: number): Parameters => ({
    weights: [Float32Array.from({ length: units ** 2 }, (_, i) => Number(i % (units + 1) === 0))],
    biases: [new Float32Array()],
  })

  it('of softmax: the class of the largest output, the first of equals', () => {
    const inputs = Float32Array.of(1, 2, 3, 5, 5, 1, -1, -2, -1)
    const unnamed = modelOf(identity(3, 'softmax'), ones(3))
    expect(unnamed.classify(inputs)).toEqual(['2', '0', '0'])
    const named = modelOf(identity(3, 'softmax'), ones(3), ['ant', 'bee', 'cat'])
    expect(named.classify(inputs)).toEqual(['cat', 'ant', 'ant'])
    expect([named.classes, unnamed.classes]).toEqual([['ant', 'bee', 'cat'], undefined])
  })

  it('of one sigmoid: the second class from 1/2 on', () => {
    const inputs = Float32Array.of(-1, 0, 1)
    expect(modelOf(identity(1, 'sigmoid'), ones(1)).classify(inputs)).toEqual(['0', '1', '1'])
    const named = modelOf(identity(1, 'sigmoid'), ones(1), ['no', 'yes'])
    expect(named.classify(inputs)).toEqual(['no', 'yes', 'yes'])
  })

  it('of other outputs it is refused', () => {
    for (const [layer, given] of [
      [dense(2, 'sigmoid'), '2 sigmoid'],
      [dense(1), '1 identity'],
    ] as const)
      expect(() => modelOf({ inputs: 1, layers: [layer] }).classify(Float32Array.of(1))).toThrow(
        new InputError(
          'classify',
          'a network whose outputs say a class: softmax, or one sigmoid',
          given,
        ),
      )
  })

  it('a row whose outputs are not numbers is named', () => {
    const large = { weights: [Float32Array.of(3e38, 0, 0, 3e38)], biases: [new Float32Array()] }
    const model = modelOf(identity(2, 'softmax'), large)
    expect(model.classify(Float32Array.of(1, 0))).toEqual(['0'])
    expect(() => model.classify(Float32Array.of(1, 0, 10, 10))).toThrow(
      /^classify: inputs, row 1: expected inputs for which the outputs are numbers, got outputs that are not$/,
    )
  })
})

describe('inputs are checked as a trainer checks them', () => {
  const wrong: [string, Network, unknown][] = [
    ['a list', network, [1, 2, 3]],
    ['nothing', network, undefined],
    ['no row', network, new Float32Array()],
    ['half a row', network, new Float32Array(7)],
    ['labels', network, new Int32Array(3)],
    ['NaN', network, numbers(300, 1).fill(NaN, 200, 201)],
    ['too large for float32', network, Float64Array.of(0, 0, 0, 0, 1e39, 0)],
    [
      'no category',
      {
        inputs: 1,
        preprocessing: [{ name: 'oneHot', column: 0, categories: [1, 2] }],
        layers: [dense(1)],
      },
      new Float64Array(200).fill(1).fill(3, 150),
    ],
    [
      'too large after preprocessing',
      { inputs: 1, preprocessing: [{ name: 'cross', columns: [0, 0] }], layers: [dense(1)] },
      Float64Array.of(1, 2, 1e30),
    ],
  ]
  it.each(wrong)('%s', async (_, of, inputs) => {
    await using trainer = await createTrainer({
      network: of,
      loss: 'halfSquaredError',
      backend: 'wasm',
    })
    const refused = await rejection(trainer.predict(inputs as Float32Array))
    expect(refused).toBeInstanceOf(InputError)
    expect(() => modelOf(of).predict(inputs as Float32Array)).toThrow(refused)
  })

  it('after a refusal it goes on', () => {
    const model = modelOf(network)
    const inputs = numbers(300, 3)
    const outputs = model.predict(inputs)
    expect(() => model.predict(Float32Array.from(inputs).fill(NaN, 290))).toThrow('row 96')
    expect(sameBits(model.predict(inputs), outputs)).toBe(true)
  })
})

describe('getParameters', () => {
  it('gives a copy', () => {
    const parameters = parametersFor(network)
    const model = modelOf(network, parameters)
    expect(model.getParameters()).toEqual(parameters)
    const before = model.predict(numbers(3, 1))
    for (const layer of model.getParameters().weights) layer.fill(0)
    for (const layer of parameters.weights) layer.fill(0)
    expect(model.predict(numbers(3, 1))).toEqual(before)
  })

  it('in float32, of float64 rounded', () => {
    const network: Network = { inputs: 1, layers: [dense(1)] }
    const parameters = { weights: [Float64Array.of(1 / 3)], biases: [Float64Array.of(0.1)] }
    expect(modelOf(network, parameters).getParameters()).toEqual({
      weights: [Float32Array.of(1 / 3)],
      biases: [Float32Array.of(0.1)],
    })
  })
})
