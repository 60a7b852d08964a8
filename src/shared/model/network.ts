// The network's description, which is plain data, and what follows from it: columns, tensors,
// operations.

import type { Tensor } from '../arena/parameter-layout.js'
import { type PreprocessingStep, columnsAfter } from '../formulas/preprocessing/steps.js'
import type { ModelShape } from './shape.js'
import type { DenseLayer } from './layers/dense.js'
import { type LayerDescription, kindOf } from './layers/kinds.js'

/**
 * A feed-forward network: the outputs of each layer are the inputs of the next. It is plain data,
 * so it can be written to a file and read again.
 */
export interface Network {
  /** Columns of the inputs, before preprocessing: a whole number of at least 1. */
  inputs: number
  /**
   * What every input is multiplied by when it is read, such as 1/255 for bytes of pixels: a finite
   * number.
   * @default 1
   */
  scale?: number
  /**
   * What is then done to every row, step by step, before the first layer.
   * @default none
   */
  preprocessing?: PreprocessingStep[]
  /**
   * The layers from the inputs to the outputs, made by `dense` and `dropout`; the last is dense.
   */
  layers: LayerDescription[]
}

/** The columns of what the first layer is given, then of each layer's outputs. */
export function columnsOf({ inputs, preprocessing = [], layers }: Network): number[] {
  const columns = [columnsAfter(preprocessing, inputs)]
  for (const layer of layers) columns.push(kindOf(layer).outputs(layer, columns.at(-1)!))
  return columns
}

/** In a line: the columns of what the first layer is given, then each layer in a few words. */
export function describeNetwork(network: Network): string {
  const layers = network.layers.map((layer) => kindOf(layer).describe(layer))
  return [columnsOf(network)[0]!, ...layers].join(' - ')
}

/** The arrays of parameters, layer by layer. */
export function tensorsOf(network: Network): Tensor[] {
  const columns = columnsOf(network)
  return network.layers.flatMap((description, layer) =>
    kindOf(description)
      .tensors(description, columns[layer]!)
      .map((tensor) => ({ layer, ...tensor })),
  )
}

/** Of each layer, how many layers with parameters come before it. */
export function layersBefore(network: Network): number[] {
  const withParameters = new Set(tensorsOf(network).map(({ layer }) => layer))
  return network.layers.map((_, l) => [...withParameters].filter((other) => other < l).length)
}

/** Floating-point operations of forward and backward over `examples`. */
export function flopsOf(network: Network, examples: number): number {
  const columns = columnsOf(network)
  const before = layersBefore(network)
  return network.layers.reduce((sum, layer, l) => {
    const passesBack = before[l]! > 0
    return sum + examples * kindOf(layer).flops(layer, columns[l]!, passesBack)
  }, 0)
}

/** The last layer, whose outputs are the network's. */
export function outputLayer({ layers }: Network): DenseLayer {
  const last = layers.at(-1)
  if (last?.kind !== 'dense') throw new Error('internal: the last layer is not dense')
  return last
}

/** What goes into a network, and what comes out. */
export function shapeOf(network: Network): ModelShape {
  const { inputs, preprocessing = [], scale = 1 } = network
  const { activation, units } = outputLayer(network)
  return { inputs, scale, preprocessing, output: { units, activation } }
}

/**
 * Whether examples lie in the arena with scale and preprocessing applied; without preprocessing
 * they lie there as given, to be scaled when they are read.
 */
export function storesPreprocessed({ preprocessing }: ModelShape): boolean {
  return preprocessing.length > 0
}
