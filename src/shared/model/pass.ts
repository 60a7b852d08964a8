// One block of examples, one shard or several side by side, on its way through the network:
// forward, then backward.
//
//   Z_l = A_(l-1).W_l + b_l, A_l = f_l(Z_l)
//   D_L from the loss, D_(l-1) = D_l.W_l^T * f'(Z_(l-1))
//   dW_l = A_(l-1)^T.D_l, db_l = column sums of D_l
//
// (Goodfellow, Bengio and Courville, Deep Learning, 2016, algorithms 6.3 and 6.4.) With dropout the
// next layer takes A_l times a mask, and D_l is multiplied by the same mask before f_l'.

import { type ByteOffset, NOWHERE, index32 } from '../arena/offsets.js'
import type { ArenaLayout, ExamplesLayout, ScratchLayout } from '../arena/arena.js'
import type { ParameterLayout } from '../arena/parameter-layout.js'
import { bytesPerElement } from '../arena/element-types.js'
import type {
  ActivationOperands,
  DenseOperands,
  DropoutOperands,
  GatherOperands,
  Kernels,
  LossOperands,
} from '../kernels/kernels.js'
import { type Parts, MOST_PARTS, extentOf } from '../batches/parts.js'
import { type LossName, fusedActivation } from '../network/losses.js'
import { type TallyLayout, TALLY_FIELDS, Tally, tallyMetrics } from '../figures/metrics.js'
import { type Network, storesPreprocessed } from '../network/network.js'
import { paddedWidth } from '../batches/padding.js'
import type { WeightPiece } from '../arena/pieces.js'

/** One worker's means of taking blocks through the network. */
export interface Pass {
  kernels: Kernels
  network: Network
  loss: LossName
  layout: ParameterLayout
  elementBytes: number
  scratch: ScratchLayout
  /** The layers' weights as the products want them, ready before any block. */
  prepared: number[]
  /** The shards that make up the block under way. */
  parts: Parts
  /** What the tallies count. */
  tallyLayout: TallyLayout
  /** Of each part: sums over its examples. */
  tallies: Float64Array[]
  /** The arena, as numbers of the backend's type. */
  values: Float32Array | Float64Array
  /** Of each layer, for the epoch under way; undefined where nothing is left out. */
  dropoutKeys: number[] | undefined
  /** Filled in by every call. */
  dense: DenseOperands
  activation: ActivationOperands
  examples: GatherOperands
  judged: LossOperands
  masked: DropoutOperands
}

const at = (offset: number): ByteOffset => offset as ByteOffset

/**
 * @param words The arena's words.
 * @param worker Whose scratch it uses.
 */
export function createPass(
  kernels: Kernels,
  words: Int32Array,
  layout: ArenaLayout,
  network: Network,
  loss: LossName,
  tallies: TallyLayout,
  worker: number,
): Pass {
  const scratch = layout.scratch[worker]!
  const { partRows } = scratch
  const parts: Parts = {
    count: 1,
    stride: 0,
    rows: words.subarray(index32(at(partRows)), index32(at(partRows)) + MOST_PARTS),
    rowsAt: at(partRows),
  }
  return {
    kernels,
    network,
    loss,
    scratch,
    layout: layout.parameters,
    elementBytes: bytesPerElement[layout.dtype],
    prepared: layout.prepared,
    parts,
    tallyLayout: tallies,
    tallies: Array.from({ length: layout.parts }, () => new Float64Array(tallies.fields)),
    values:
      layout.dtype === 'float32' ? new Float32Array(words.buffer) : new Float64Array(words.buffer),
    dropoutKeys: undefined,
    dense: {
      inputs: 0,
      outputs: 0,
      parts,
      x: NOWHERE,
      weights: NOWHERE,
      prepared: NOWHERE,
      z: NOWHERE,
      dZ: NOWHERE,
      dX: NOWHERE,
      dWeights: NOWHERE,
      dBias: NOWHERE,
      scratch: at(scratch.product),
      accumulate: false,
    },
    activation: {
      rows: 0,
      columns: 0,
      a: NOWHERE,
      bias: NOWHERE,
      slopes: NOWHERE,
      dA: NOWHERE,
    },
    examples: {
      type: 'float32',
      source: NOWHERE,
      rowNumbers: NOWHERE,
      matrix: NOWHERE,
      rows: 0,
      columns: 0,
      scale: 1,
    },
    judged: {
      rows: 0,
      columns: 0,
      outputs: NOWHERE,
      bias: NOWHERE,
      targets: NOWHERE,
      dOutputs: NOWHERE,
    },
    masked: {
      rows: 0,
      columns: 0,
      from: NOWHERE,
      to: NOWHERE,
      rowNumbers: NOWHERE,
      rate: 0,
      key: 0,
    },
  }
}

