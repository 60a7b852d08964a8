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
  /** Of the hidden layers. */
  dropout?: number
  init?: InitialiserName
}

/** A network for a data set: what the options leave open is its recipe's. */
export function networkFor({ columns, scale, outputs, recipe }: DataSet, { layers, activation, output, dropout = 0, init }: NetworkOptions): Network {
  const options = { initialiser: init ?? recipe.initialiser ?? 'xavier' }
  const hidden = { ...options, ...(dropout !== 0 && { dropout }) }
  return {
    inputs: columns,
    scale,
    layers: [
      ...(layers ?? recipe.hiddenLayers).map((units) => dense(units, activation ?? recipe.activation ?? 'sigmoid', hidden)),
      dense(outputs, output ?? recipe.output, options),
    ],
  }
}
