// The layered network as a model: a block goes forward through the layers, to the loss, and back.

import type { ExamplesLayout } from '../arena/arena.js'
import type { Claims } from '../arena/claims.js'
import { type ByteOffset, NOWHERE, advance, indexOf } from '../arena/offsets.js'
import { paddedWidth } from '../batches/padding.js'
import { TALLY_FIELDS, Tally, tallyMetrics } from '../figures/metrics.js'
import type { GatherOperands, LossOperands } from '../kernels/kernels.js'
import { type LossName, fusedActivation } from '../formulas/losses.js'
import { partOf, rowNumbersOf } from './block.js'
import { kindOf } from './layers/kinds.js'
import type { Layer, OutputLayer, Places, WayBack } from './layers/layer.js'
import type { Model, ModelContext, ModelKind } from './model.js'
import {
  type Network,
  columnsOf,
  layersBefore,
  outputLayer,
  storesPreprocessed,
  tensorsOf,
} from './network.js'

export interface LayeredDescription {
  kind: 'layers'
  network: Network
  loss: LossName
}

/** What the network keeps of its own for each worker, and what its layers do. */
interface LayeredScratch {
  inputs: ByteOffset
  targets: ByteOffset
  /** A padded row each. */
  sampleWeights: ByteOffset
  /** Gradients with respect to what goes from layer to layer: one is read, the other written. */
  gradients: [ByteOffset, ByteOffset]
  temporary: ByteOffset
  layers: Places[]
}

export const layeredKind: ModelKind<LayeredDescription> = {
  inputs: ({ network }) => columnsOf(network)[0]!,
  outputs: ({ network }) => outputLayer(network).units,
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
  const load = createLoader(network, outputs, context, scratch)
  const score = createScorer(loss, outputs, context, scratch)
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

/** What brings in the rows of a block. */
function createLoader(
  network: Network,
  outputs: number,
  { block, kernels }: ModelContext,
  scratch: LayeredScratch,
): Model['load'] {
  const scale = storesPreprocessed(network) ? 1 : (network.scale ?? 1)
  const operands: GatherOperands = {
    type: 'float32',
    source: NOWHERE,
    rowNumbers: NOWHERE,
    matrix: NOWHERE,
    rows: 0,
    columns: 0,
    scale: 1,
  }
  const gather = (
    { type, offset }: ExamplesLayout['inputs'],
    to: ByteOffset,
    part: number,
    columns: number,
    factor: number,
  ): void => {
    operands.type = type
    operands.source = offset
    operands.rowNumbers = rowNumbersOf(block, part)
    operands.matrix = partOf(block, to, part, columns)
    operands.rows = block.parts.rows[part]!
    operands.columns = columns
    operands.scale = factor
    kernels.gather(operands)
  }
  return ({ inputs, targets, sampleWeights }) => {
    for (let part = 0; part < block.parts.count; part++) {
      gather(inputs, scratch.inputs, part, inputs.columns, scale)
      if (targets) gather(targets, scratch.targets, part, outputs, 1)
      if (sampleWeights) gather(sampleWeights, scratch.sampleWeights, part, 1, 1)
    }
  }
}

/** Takes the outputs (of a loss with an activation: the last pre-activations) to the tallies. */
type Score = (
  results: ByteOffset,
  bias: ByteOffset,
  tallies: Float64Array[],
  weighted: boolean,
) => void

/** What compares outputs with targets, and leaves the gradient with respect to the outputs. */
function createScorer(
  loss: LossName,
  outputs: number,
  { block, kernels, tallies: layout, values }: ModelContext,
  scratch: LayeredScratch,
): Score {
  const { elementBytes, parts } = block
  const [dOutputs] = scratch.gradients
  const width = paddedWidth(outputs)
  const lossOf = kernels.losses[loss]
  const operands: LossOperands = {
    rows: 0,
    columns: outputs,
    outputs: NOWHERE,
    bias: NOWHERE,
    targets: NOWHERE,
    dOutputs: NOWHERE,
  }
  const place = (results: ByteOffset, part: number): void => {
    operands.rows = parts.rows[part]!
    operands.outputs = partOf(block, results, part, outputs)
    operands.targets = partOf(block, scratch.targets, part, outputs)
    operands.dOutputs = partOf(block, dOutputs, part, outputs)
  }

  /** Losses row by row, each times its example's weight; likewise the gradient. */
  const weigh = (results: ByteOffset, part: number, tally: Float64Array): void => {
    const weights = partOf(block, scratch.sampleWeights, part, 1)
    const rows = parts.rows[part]!
    operands.rows = 1
    for (let row = 0; row < rows; row++) {
      const weight = values[indexOf(weights, elementBytes) + row * paddedWidth(1)]!
      tally[Tally.loss]! += weight * lossOf(operands)
      tally[Tally.weight]! += weight
      operands.outputs = advance(operands.outputs, width * elementBytes)
      operands.targets = advance(operands.targets, width * elementBytes)
      operands.dOutputs = advance(operands.dOutputs, width * elementBytes)
    }
    place(results, part)
    kernels.scaleRows(operands.dOutputs, weights, rows, outputs)
  }

  return (results, bias, tallies, weighted) => {
    operands.bias = bias
    for (let part = 0; part < parts.count; part++) {
      const tally = tallies[part]!
      place(results, part)
      if (weighted) weigh(results, part, tally)
      else {
        tally[Tally.loss]! += lossOf(operands)
        tally[Tally.weight]! += operands.rows
      }
      tally[Tally.correct]! += kernels.countCorrect(operands)
      if (layout.fields > TALLY_FIELDS) {
        tallyMetrics(
          layout,
          values,
          indexOf(operands.outputs, elementBytes),
          values,
          indexOf(operands.targets, elementBytes),
          operands.rows,
          outputs,
          width,
          tally,
        )
      }
    }
  }
}
