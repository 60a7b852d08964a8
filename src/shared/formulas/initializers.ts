// Initializers: how weights start; biases start at 0. A new one is an entry here.

import { createUniform, normalQuantile } from '../numerics/random.js'

/**
 * Draws the weights of a layer, one after the other, from numbers that are uniform between 0 and
 * 1.
 */
export type Initializer = (inputs: number, outputs: number, uniform: () => number) => () => number

/** N(0, deviation^2) */
function normal(deviationOf: (inputs: number, outputs: number) => number): Initializer {
  return (inputs, outputs, uniform) => {
    const deviation = deviationOf(inputs, outputs)
    return () => deviation * normalQuantile(uniform())
  }
}

/** U(-bound, bound) */
function uniformWithin(boundOf: (inputs: number, outputs: number) => number): Initializer {
  return (inputs, outputs, uniform) => {
    const bound = boundOf(inputs, outputs)
    return () => bound * (2 * uniform() - 1)
  }
}

/**
 * By name. Sources: Glorot and Bengio, "Understanding the difficulty of training deep feedforward
 * neural networks" (2010); He et al., "Delving deep into rectifiers" (2015); LeCun et al.,
 * "Efficient BackProp" (1998).
 */
export const initializers = {
  /** N(0, 0.01^2) */
  plain: normal(() => 0.01),
  /** N(0, 1 / inputs): Glorot and Bengio, the form for the inputs alone. */
  xavier: normal((inputs) => 1 / Math.sqrt(inputs)),
  /** N(0, 2 / inputs): He et al., for relu. */
  he: normal((inputs) => Math.sqrt(2 / inputs)),
  /** U(-a, a) with a = sqrt(6 / (inputs + outputs)): Glorot and Bengio. */
  glorotUniform: uniformWithin((inputs, outputs) => Math.sqrt(6 / (inputs + outputs))),
  /** N(0, 2 / (inputs + outputs)): Glorot and Bengio. */
  glorotNormal: normal((inputs, outputs) => Math.sqrt(2 / (inputs + outputs))),
  /** U(-a, a) with a = sqrt(6 / inputs): He et al., for relu. */
  heUniform: uniformWithin((inputs) => Math.sqrt(6 / inputs)),
  /** N(0, 2 / inputs): He et al., for relu; the same as `he`. */
  heNormal: normal((inputs) => Math.sqrt(2 / inputs)),
  /** N(0, 1 / inputs): LeCun et al. */
  lecunNormal: normal((inputs) => Math.sqrt(1 / inputs)),
  /** 0, which all units of a hidden layer then stay alike with. */
  zeros: () => () => 0,
  /** N(0, 0.05^2), as Keras's RandomNormal. */
  normal: normal(() => 0.05),
} satisfies Record<string, Initializer>

/** The names of the initializers: from which distribution the first weights are drawn. */
export type InitializerName = keyof typeof initializers
export const initializerNames = Object.keys(initializers) as InitializerName[]

/**
 * Initial weights (inputs, outputs) of one layer, in float64; the same for a seed on every engine.
 */
export function initialWeights(
  name: InitializerName,
  inputs: number,
  outputs: number,
  seed: number,
  layer: number,
): Float64Array {
  const draw = initializers[name](inputs, outputs, createUniform(seed, ~layer))
  return Float64Array.from({ length: inputs * outputs }, draw)
}
