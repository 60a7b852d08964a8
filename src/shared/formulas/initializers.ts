// Initializers: how weights start; biases start at 0. A new one is a name, and an entry in
// `initializers`.

import { createUniform, normalQuantile } from '../numerics/random.js'

/** Their names, apart from what each draws: what only predicts needs no more. */
export const initializerNames = [
  'plain',
  'xavier',
  'he',
  'glorotUniform',
  'glorotNormal',
  'heUniform',
  'heNormal',
  'lecunNormal',
  'zeros',
  'normal',
] as const

/** The names of the initializers: from which distribution the first weights are drawn. */
export type InitializerName = (typeof initializerNames)[number]

/**
 * The normal distribution N(0, deviation^2), with a deviation of your own. Made by `normal`.
 */
export interface Normal {
  /** Which distribution this is. */
  name: 'normal'
  /** Its standard deviation, above 0. */
  deviation: number
}
/** How the weights of a layer start: by name, or from a normal distribution of your own. */
export type Initializer = InitializerName | Normal

/**
 * First weights from the normal distribution N(0, deviation^2): `dense(10, 'tanh', { initializer:
 * normal(0.1) })`.
 *
 * @param deviation The standard deviation, above 0; that of the initializer 'normal' if left out.
 * @returns The initializer, for a dense layer.
 */
export function normal(deviation: number = NORMAL_DEVIATION): Normal {
  return { name: 'normal', deviation }
}

/** As Keras's RandomNormal. */
const NORMAL_DEVIATION = 0.05

/**
 * Draws the weights of a layer, one after the other, from numbers that are uniform between 0 and
 * 1.
 */
type Draw = (inputs: number, outputs: number, uniform: () => number) => () => number

/** N(0, deviation^2) */
function normalOf(deviationOf: (inputs: number, outputs: number) => number): Draw {
  return (inputs, outputs, uniform) => {
    const deviation = deviationOf(inputs, outputs)
    return () => deviation * normalQuantile(uniform())
  }
}

/** U(-bound, bound) */
function uniformWithin(boundOf: (inputs: number, outputs: number) => number): Draw {
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
  plain: normalOf(() => 0.01),
  /** N(0, 1 / inputs): Glorot and Bengio, the form for the inputs alone. */
  xavier: normalOf((inputs) => 1 / Math.sqrt(inputs)),
  /** N(0, 2 / inputs): He et al., for relu. */
  he: normalOf((inputs) => Math.sqrt(2 / inputs)),
  /** U(-a, a) with a = sqrt(6 / (inputs + outputs)): Glorot and Bengio. */
  glorotUniform: uniformWithin((inputs, outputs) => Math.sqrt(6 / (inputs + outputs))),
  /** N(0, 2 / (inputs + outputs)): Glorot and Bengio. */
  glorotNormal: normalOf((inputs, outputs) => Math.sqrt(2 / (inputs + outputs))),
  /** U(-a, a) with a = sqrt(6 / inputs): He et al., for relu. */
  heUniform: uniformWithin((inputs) => Math.sqrt(6 / inputs)),
  /** N(0, 2 / inputs): He et al., for relu; the same as `he`. */
  heNormal: normalOf((inputs) => Math.sqrt(2 / inputs)),
  /** N(0, 1 / inputs): LeCun et al. */
  lecunNormal: normalOf((inputs) => Math.sqrt(1 / inputs)),
  /** 0, which all units of a hidden layer then stay alike with. */
  zeros: () => () => 0,
  /** N(0, 0.05^2); with a deviation of your own, `normal(deviation)`. */
  normal: normalOf(() => NORMAL_DEVIATION),
} satisfies Record<InitializerName, Draw>

/**
 * Initial weights (inputs, outputs) of one layer, in float64; the same for a seed on every engine.
 */
export function initialWeights(
  initializer: Initializer,
  inputs: number,
  outputs: number,
  seed: number,
  layer: number,
): Float64Array {
  const from =
    typeof initializer === 'string'
      ? initializers[initializer]
      : normalOf(() => initializer.deviation)
  const draw = from(inputs, outputs, createUniform(seed, ~layer))
  return Float64Array.from({ length: inputs * outputs }, draw)
}
