// Scores a block: compares its outputs with its targets, which gives the loss, its gradient, and
// what metrics count. Its objects are made once and filled in again, so that a step leaves nothing
// for the garbage collector.

import { type ByteOffset, NOWHERE, advance, indexOf } from '../arena/offsets.js'
import { paddedWidth } from '../batches/padding.js'
import { TALLY_FIELDS, Tally, type TalliedRows, tallyMetrics } from '../figures/metrics.js'
import type { LossName } from '../formulas/losses.js'
import type { LossOperands } from '../kernels/kernels.js'
import type { BlockPlaces } from './block-loader.js'
import { unitsOf } from '../arena/parts.js'
import { partOf } from './block.js'
import type { ModelContext } from './model.js'

/**
 * Takes the outputs (of a loss with an activation: the last pre-activations) to the tallies, and
 * leaves the gradient with respect to them.
 */
export type Score = (
  results: ByteOffset,
  bias: ByteOffset,
  tallies: Float64Array[],
  weighted: boolean,
) => void

export interface ScorerPlaces extends Pick<BlockPlaces, 'targets' | 'sampleWeights'> {
  /** Where the gradient goes. */
  dOutputs: ByteOffset
}

export function createScorer(
  loss: LossName,
  outputs: number,
  context: ModelContext,
  places: ScorerPlaces,
): Score {
  const { block, kernels } = context
  const { parts } = block
  const operands: LossOperands = {
    rows: 0,
    columns: outputs,
    outputs: NOWHERE,
    bias: NOWHERE,
    targets: NOWHERE,
    dOutputs: NOWHERE,
  }
  const place = (results: ByteOffset, part: number, row: number): void => {
    operands.rows = Math.min(parts.unitRows, parts.rows[part]! - row)
    operands.outputs = partOf(block, results, part, outputs, row)
    operands.targets = partOf(block, places.targets, part, outputs, row)
    operands.dOutputs = partOf(block, places.dOutputs, part, outputs, row)
  }
  const lossOf = kernels.losses[loss]
  const addWeighted = createWeightedLoss(lossOf, operands, context)
  const addMetrics = createMetricsCounter(operands, context)
  const { answers } = context.tallies
  const countRight =
    answers === 'numbers'
      ? undefined
      : answers === 'oneClass'
        ? kernels.countRightClasses
        : kernels.countRightSides

  return (results, bias, tallies, weighted) => {
    operands.bias = bias
    for (let part = 0; part < parts.count; part++) {
      let unit = part * unitsOf(parts)
      for (let row = 0; row < parts.rows[part]!; row += parts.unitRows) {
        const tally = tallies[unit++]!
        place(results, part, row)
        if (weighted) {
          addWeighted(partOf(block, places.sampleWeights, part, 1, row), tally)
          place(results, part, row)
        } else {
          tally[Tally.loss]! += lossOf(operands)
          tally[Tally.weight]! += operands.rows
        }
        tally[Tally.correct]! += countRight?.(operands) ?? 0
        addMetrics?.(tally)
      }
    }
  }
}

/**
 * Adds losses row by row, each times its example's weight; the gradient is weighed likewise. The
 * operands have moved on then.
 */
function createWeightedLoss(
  lossOf: (operands: LossOperands) => number,
  operands: LossOperands,
  { block: { elementBytes }, kernels, values }: ModelContext,
): (weights: ByteOffset, tally: Float64Array) => void {
  const { columns } = operands
  const rowBytes = paddedWidth(columns) * elementBytes
  return (weights, tally) => {
    const { rows, dOutputs } = operands
    operands.rows = 1
    for (let row = 0; row < rows; row++) {
      const weight = values[indexOf(weights, elementBytes) + row * paddedWidth(1)]!
      tally[Tally.loss]! += weight * lossOf(operands)
      tally[Tally.weight]! += weight
      operands.outputs = advance(operands.outputs, rowBytes)
      operands.targets = advance(operands.targets, rowBytes)
      operands.dOutputs = advance(operands.dOutputs, rowBytes)
    }
    kernels.scaleRows(dOutputs, weights, rows, columns)
  }
}

/** Adds what the metrics need of the rows that the operands say; undefined if that is nothing. */
function createMetricsCounter(
  operands: LossOperands,
  { block: { elementBytes }, tallies: layout, values }: ModelContext,
): ((tally: Float64Array) => void) | undefined {
  if (layout.fields === TALLY_FIELDS) return undefined
  const { columns } = operands
  const counted: TalliedRows = {
    values,
    outputsAt: 0,
    targetsAt: 0,
    rows: 0,
    width: paddedWidth(columns),
  }
  return (tally) => {
    counted.outputsAt = indexOf(operands.outputs, elementBytes)
    counted.targetsAt = indexOf(operands.targets, elementBytes)
    counted.rows = operands.rows
    tallyMetrics(layout, counted, tally)
  }
}
