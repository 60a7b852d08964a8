// Which layers may stand where.

import type { Misfit } from '../../shared/formulas/preprocessing/misfits.js'
import type { LayerDescription } from '../../shared/model/layers/kinds.js'

/**
 * The first layer that can't stand where it does.
 *
 * @param layers A network's.
 * @returns Which, and the rule that it breaks; undefined if all are right.
 */
export function misplacedLayer(layers: readonly LayerDescription[]): Misfit | undefined {
  const again = layers.findIndex((layer, l) => isDropout(layer) && isDropout(layers[l - 1]))
  if (again >= 0) {
    const rule = 'one dropout between two other layers'
    return { field: `layers[${again}]`, rule, value: layers[again] }
  }
  const last = layers.at(-1)
  if (last === undefined || last.kind === 'dense') return undefined
  const field = `layers[${layers.length - 1}]`
  return { field, rule: 'a dense layer as the last one', value: last }
}

function isDropout(layer: LayerDescription | undefined): boolean {
  return layer?.kind === 'dropout'
}
