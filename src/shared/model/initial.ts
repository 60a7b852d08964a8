// The first parameters of a model.

import type { Tensor } from '../arena/parameter-layout.js'
import { initialWeights } from '../formulas/initializers.js'

/**
 * The initial numbers of each tensor, row-major, in float64; the same for a seed on every engine.
 * Layers with parameters are numbered, so that a layer without any changes nobody's start.
 */
export function initialValues(tensors: readonly Tensor[], seed: number): Float64Array[] {
  const layers = [...new Set(tensors.map(({ layer }) => layer))]
  return tensors.map((tensor) => {
    const { initializer, rows, columns, layer } = tensor
    return initialWeights(initializer, rows, columns, seed, layers.indexOf(layer))
  })
}
