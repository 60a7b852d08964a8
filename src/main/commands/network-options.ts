// The network of a command: a data set's recipe, with the command line's options in place of parts
// of it.

import { dropout } from '../../shared/model/layers/dropout.js'
import type { ActivationName } from '../../shared/formulas/activations.js'
import type { Initializer } from '../../shared/formulas/initializers.js'
import type { Network } from '../../shared/model/network.js'
import { dense } from '../../shared/model/layers/dense.js'
import type { DataSet } from '../data/data-set.js'
import type { Parameters } from '../data/parameters.js'

/** What a user may say about the network; `layers` are the units of the hidden ones. */
export interface NetworkOptions {
  layers?: number[]
  activation?: ActivationName
  output?: ActivationName
  /** Of the hidden layers. */
  dropout?: number
  init?: Initializer
}

/** A network for a data set: what the options leave open is its recipe's. */
export function networkFor(
  { columns, scale, preprocessing, outputs, recipe }: DataSet,
  options: NetworkOptions,
): Network {
  const {
    layers = recipe.hiddenLayers,
    activation = recipe.activation ?? 'sigmoid',
    output = recipe.output,
    dropout: rate = 0,
  } = options
  const initializer = options.init ?? recipe.initializer ?? 'xavier'
  return {
    inputs: columns,
    scale,
    preprocessing,
    layers: [
      ...layers.flatMap((units) => [
        dense(units, activation, { initializer }),
        ...(rate === 0 ? [] : [dropout(rate)]),
      ]),
      dense(outputs, output, { initializer }),
    ],
  }
}

/**
 * The parameters that a network for a data set starts with: the data set's own, if it has any and
 * the options leave the layers and their first weights to it. Otherwise undefined: they are drawn.
 */
export function startFor(
  { start }: DataSet,
  { layers, init, seed }: Pick<NetworkOptions, 'layers' | 'init'> & { seed?: number },
): Parameters | undefined {
  return layers === undefined && init === undefined && seed === undefined ? start : undefined
}
