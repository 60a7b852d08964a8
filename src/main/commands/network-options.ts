// The network that the command line's options and a data set's recipe describe together.

import type { ActivationName } from '../../shared/network/activations.js'
import type { InitialiserName } from '../../shared/network/initializers.js'
import { type Network, dense } from '../../shared/network/network.js'
import type { DataSet } from '../data/data-sets.js'

/** What a user may say about the network; `layers` are the units of the hidden ones. */
export interface NetworkOptions {
  layers?: number[]
  activation?: ActivationName
  output?: ActivationName
  /** Of the hidden layers. */
  dropout?: number
  init?: InitialiserName
}

/** A network for a data set: what the options leave open is its recipe's. */
export function networkFor({ columns, scale, features, outputs, recipe }: DataSet, options: NetworkOptions): Network {
  const { layers = recipe.hiddenLayers, activation = recipe.activation ?? 'sigmoid', output = recipe.output, dropout = 0 } = options
  const initialiser = options.init ?? recipe.initialiser ?? 'xavier'
  return {
    inputs: columns,
    scale,
    features,
    layers: [...layers.map((units) => dense(units, activation, { initialiser, ...(dropout !== 0 && { dropout }) })), dense(outputs, output, { initialiser })],
  }
}
