// The kinds of layers there are, by name.

import { type DenseLayer, denseKind } from './dense.js'
import { type DropoutLayer, dropoutKind } from './dropout.js'
import type { LayerKind } from './layer.js'

/** A layer as plain data. */
export type LayerDescription = DenseLayer | DropoutLayer

export const layerKinds = {
  dense: denseKind,
  dropout: dropoutKind,
} as const satisfies { [Kind in LayerDescription['kind']]: LayerKind<LayerOf<Kind>> }

type LayerOf<Kind> = Extract<LayerDescription, { kind: Kind }>

/** What the kind of a layer says. */
export function kindOf(layer: LayerDescription): LayerKind<LayerDescription> {
  return layerKinds[layer.kind] as LayerKind<never> as LayerKind<LayerDescription>
}
