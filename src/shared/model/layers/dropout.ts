// Dropout: in every training step a share of the inputs is left out, and the others are multiplied
// by 1 / (1 - share), so that the next layer is given what it expects on average (Srivastava et
// al., "Dropout", 2014, in its inverted form). Outside training it does nothing.

import { type ByteOffset, NOWHERE } from '../../arena/offsets.js'
import type { DropoutOperands } from '../../kernels/kernels.js'
import { dropoutKey } from '../../formulas/dropout.js'
import { partOf, rowNumbersOf } from '../block.js'
import type { Layer, LayerContext, LayerKind } from './layer.js'

/** A layer that leaves out a share of its inputs in every step of training. Made by `dropout`. */
export interface DropoutLayer {
  /** What kind of layer it is. */
  kind: 'dropout'
  /** The share that is left out, at least 0 and below 1. */
  rate: number
}

/**
 * A dropout layer: each training step sets a share of its inputs to 0 and divides the others by 1 -
 * rate (Srivastava et al., "Dropout", 2014). Outside training it changes nothing. It stands between
 * two other layers, or before the first; the last layer is dense.
 *
 * @param rate The share that is left out, at least 0 and below 1.
 * @returns The layer, for a network's `layers`.
 */
export function dropout(rate: number): DropoutLayer {
  return { kind: 'dropout', rate }
}

export const dropoutKind: LayerKind<DropoutLayer> = {
  fields: { rate: 'share' },
  describe: ({ rate }) => `dropout ${rate}`,
  outputs: (_, inputs) => inputs,
  tensors: () => [],
  flops: () => 0,
  claimShared: () => ({}),
  claimScratch: ({ rate }, inputs, { matrix }) => ({ kept: rate > 0 ? matrix(inputs) : NOWHERE }),
  temporaryElements: () => 0,
  create: createDropout,
}

function createDropout({ rate }: DropoutLayer, context: LayerContext): Layer {
  const { block, dOutputs, inputs: columns, kernels, scratch, source, layersBefore } = context
  const operands: DropoutOperands = {
    rows: 0,
    columns,
    from: NOWHERE,
    to: NOWHERE,
    rowNumbers: NOWHERE,
    rate,
    key: 0,
  }
  let draws = false

  /** Part by part, since the rows between them stand for no examples. */
  const leaveOut = (from: ByteOffset, to: ByteOffset): void => {
    for (let part = 0; part < block.parts.count; part++) {
      operands.rows = block.parts.rows[part]!
      operands.from = partOf(block, from, part, columns)
      operands.to = partOf(block, to, part, columns)
      operands.rowNumbers = rowNumbersOf(block, part)
      kernels.dropout(operands)
    }
  }

  return {
    outputs: () => (draws ? scratch.kept! : source()),
    forward() {
      if (draws) leaveOut(source(), scratch.kept!)
    },
    backward() {
      if (draws) leaveOut(dOutputs, dOutputs)
    },
    draw(seed, epoch) {
      draws = epoch !== undefined && rate > 0
      // Numbered like the layer with parameters that it follows; no other dropout follows that one.
      if (epoch !== undefined) operands.key = dropoutKey(seed, epoch, layersBefore - 1)
    },
  }
}
