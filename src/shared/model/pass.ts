// One block of examples, one shard or several side by side, on its way through the network:
// forward, then backward.
//
//   Z_l = A_(l-1).W_l + b_l, A_l = f_l(Z_l)
//   D_L from the loss, D_(l-1) = D_l.W_l^T * f'(Z_(l-1))
//   dW_l = A_(l-1)^T.D_l, db_l = column sums of D_l
//
// (Goodfellow, Bengio and Courville, Deep Learning, 2016, algorithms 6.3 and 6.4.) With dropout the
// next layer takes A_l times a mask, and D_l is multiplied by the same mask before f_l'.

import type { ArenaLayout, ExamplesLayout, ScratchLayout } from '../arena/arena.js'
import type { ParameterLayout } from '../arena/parameter-layout.js'
import { bytesPerElement } from '../arena/element-types.js'
import type { Kernels } from '../kernels/kernels.js'
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
}

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
  return {
    kernels,
    network,
    loss,
    scratch,
    layout: layout.parameters,
    elementBytes: bytesPerElement[layout.dtype],
    prepared: layout.prepared,
    parts: {
      count: 1,
      stride: 0,
      rows: words.subarray(partRows / 4, partRows / 4 + MOST_PARTS),
      rowsAt: partRows,
    },
    tallyLayout: tallies,
    tallies: Array.from({ length: layout.parts }, () => new Float64Array(tallies.fields)),
    values:
      layout.dtype === 'float32' ? new Float32Array(words.buffer) : new Float64Array(words.buffer),
    dropoutKeys: undefined,
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
  pass.kernels.prepare(
    parameters + weights * pass.elementBytes,
    pass.prepared[l]!,
    inputs,
    outputs,
    firstRow,
    endRow,
    backward && l > 0,
  )
}

/**
 * Gathers the block's inputs, and its targets if there are any; the rows of each part stand in
 * `scratch.rowNumbers` from its first row on.
 */
export function loadBlock(pass: Pass, { inputs, targets, sampleWeights }: ExamplesLayout): void {
  const { kernels, network, parts, scratch } = pass
  const { units } = network.layers.at(-1)!
  const scale = storesPreprocessed(network) ? 1 : (network.scale ?? 1)
  for (let part = 0; part < parts.count; part++) {
    const rows = parts.rows[part]!
    const rowNumbers = rowNumbersOf(pass, part)
    kernels.gather(
      inputs.type,
      inputs.offset,
      rowNumbers,
      partOf(pass, scratch.activations[0]!, part, inputs.columns),
      rows,
      inputs.columns,
      scale,
    )
    if (targets)
      kernels.gather(
        targets.type,
        targets.offset,
        rowNumbers,
        partOf(pass, scratch.targets, part, units),
        rows,
        units,
        1,
      )
    if (sampleWeights)
      kernels.gather(
        sampleWeights.type,
        sampleWeights.offset,
        rowNumbers,
        partOf(pass, scratch.rowWeights, part, 1),
        rows,
        1,
        1,
      )
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
    if (weighted) weightedLoss(pass, part, tally, result, bias, targets, deltas, rows, outputs)
    else {
      tally[Tally.loss]! += kernels.losses[loss](result, bias, targets, deltas, rows, outputs)
      tally[Tally.weight]! += rows
    }
    if (!fused)
      kernels.activations[activation].backward(
        deltas,
        partOf(pass, sourceOf(pass, last), part, outputs),
        rows,
        outputs,
      )
    tally[Tally.correct]! += kernels.countCorrect(result, targets, rows, outputs)
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
  { kernels, loss, parts, elementBytes, values, scratch }: Pass,
  part: number,
  tally: Float64Array,
  result: number,
  bias: number,
  targets: number,
  deltas: number,
  rows: number,
  outputs: number,
): void {
  const weights = scratch.rowWeights + part * parts.stride * paddedWidth(1) * elementBytes
  const stride = paddedWidth(outputs) * elementBytes
  for (let row = 0; row < rows; row++) {
    const at = row * stride
    const weight = values[weights / elementBytes + row * paddedWidth(1)]!
    tally[Tally.loss]! +=
      weight * kernels.losses[loss](result + at, bias, targets + at, deltas + at, 1, outputs)
    tally[Tally.weight]! += weight
  }
  kernels.scaleRows(deltas, weights, rows, outputs)
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
    kernels.transposedProduct(
      inputOf(pass, l),
      deltas,
      gradient + weights * elementBytes,
      gradient + biases * elementBytes,
      scratch.product,
      parts,
      inputs,
      outputs,
      accumulate,
    )
    if (l === 0) return
    const errors = scratch.deltas[(l - 1) % 2]!
    kernels.productByTransposed(
      deltas,
      parameters + weights * elementBytes,
      prepared[l]!,
      errors,
      parts,
      inputs,
      outputs,
    )
    if (drops(pass, l - 1)) dropout(pass, l - 1, errors, errors)
    kernels.activations[network.layers[l - 1]!.activation].backward(
      errors,
      sourceOf(pass, l - 1),
      extentOf(parts),
      inputs,
    )
  }
}

function forwardLayers(pass: Pass, parameters: number, layers: number): void {
  const { kernels, layout, network, elementBytes, scratch } = pass
  const rows = extentOf(pass.parts)
  for (let l = 0; l < layers; l++) {
    const { outputs, biases } = layout.layers[l]!
    const a = scratch.activations[l + 1]!
    productOf(pass, parameters, l)
    kernels.activations[network.layers[l]!.activation].forward(
      a,
      parameters + biases * elementBytes,
      rows,
      outputs,
      scratch.slopes[l] ?? 0,
    )
    if (drops(pass, l)) dropout(pass, l, a, scratch.dropped[l]!)
  }
}

function productOf(pass: Pass, parameters: number, l: number): void {
  const { inputs, outputs, weights } = pass.layout.layers[l]!
  const {
    parts,
    prepared,
    scratch: { activations },
  } = pass
  pass.kernels.product(
    inputOf(pass, l),
    parameters + weights * pass.elementBytes,
    prepared[l]!,
    activations[l + 1]!,
    parts,
    inputs,
    outputs,
  )
}

/** What layer `l` is given. */
function inputOf(pass: Pass, l: number): number {
  return l > 0 && drops(pass, l - 1) ? pass.scratch.dropped[l - 1]! : pass.scratch.activations[l]!
}

/** What the derivative of layer `l`'s activation is taken from. */
function sourceOf({ scratch: { activations, slopes } }: Pass, l: number): number {
  return slopes[l] ?? activations[l + 1]!
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
    kernels.dropout(
      partOf(pass, from, part, outputs),
      partOf(pass, to, part, outputs),
      rowNumbersOf(pass, part),
      parts.rows[part]!,
      outputs,
      network.layers[l]!.dropout!,
      dropoutKeys![l]!,
    )
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
