// Where the parameters of a network lie, in elements from the start of them.

import { paddedWidth } from '../batches/padding.js'
import { type Network, widthsOf } from '../network/network.js'

/**
 * Where one layer's parameters lie, in elements from the start of the parameters. Weights:
 * (paddedWidth(inputs), paddedWidth(outputs)).
 */
export interface LayerLayout {
  inputs: number
  outputs: number
  weights: number
  biases: number
}

/** All weights, layer by layer, then all biases: so the regularized part is one run. */
export interface ParameterLayout {
  layers: LayerLayout[]
  /** Elements of the weights. */
  weights: number
  /** Elements altogether. */
  elements: number
}

/** The elements of the parameters of a network. */
export function parameterLayout(network: Network): ParameterLayout {
  const widths = widthsOf(network)
  let weights = 0
  const layers: LayerLayout[] = network.layers.map((layer, l) => {
    const at = weights
    weights += paddedWidth(widths[l]!) * paddedWidth(layer.units)
    return { inputs: widths[l]!, outputs: layer.units, weights: at, biases: 0 }
  })
  let elements = weights
  for (const layer of layers) {
    layer.biases = elements
    elements += paddedWidth(layer.outputs)
  }
  return { layers, weights, elements }
}
