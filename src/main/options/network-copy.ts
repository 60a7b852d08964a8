// A trainer's own copy of a network, which no later change of the caller's reaches.

import { type LayerDescription, kindOf } from '../../shared/model/layers/kinds.js'
import type { Network } from '../../shared/model/network.js'
import { isObject } from './plain-checks.js'

/**
 * Copies a network that has been checked, with the defaults of its layers filled in.
 *
 * @param network The network.
 * @returns The copy; its fields and those of its layers are in the order of their kind.
 */
export function copyOfNetwork({ inputs, scale, preprocessing, layers }: Network): Network {
  return {
    inputs,
    ...(scale !== undefined && { scale }),
    ...(preprocessing && { preprocessing: copyOf(preprocessing) }),
    layers: layers.map(copyOfLayer),
  }
}

function copyOfLayer(layer: LayerDescription): LayerDescription {
  const given = layer as unknown as Record<string, unknown>
  const fields = Object.entries(kindOf(layer).fields).map(([field, rule]) => [
    field,
    rule === 'trueUnlessSaid' ? (given[field] ?? true) : copyOf(given[field]),
  ])
  return { kind: layer.kind, ...Object.fromEntries(fields) } as LayerDescription
}

/** By hand: a proxy, as programs with a page have them, is nothing that structuredClone takes. */
function copyOf<Value>(value: Value): Value
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => copyOf(element))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copyOf(field)]))
}
