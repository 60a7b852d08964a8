// Which class a network's outputs say. Softmax has an output for each class; one sigmoid output
// tells two classes apart.

import { largestOf, sideOf } from '../figures/answers.js'
import { type Network, outputLayer } from './network.js'

/** Whether a network has one output, which is the probability of the second of two classes. */
export function isOneSigmoid(network: Network): boolean {
  const { activation, units } = outputLayer(network)
  return activation === 'sigmoid' && units === 1
}

/** How many classes there are names for: two of one sigmoid, otherwise one for each output. */
export function classCount(network: Network): number {
  return isOneSigmoid(network) ? 2 : outputLayer(network).units
}

/**
 * What reads the number of a row's class, the row beginning at `at` among outputs: the largest
 * output of softmax, the first of equals; the side of 1/2 that one sigmoid is on; NO_CLASS where
 * outputs are not numbers.
 *
 * @param network Whose outputs they are.
 * @returns Undefined if the outputs say no class.
 */
export function classReader(
  network: Network,
): ((outputs: ArrayLike<number>, at: number) => number) | undefined {
  const { activation, units } = outputLayer(network)
  if (isOneSigmoid(network)) return (outputs, at) => sideOf(outputs[at]!)
  if (activation !== 'softmax') return undefined
  return (outputs, at) => largestOf(outputs, at, units)
}
