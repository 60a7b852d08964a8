// One block of examples on its way through the network: forward, then backward.
//
// Z_l = A_(l-1).W_l + b_l, A_l = f_l(Z_l);   D_L from the loss, D_(l-1) = D_l.W_l^T * f'(Z_(l-1));   dW_l = A_(l-1)^T.D_l, db_l = column sums of D_l
// (Goodfellow, Bengio and Courville, Deep Learning, 2016, algorithms 6.3 and 6.4.)

import { type ExamplesLayout, type ParameterLayout, type ScratchLayout } from './arena.js'
import type { Kernels } from './kernels/kernels.js'
import { type LossName, fusedActivation } from './losses.js'
import type { Network } from './network.js'
import type { WeightPiece } from './pieces.js'

/** One worker's means of taking blocks through the network. */
export interface Pass {
  kernels: Kernels
  network: Network
  loss: LossName
  layout: ParameterLayout
  scalarBytes: number
  scratch: ScratchLayout
  /** The layers' weights as the products want them, ready before any block. */
  prepared: number[]
}

/** Summed loss and right answers of some examples. */
export interface Tally {
  loss: number
  correct: number
}

/** Readies one piece of the weights of `parameters` for the products. */
export function prepareWeights(pass: Pass, parameters: number, { layer: l, firstRow, endRow }: WeightPiece, backward: boolean): void {
  const { inputs, outputs, weights } = pass.layout.layers[l]!
  pass.kernels.prepare(parameters + weights * pass.scalarBytes, pass.prepared[l]!, inputs, outputs, firstRow, endRow, backward && l > 0)
}

/** Gathers the block's inputs, and its targets if there are any; the rows stand in `scratch.rowNumbers`. */
export function loadBlock(pass: Pass, examples: ExamplesLayout, rows: number): void {
  const { kernels, network, scratch } = pass
  const { inputs, targets } = examples
  kernels.gather(inputs.type, inputs.offset, scratch.rowNumbers, scratch.activations[0]!, rows, inputs.columns, network.scale ?? 1)
  if (targets) kernels.gather(targets.type, targets.offset, scratch.rowNumbers, scratch.targets, rows, network.layers.at(-1)!.units, 1)
}

/** Outputs of the block, in the last activations. */
export function forward(pass: Pass, parameters: number, rows: number): void {
  forwardLayers(pass, parameters, rows, pass.layout.layers.length)
}

/** Outputs, summed loss and right answers of the block; its deltas are left for `backward`. */
export function forwardWithLoss(pass: Pass, parameters: number, rows: number, tally: Tally): void {
  const { kernels, layout, network, scratch, loss, scalarBytes } = pass
  const last = layout.layers.length - 1
  const { outputs, biases } = layout.layers[last]!
  const result = scratch.activations[last + 1]!
  const deltas = scratch.deltas[last % 2]!
  const { activation } = network.layers[last]!
  const fused = fusedActivation(loss) === activation
  forwardLayers(pass, parameters, rows, fused ? last : last + 1)
  if (fused) productOf(pass, parameters, rows, last)
  tally.loss += kernels.losses[loss](result, parameters + biases * scalarBytes, scratch.targets, deltas, rows, outputs)
  if (!fused) kernels.activations[activation].backward(deltas, result, rows, outputs)
  tally.correct += kernels.countCorrect(result, scratch.targets, rows, outputs)
}

/** The block's gradient, summed over its rows, written to `gradient` or added to what is there. */
export function backward(pass: Pass, parameters: number, gradient: number, rows: number, accumulate: boolean): void {
  const { kernels, layout, network, prepared, scratch, scalarBytes } = pass
  for (let l = layout.layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, weights, biases } = layout.layers[l]!
    const a = scratch.activations[l]!
    const deltas = scratch.deltas[l % 2]!
    kernels.transposedProduct(
      a, deltas, gradient + weights * scalarBytes, gradient + biases * scalarBytes, scratch.product, rows, inputs, outputs, accumulate,
    )
    if (l === 0) return
    const errors = scratch.deltas[(l - 1) % 2]!
    kernels.productByTransposed(deltas, parameters + weights * scalarBytes, prepared[l]!, errors, rows, inputs, outputs)
    kernels.activations[network.layers[l - 1]!.activation].backward(errors, a, rows, inputs)
  }
}

function forwardLayers(pass: Pass, parameters: number, rows: number, layers: number): void {
  for (let l = 0; l < layers; l++) {
    const { outputs, biases } = pass.layout.layers[l]!
    productOf(pass, parameters, rows, l)
    pass.kernels.activations[pass.network.layers[l]!.activation].forward(
      pass.scratch.activations[l + 1]!, parameters + biases * pass.scalarBytes, rows, outputs,
    )
  }
}

function productOf(pass: Pass, parameters: number, rows: number, l: number): void {
  const { inputs, outputs, weights } = pass.layout.layers[l]!
  const { prepared, scratch: { activations } } = pass
  pass.kernels.product(activations[l]!, parameters + weights * pass.scalarBytes, prepared[l]!, activations[l + 1]!, rows, inputs, outputs)
}