/** Readies one piece of the weights of `parameters` for the products. */
export function prepareWeights(
  pass: Pass,
  parameters: number,
  { layer: l, firstRow, endRow }: WeightPiece,
  backward: boolean,
): void {
  const { inputs, outputs, weights } = pass.layout.layers[l]!
  const operands = denseOf(pass, inputs, outputs)
  operands.weights = at(parameters + weights * pass.elementBytes)
  operands.prepared = at(pass.prepared[l]!)
  pass.kernels.prepare(operands, firstRow, endRow, backward && l > 0)
}

function denseOf({ dense, parts }: Pass, inputs: number, outputs: number): DenseOperands {
  dense.inputs = inputs
  dense.outputs = outputs
  dense.parts = parts
  return dense
}

function gather(
  pass: Pass,
  source: { type: GatherOperands['type']; offset: number },
  part: number,
  matrix: number,
  columns: number,
  scale: number,
): void {
  const { examples, kernels, parts } = pass
  examples.type = source.type
  examples.source = at(source.offset)
  examples.rowNumbers = at(rowNumbersOf(pass, part))
  examples.matrix = at(partOf(pass, matrix, part, columns))
  examples.rows = parts.rows[part]!
  examples.columns = columns
  examples.scale = scale
  kernels.gather(examples)
}

/**
 * Gathers the block's inputs, and its targets if there are any; the rows of each part stand in
 * `scratch.rowNumbers` from its first row on.
 */
export function loadBlock(pass: Pass, { inputs, targets, sampleWeights }: ExamplesLayout): void {
  const { network, parts, scratch } = pass
  const { units } = network.layers.at(-1)!
  const scale = storesPreprocessed(network) ? 1 : (network.scale ?? 1)
  for (let part = 0; part < parts.count; part++) {
    gather(pass, inputs, part, scratch.activations[0]!, inputs.columns, scale)
    if (targets) gather(pass, targets, part, scratch.targets, units, 1)
    if (sampleWeights) gather(pass, sampleWeights, part, scratch.rowWeights, 1, 1)
  }
}

/** Outputs of the block, in the last activations. */
export function forward(pass: Pass, parameters: number): void {
  forwardLayers(pass, parameters, pass.layout.layers.length)
}

/**
 * Outputs of the block, and the tally of each part, added to what is there; the deltas are left for
 * `backward`.
 * @param weighted Whether examples have weights.
 */
export function forwardWithLoss(pass: Pass, parameters: number, weighted: boolean): void {
  const { kernels, layout, network, parts, scratch, loss, elementBytes, tallies, tallyLayout } =
    pass
  const last = layout.layers.length - 1
  const { outputs, biases } = layout.layers[last]!
  const { activation } = network.layers[last]!
  const fused = fusedActivation(loss) === activation
  forwardLayers(pass, parameters, fused ? last : last + 1)
  if (fused) productOf(pass, parameters, last)
  for (let part = 0; part < parts.count; part++) {
    const rows = parts.rows[part]!
    const tally = tallies[part]!
    const result = partOf(pass, scratch.activations[last + 1]!, part, outputs)
    const targets = partOf(pass, scratch.targets, part, outputs)
    const deltas = partOf(pass, scratch.deltas[last % 2]!, part, outputs)
    const bias = parameters + biases * elementBytes
    const { activation: passed, judged } = pass
    judged.rows = rows
    judged.columns = outputs
    judged.outputs = at(result)
    judged.bias = at(bias)
    judged.targets = at(targets)
    judged.dOutputs = at(deltas)
    if (weighted) weightedLoss(pass, part, tally, result, targets, deltas, rows, outputs)
    else {
      tally[Tally.loss]! += kernels.losses[loss](judged)
      tally[Tally.weight]! += rows
    }
    if (!fused) {
      passed.rows = rows
      passed.columns = outputs
      passed.dA = at(deltas)
      passed.a = at(result)
      passed.slopes = at(partOf(pass, scratch.slopes[last] ?? 0, part, outputs))
      kernels.activations[activation].backward(passed)
    }
    tally[Tally.correct]! += kernels.countCorrect(judged)
    if (tallyLayout.fields > TALLY_FIELDS) {
      tallyMetrics(
        tallyLayout,
        pass.values,
        result / elementBytes,
        pass.values,
        targets / elementBytes,
        rows,
        outputs,
        paddedWidth(outputs),
        tally,
      )
    }
  }
}

