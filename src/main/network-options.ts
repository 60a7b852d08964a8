// The network that the command line's options and a data set's recipe describe together.

import type { ActivationName } from '../shared/activations.js'
import type { InitialiserName } from '../shared/initialisers.js'
import { type Network, dense } from '../shared/network.js'
import type { DataSet } from './data-sets.js'

/** What a user may say about the network; `layers` are the units of the hidden ones. */
export interface NetworkOptions {
  layers?: number[]
  activation?: ActivationName
  output?: ActivationName
  init?: InitialiserName
}

/** A network for a data set: what the options leave open is its recipe's. */
export function networkFor({ columns, scale, outputs, recipe }: DataSet, { layers, activation, output, init }: NetworkOptions): Network {
  const options = { initialiser: init ?? recipe.initialiser ?? 'xavier' }
  const hidden = activation ?? recipe.activation ?? 'sigmoid'
  return {
    inputs: columns,
    scale,
    layers: [...(layers ?? recipe.hiddenLayers).map((units) => dense(units, hidden, options)), dense(outputs, output ?? recipe.output, options)],
  }
}
