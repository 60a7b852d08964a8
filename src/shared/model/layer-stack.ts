// The layers of a network one on the other: each is given what the one below it leaves.

import type { ByteOffset } from '../arena/offsets.js'
import type { BlockPlaces } from './block-loader.js'
import { kindOf } from './layers/kinds.js'
import type { Layer, Places } from './layers/layer.js'
import type { ModelContext } from './model.js'
import { type Network, columnsOf, layersBefore } from './network.js'

/** What layers need of the context of their model. */
export type StackContext = Pick<
  ModelContext,
  'block' | 'kernels' | 'parameters' | 'shared' | 'sliceRows'
>

/** Where a worker has the numbers of its layers. */
export interface LayerPlaces extends Pick<BlockPlaces, 'inputs'> {
  /** The gradient with respect to the outputs. */
  dOutputs: ByteOffset
  temporary: ByteOffset
  layers: Places[]
}

export function createLayers(
  network: Network,
  context: StackContext,
  places: LayerPlaces,
): Layer[] {
  const { block, kernels, parameters, sliceRows } = context
  const shared = context.shared as Places[]
  const columns = columnsOf(network)
  const before = layersBefore(network)
  const dOutputs = placesOfGradients(places)
  const layers: Layer[] = []
  network.layers.forEach((layer, l) => {
    const source = l === 0 ? () => places.inputs : () => layers[l - 1]!.outputs()
    layers[l] = kindOf(layer).create(layer, {
      kernels,
      block,
      inputs: columns[l]!,
      tensors: parameters.tensors.filter((tensor) => tensor.layer === l),
      shared: shared[l]!,
      scratch: places.layers[l]!,
      temporary: places.temporary,
      sliceRows,
      source,
      dOutputs: dOutputs[l]!,
      passesBack: before[l]! > 0,
      layersBefore: before[l]!,
    })
  })
  return layers
}

/** Of each layer, where the gradient with respect to its outputs lies. */
function placesOfGradients({ dOutputs, layers }: LayerPlaces): ByteOffset[] {
  const places = [dOutputs]
  for (let l = layers.length - 1; l > 0; l--) places.unshift(layers[l]!.dX ?? places[0]!)
  return places
}
