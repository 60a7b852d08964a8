// The network description: plain data that crosses threads and, later, files.

import type { ActivationName } from './activations.js'
import { type PreprocessingStep, columnsAfter } from './preprocessing.js'
import type { InitializerName } from './initializers.js'

/** One dense layer: `units` outputs, each activation(inputs . weights + bias). */
export interface DenseLayer {
  units: number
  activation: ActivationName
  initializer: InitializerName
  /**
   * The share of the outputs that each training step sets to 0, the others being divided by 1 -
   * dropout.
   * @default 0
   */
  dropout?: number | undefined
}

/** A feed-forward network of dense layers. */
export interface Network {
  /** Columns of the inputs, as the caller gives them. */
  inputs: number
  /**
   * What every input is multiplied by when it is read, 1/255 for bytes of pixels, say.
   * @default 1
   */
  scale?: number
  /**
   * What is then made of every row, one after the other, before the first layer.
   * @default none
   */
  preprocessing?: PreprocessingStep[]
  layers: DenseLayer[]
}

/**
 * Describes a dense layer.
 *
 * @param units Outputs of the layer, at least 1.
 * @param activation What the pre-activations go through.
 * @default 'identity'
 * @param options `initializer`: how the weights start; biases start at 0.
 * @default 'xavier' `dropout`: the share of the outputs, at least 0 and below 1, that each step of
 * `fit` sets to 0; the others are then divided by 1 - dropout, and outside `fit` nothing is left
 * out (Srivastava et al., "Dropout", 2014). Not for the output layer.
 * @default 0
 */
export function dense(
  units: number,
  activation: ActivationName = 'identity',
  options: { initializer?: InitializerName; dropout?: number } = {},
): DenseLayer {
  // Whatever else it has, a trainer's checks find.
  return { units, activation, ...options, initializer: options.initializer ?? 'xavier' }
}

/** Widths n_0 .. n_L: the inputs after all preprocessing, then each layer's units. */
export function widthsOf(network: Network): number[] {
  return [
    columnsAfter(network.preprocessing ?? [], network.inputs),
    ...network.layers.map((layer) => layer.units),
  ]
}

/**
 * Whether examples lie in the arena with scale and preprocessing applied; without preprocessing
 * they lie there as given, to be scaled when they are read.
 */
export function storesPreprocessed({ preprocessing = [] }: Network): boolean {
  return preprocessing.length > 0
}

/**
 * Floating-point operations of forward and backward over `examples`: 6 P m - 2 n_0 n_1 m, P the
 * number of weights.
 */
export function flopsOf(widths: readonly number[], examples: number): number {
  let weights = 0
  for (let layer = 1; layer < widths.length; layer++) weights += widths[layer - 1]! * widths[layer]!
  return (6 * weights - 2 * widths[0]! * widths[1]!) * examples
}
