// The layered network as a model: a block goes forward through the layers, to the loss, and back.

import type { Claims } from '../arena/claims.js'
import { type ByteOffset, NOWHERE } from '../arena/offsets.js'
import { type LossName, fusedActivation } from '../formulas/losses.js'
import { type BlockPlaces, createLoader } from './block-loader.js'
import { type LayerPlaces, createLayers } from './layer-stack.js'
import { kindOf } from './layers/kinds.js'
import type { OutputLayer } from './layers/layer.js'
import type { Model, ModelContext, ModelKind } from './model.js'
import {
  type Network,
  columnsOf,
  flopsOf,
  layersBefore,
  outputLayer,
  shapeOf,
  tensorsOf,
} from './network.js'
import { createScorer } from './scorer.js'

export interface LayeredDescription {
  kind: 'layers'
  network: Network
  loss: LossName
}

/** What the network keeps of its own for each worker, and what its layers do. */
type LayeredScratch = BlockPlaces & LayerPlaces

export const layeredKind: ModelKind<LayeredDescription> = {
  shape: ({ network }) => shapeOf(network),
  work: ({ network }) => ({
    flops: flopsOf(network, 1),
    outputs: columnsOf(network)
      .slice(1)
      .reduce((sum, columns) => sum + columns, 0),
  }),
  tensors: ({ network }) => tensorsOf(network),
  claimShared: ({ network }, claims) => {
    const columns = columnsOf(network)
    return network.layers.map((layer, l) => kindOf(layer).claimShared(layer, columns[l]!, claims))
  },
  claimScratch: ({ network }, claims) => claimScratch(network, claims),
  create: createLayeredModel,
}

function claimScratch(network: Network, claims: Claims): LayeredScratch {
  const { elements, matrix, weighted } = claims
  const columns = columnsOf(network)
  const before = layersBefore(network)
  const temporary = network.layers.map((layer, l) =>
    kindOf(layer).temporaryElements(layer, columns[l]!, claims),
  )
  return {
    inputs: matrix(columns[0]!),
    layers: network.layers.map((layer, l) =>
      kindOf(layer).claimScratch(layer, columns[l]!, claims, before[l]! > 0),
    ),
    dOutputs: matrix(columns.at(-1)!),
    targets: matrix(columns.at(-1)!),
    sampleWeights: weighted ? matrix(1) : NOWHERE,
    temporary: elements(Math.max(...temporary)),
  }
}

function createLayeredModel({ network, loss }: LayeredDescription, context: ModelContext): Model {
  const scratch = context.scratch as LayeredScratch
  const layers = createLayers(network, context, scratch)
  const drawing = layers.filter(({ draw }) => draw !== undefined)
  const output = layers.at(-1) as OutputLayer
  const { units: outputs, activation } = outputLayer(network)
  const fused = fusedActivation(loss) === activation
  const load = createLoader(network, context, scratch)
  const score = createScorer(loss, outputs, context, scratch)
  // Nobody below the first layer with parameters wants a gradient.
  const lowest = layersBefore(network).lastIndexOf(0)

  const forwardToLast = (parameters: ByteOffset): void => {
    for (let l = 0; l < layers.length - 1; l++) layers[l]!.forward(parameters)
  }

  return {
    outputs,
    load,
    prepare(parameters, { layer, firstRow, endRow }, backward) {
      layers[layer]!.prepare?.(parameters, firstRow, endRow, backward)
    },
    draw(seed, epoch) {
      for (const layer of drawing) layer.draw!(seed, epoch)
    },
    forward(parameters) {
      forwardToLast(parameters)
      output.forward(parameters)
      return output.outputs()
    },
    forwardWithLoss(parameters, tallies, weighted) {
      forwardToLast(parameters)
      if (fused) output.linear(parameters)
      else output.forward(parameters)
      score(output.outputs(), output.bias(parameters), tallies, weighted)
      return output.outputs()
    },
    backward(parameters) {
      if (fused) output.backwardLinear(parameters)
      else output.backward(parameters)
      for (let l = layers.length - 2; l >= lowest; l--) layers[l]!.backward(parameters)
    },
    gradient(target, accumulate, ranges) {
      for (const range of ranges) layers[range.layer]!.gradient!(target, accumulate, range)
    },
  }
}