/** Losses row by row, each times its example's weight; likewise the deltas. */
function weightedLoss(
  { kernels, loss, parts, elementBytes, values, scratch, judged }: Pass,
  part: number,
  tally: Float64Array,
  result: number,
  targets: number,
  deltas: number,
  rows: number,
  outputs: number,
): void {
  const weights = scratch.rowWeights + part * parts.stride * paddedWidth(1) * elementBytes
  const stride = paddedWidth(outputs) * elementBytes
  for (let row = 0; row < rows; row++) {
    const weight = values[weights / elementBytes + row * paddedWidth(1)]!
    judged.rows = 1
    judged.outputs = at(result + row * stride)
    judged.targets = at(targets + row * stride)
    judged.dOutputs = at(deltas + row * stride)
    tally[Tally.loss]! += weight * kernels.losses[loss](judged)
    tally[Tally.weight]! += weight
  }
  judged.rows = rows
  judged.outputs = at(result)
  judged.targets = at(targets)
  kernels.scaleRows(at(deltas), at(weights), rows, outputs)
}

/**
 * The block's gradient: the tree over its parts, each summed over its rows; written to `gradient`,
 * or of a single part added to what is there.
 */
export function backward(
  pass: Pass,
  parameters: number,
  gradient: number,
  accumulate: boolean,
): void {
  const { kernels, layout, network, parts, prepared, scratch, elementBytes } = pass
  for (let l = layout.layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, weights, biases } = layout.layers[l]!
    const deltas = scratch.deltas[l % 2]!
    const operands = denseOf(pass, inputs, outputs)
    operands.x = at(inputOf(pass, l))
    operands.dZ = at(deltas)
    operands.dWeights = at(gradient + weights * elementBytes)
    operands.dBias = at(gradient + biases * elementBytes)
    operands.accumulate = accumulate
    kernels.matmulTransposedA(operands)
    if (l === 0) return
    const errors = scratch.deltas[(l - 1) % 2]!
    operands.weights = at(parameters + weights * elementBytes)
    operands.prepared = at(prepared[l]!)
    operands.dX = at(errors)
    kernels.matmulTransposedB(operands)
    if (drops(pass, l - 1)) dropout(pass, l - 1, errors, errors)
    const { activation } = pass
    activation.rows = extentOf(parts)
    activation.columns = inputs
    activation.dA = at(errors)
    activation.a = at(scratch.activations[l]!)
    activation.slopes = at(scratch.slopes[l - 1] ?? 0)
    kernels.activations[network.layers[l - 1]!.activation].backward(activation)
  }
}

function forwardLayers(pass: Pass, parameters: number, layers: number): void {
  const { kernels, layout, network, elementBytes, scratch } = pass
  const rows = extentOf(pass.parts)
  for (let l = 0; l < layers; l++) {
    const { outputs, biases } = layout.layers[l]!
    const a = scratch.activations[l + 1]!
    productOf(pass, parameters, l)
    const { activation } = pass
    activation.rows = rows
    activation.columns = outputs
    activation.a = at(a)
    activation.bias = at(parameters + biases * elementBytes)
    activation.slopes = at(scratch.slopes[l] ?? 0)
    kernels.activations[network.layers[l]!.activation].forward(activation)
    if (drops(pass, l)) dropout(pass, l, a, scratch.dropped[l]!)
  }
}

function productOf(pass: Pass, parameters: number, l: number): void {
  const { inputs, outputs, weights } = pass.layout.layers[l]!
  const operands = denseOf(pass, inputs, outputs)
  operands.x = at(inputOf(pass, l))
  operands.weights = at(parameters + weights * pass.elementBytes)
  operands.prepared = at(pass.prepared[l]!)
  operands.z = at(pass.scratch.activations[l + 1]!)
  pass.kernels.matmul(operands)
}

/** What layer `l` is given. */
function inputOf(pass: Pass, l: number): number {
  return l > 0 && drops(pass, l - 1) ? pass.scratch.dropped[l - 1]! : pass.scratch.activations[l]!
}

function drops({ dropoutKeys, scratch: { dropped } }: Pass, l: number): boolean {
  return dropoutKeys !== undefined && dropped[l] !== undefined
}

/**
 * to = from, as much of it as layer `l` keeps: part by part, since the rows between them stand for
 * no examples.
 */
function dropout(pass: Pass, l: number, from: number, to: number): void {
  const { kernels, layout, network, parts, dropoutKeys } = pass
  const { outputs } = layout.layers[l]!
  for (let part = 0; part < parts.count; part++) {
    const { masked } = pass
    masked.rows = parts.rows[part]!
    masked.columns = outputs
    masked.from = at(partOf(pass, from, part, outputs))
    masked.to = at(partOf(pass, to, part, outputs))
    masked.rowNumbers = at(rowNumbersOf(pass, part))
    masked.rate = network.layers[l]!.dropout!
    masked.key = dropoutKeys![l]!
    kernels.dropout(masked)
  }
}

function rowNumbersOf({ parts, scratch }: Pass, part: number): number {
  return scratch.rowNumbers + 4 * part * parts.stride
}

/** Where a part's rows begin in a matrix of the block. */
function partOf(
  { parts, elementBytes }: Pass,
  matrix: number,
  part: number,
  columns: number,
): number {
  return matrix + part * parts.stride * paddedWidth(columns) * elementBytes
}
