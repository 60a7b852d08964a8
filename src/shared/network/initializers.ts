// Initializers: how weights start. A new one is an entry here.

import { createUniform, normalQuantile } from '../numerics/random.js'

/** Standard deviation of normally distributed weights, from the inputs of the layer. */
export const initializers = {
  /** N(0, 1) * 0.01 */
  plain: () => 0.01,
  /** N(0, 1) / sqrt(n_in): Glorot and Bengio (2010), the form for the inputs alone. */
  xavier: (inputs: number) => 1 / Math.sqrt(inputs),
  /** N(0, 1) * sqrt(2 / n_in): He et al. (2015), for relu. */
  he: (inputs: number) => Math.sqrt(2 / inputs),
} as const satisfies Record<string, (inputs: number) => number>

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
  const uniform = createUniform(seed, ~layer)
  const deviation = initializers[name](inputs)
  return Float64Array.from(
    { length: inputs * outputs },
    () => deviation * normalQuantile(uniform()),
  )
}
