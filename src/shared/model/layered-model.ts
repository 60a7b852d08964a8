// The layered network as a model: a block goes forward through the layers, to the loss, and back.

import type { Claims } from '../arena/claims.js'
import { type ByteOffset, NOWHERE } from '../arena/offsets.js'
import { type LossName, fusedActivation } from '../formulas/losses.js'
import { type BlockPlaces, createLoader } from './block-loader.js'
import { kindOf } from './layers/kinds.js'
import type { Layer, OutputLayer, Places, WayBack } from './layers/layer.js'
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
interface LayeredScratch extends BlockPlaces {
  /** Gradients with respect to what goes from layer to layer: one is read, the other written. */
  gradients: [ByteOffset, ByteOffset]
  temporary: ByteOffset
  layers: Places[]
}

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
  const widest = Math.max(...columns)
  const temporary = network.layers.map((layer, l) =>
    kindOf(layer).temporaryElements(layer, columns[l]!, claims),
  )
  return {
    inputs: matrix(columns[0]!),
    layers: network.layers.map((layer, l) =>
      kindOf(layer).claimScratch(layer, columns[l]!, claims),
    ),
    gradients: [matrix(widest), matrix(widest)],
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
  const [dOutputs] = scratch.gradients
  const score = createScorer(loss, outputs, context, { ...scratch, dOutputs })
  // Nobody below the first layer with parameters wants a gradient.
  const lowest = layersBefore(network).lastIndexOf(0)
  const way: WayBack = {
    dOutputs: NOWHERE,
    spare: NOWHERE,
    parameters: NOWHERE,
    gradient: NOWHERE,
    accumulate: false,
  }

  /** What the last layer is given. */
  const forwardToLast = (parameters: ByteOffset): ByteOffset => {
    let at = scratch.inputs
    for (let l = 0; l < layers.length - 1; l++) at = layers[l]!.forward(at, parameters)
    return at
  }

  /** The gradient with respect to a layer's inputs becomes that of the outputs before it. */
  const stepBack = (dInputs: ByteOffset): void => {
    if (dInputs === way.spare) way.spare = way.dOutputs
    way.dOutputs = dInputs
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
    forward: (parameters) => output.forward(forwardToLast(parameters), parameters),
    forwardWithLoss(parameters, tallies, weighted) {
      const last = forwardToLast(parameters)
      const results = fused ? output.linear(last, parameters) : output.forward(last, parameters)
      score(results, output.bias(parameters), tallies, weighted)
      return results
    },
    backward(parameters, gradient, accumulate) {
      const [first, second] = scratch.gradients
      way.dOutputs = first
      way.spare = second
      way.parameters = parameters
      way.gradient = gradient
      way.accumulate = accumulate
      stepBack(fused ? output.backwardLinear(way) : output.backward(way))
      for (let l = layers.length - 2; l >= lowest; l--) stepBack(layers[l]!.backward(way))
    },
  }
}

function createLayers(network: Network, context: ModelContext, scratch: LayeredScratch): Layer[] {
  const { block, kernels, parameters } = context
  const shared = context.shared as Places[]
  const columns = columnsOf(network)
  const before = layersBefore(network)
  return network.layers.map((layer, l) =>
    kindOf(layer).create(layer, {
      kernels,
      block,
      inputs: columns[l]!,
      tensors: parameters.tensors.filter((tensor) => tensor.layer === l),
      shared: shared[l]!,
      scratch: scratch.layers[l]!,
      temporary: scratch.temporary,
      passesBack: before[l]! > 0,
      layersBefore: before[l]!,
    }),
  )
}
