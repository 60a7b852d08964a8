// The network description: plain data that crosses threads and, later, files.

import type { ActivationName } from './activations.js'
import { type PreprocessingStep, columnsAfter } from './preprocessing.js'
import type { InitializerName } from './initializers.js'

/**
 * One dense layer: `units` outputs, each activation(inputs . weights + bias), with weights (inputs,
 * units) and biases (units). Made by `dense`.
 */
export interface DenseLayer {
  /** Outputs of the layer, a whole number of at least 1. */
  units: number
  /** What the sums inputs . weights + bias go through. */
  activation: ActivationName
  /** How the weights start; biases start at 0. */
  initializer: InitializerName
  /**
   * The share of the outputs that each training step sets to 0, the others being divided by 1 -
   * dropout.
   * @default 0
   */
  dropout?: number | undefined
}

/**
 * A feed-forward network of dense layers: plain data, which is all that is needed to make it again.
 */
export interface Network {
  /** Columns of the inputs, as the caller gives them: a whole number of at least 1. */
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
  /** The layers from the inputs to the outputs, at least one; made by `dense`. */
  layers: DenseLayer[]
}

/**
 * A dense layer: each of its outputs is activation(inputs . weights + bias).
 *
 * @param units Outputs of the layer, a whole number of at least 1.
 * @param activation What the sums inputs . weights + bias go through; 'identity' if left out.
 * @param options How the layer starts and trains.
 * @returns The layer, for a network's `layers`.
 */
export function dense(
  units: number,
  activation: ActivationName = 'identity',
  options: {
    /**
     * How the weights start; biases start at 0.
     * @default 'xavier'
     */
    initializer?: InitializerName
    /**
     * The share of the outputs, at least 0 and below 1, that each step of `fit` sets to 0; the
     * others are then divided by 1 - dropout, and outside `fit` nothing is left out (Srivastava et
     * al., "Dropout", 2014). Not for the output layer.
     * @default 0
     */
    dropout?: number
  } = {},
): DenseLayer {
  // Whatever else it has, a trainer's checks find.
  return { units, activation, ...options, initializer: options.initializer ?? 'xavier' }
}

/**
 * The widths of a network.
 *
 * @param network The network.
 * @returns n_0 .. n_L: the inputs after all preprocessing, then each layer's units.
 */
export function widthsOf(network: Network): number[] {
  return [
    columnsAfter(network.preprocessing ?? [], network.inputs),
    ...network.layers.map((layer) => layer.units),
  ]
}

/**
 * Whether examples lie in the arena with scale and preprocessing applied; without preprocessing
 * they lie there as given, to be scaled when they are read.
 *
 * @param network The network that they are for.
 * @returns Whether it has preprocessing.
 */
export function storesPreprocessed({ preprocessing = [] }: Network): boolean {
  return preprocessing.length > 0
}

/**
 * Floating-point operations of forward and backward over m examples: 6 P m - 2 n_0 n_1 m, P the
 * number of weights.
 *
 * @param widths Of the network, n_0 .. n_L.
 * @param examples How many, m.
 * @returns Operations, multiplications and additions counted apart.
 */
export function flopsOf(widths: readonly number[], examples: number): number {
  let weights = 0
  for (let layer = 1; layer < widths.length; layer++) weights += widths[layer - 1]! * widths[layer]!
  return (6 * weights - 2 * widths[0]! * widths[1]!) * examples
}
