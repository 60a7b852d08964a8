import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parameterCount } from '../../../dist/shared/arena/parameter-layout.js'
import { type DenseLayer, dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import type { LayerDescription } from '../../../dist/shared/model/layers/kinds.js'
import {
  type Network,
  columnsOf,
  describeNetwork,
  flopsOf,
  layersBefore,
  outputLayer,
  shapeOf,
  storesPreprocessed,
  tensorsOf,
} from '../../../dist/shared/model/network.js'
import { cross, oneHot, standardize } from '../../../dist/shared/formulas/preprocessing/learn.js'

const width = fc.integer({ min: 1, max: 500 })
const widths = fc.array(width, { minLength: 1, maxLength: 5 })
/** Dense layers, some of them after a dropout. */
const networks: fc.Arbitrary<Network> = fc.record({
  inputs: width,
  layers: fc
    .array(fc.tuple(width, fc.boolean()), { minLength: 1, maxLength: 5 })
    .map((layers) =>
      layers.flatMap(([units, drops]): LayerDescription[] => [
        ...(drops ? [dropout(0.5)] : []),
        dense(units, 'tanh'),
      ]),
    ),
})
const isDense = (layer: LayerDescription): layer is DenseLayer => layer.kind === 'dense'
/** Inputs, and the units of each dense layer. */
const unitsOf = ({ inputs, layers }: Network): number[] => [
  inputs,
  ...layers.filter(isDense).map(({ units }) => units),
]

it('columnsOf: the inputs, then the units of every layer', () => {
  fc.assert(
    fc.property(width, widths, (inputs, units) => {
      expect(columnsOf({ inputs, layers: units.map((n) => dense(n, 'tanh')) })).toEqual([
        inputs,
        ...units,
      ])
    }),
    { seed: 1 },
  )
})

it('columnsOf: of a dropout, those that it is given; and the first ones are what preprocessing leaves', () => {
  const layers = [dropout(0.1), dense(4), dropout(0.2), dense(2)]
  expect(columnsOf({ inputs: 3, layers })).toEqual([3, 3, 4, 4, 2])
  const inputs = [1, 5, 0, 2, 6, 1, 3, 7, 2, 4, 8, 3]
  const preprocessing = [cross(0, 1), oneHot(inputs, 3, 2), standardize(inputs, 3)]
  expect(columnsOf({ inputs: 3, preprocessing, layers })).toEqual([7, 7, 4, 4, 2])
})

it('flopsOf: two a weight and example for each product there is: forward and gradient in every layer, errors in all but the first; wherever dropout stands', () => {
  fc.assert(
    fc.property(networks, width, (network, examples) => {
      const units = unitsOf(network)
      let flops = 0
      for (let layer = 1; layer < units.length; layer++) {
        const product = 2 * examples * units[layer - 1]! * units[layer]!
        flops += layer === 1 ? 2 * product : 3 * product
      }
      expect(flopsOf(network, examples)).toBe(flops)
      const weights = tensorsOf(network).filter(({ list }) => list === 'weights')
      expect(flops).toBe(
        (6 * parameterCount({ tensors: weights }) - 2 * units[0]! * units[1]!) * examples,
      )
    }),
    { seed: 2 },
  )
})

it('layersBefore: the dense layers before each layer', () => {
  const layers = [dropout(0.1), dense(4), dense(4), dropout(0.2), dense(2)]
  expect(layersBefore({ inputs: 3, layers })).toEqual([0, 0, 1, 2, 2])
  fc.assert(
    fc.property(networks, (network) => {
      expect(layersBefore(network)).toEqual(
        network.layers.map((_, l) => network.layers.slice(0, l).filter(isDense).length),
      )
    }),
    { seed: 3 },
  )
})

it('tensorsOf: weights and biases of each dense layer, under its place among all layers', () => {
  fc.assert(
    fc.property(networks, (network) => {
      const columns = columnsOf(network)
      expect(
        tensorsOf(network).map(({ layer, list, rows, columns }) => [layer, list, rows, columns]),
      ).toEqual(
        network.layers.flatMap((layer, l) =>
          isDense(layer)
            ? [
                [l, 'weights', columns[l], layer.units],
                [l, 'biases', 1, layer.units],
              ]
            : [],
        ),
      )
    }),
    { seed: 4 },
  )
})

it('describeNetwork: the columns of the first layer, then each layer in a few words', () => {
  const layers = [dense(7, 'silu'), dropout(0.25), dense(3, 'softmax')]
  expect(describeNetwork({ inputs: 5, layers })).toBe('5 - 7 silu - dropout 0.25 - 3 softmax')
  expect(describeNetwork({ inputs: 2, preprocessing: [cross(0, 1)], layers: [dense(1)] })).toBe(
    '3 - 1 identity',
  )
  expect(describeNetwork({ inputs: 2, layers: [dense(1, 'tanh', { bias: false })] })).toBe(
    '2 - 1 tanh without bias',
  )
})

it('outputLayer: the last layer; where that is none with outputs of its own, an internal error', () => {
  const last = dense(3, 'softmax')
  expect(outputLayer({ inputs: 5, layers: [dense(7), dropout(0.5), last] })).toBe(last)
  for (const layers of [[dense(7), dropout(0.5)], []])
    expect(() => outputLayer({ inputs: 5, layers })).toThrow('internal: the last layer')
})

it('examples are stored preprocessed if there is any preprocessing', () => {
  const layers = [dense(1)]
  expect(storesPreprocessed(shapeOf({ inputs: 2, layers }))).toBe(false)
  expect(storesPreprocessed(shapeOf({ inputs: 2, layers, scale: 2, preprocessing: [] }))).toBe(
    false,
  )
  expect(storesPreprocessed(shapeOf({ inputs: 2, layers, preprocessing: [cross(0, 1)] }))).toBe(
    true,
  )
})
