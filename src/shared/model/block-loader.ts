// Loads the rows of a block: inputs, targets and weights, from the examples in the arena.

import type { ExamplesLayout } from '../arena/arena.js'
import { type ByteOffset, NOWHERE } from '../arena/offsets.js'
import type { GatherOperands } from '../kernels/kernels.js'
import { partOf, rowNumbersOf } from './block.js'
import type { Model, ModelContext } from './model.js'
import { type Network, outputLayer, shapeOf, storesPreprocessed } from './network.js'

/** Where a worker has the rows of its block. */
export interface BlockPlaces {
  inputs: ByteOffset
  targets: ByteOffset
  /** A padded row each. */
  sampleWeights: ByteOffset
}

export function createLoader(
  network: Network,
  { block, kernels }: ModelContext,
  places: BlockPlaces,
): Model['load'] {
  const scale = storesPreprocessed(shapeOf(network)) ? 1 : (network.scale ?? 1)
  const outputs = outputLayer(network).units
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
      gather(inputs, places.inputs, part, inputs.columns, scale)
      if (targets) gather(targets, places.targets, part, outputs, 1)
      if (sampleWeights) gather(sampleWeights, places.sampleWeights, part, 1, 1)
    }
  }
}
