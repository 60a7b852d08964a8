// The rows of all examples together: their outputs, each kept in its example's place, and their
// targets.

import type { ExamplesLayout } from '../../shared/arena/arena.js'
import { type ByteOffset, index32, indexOf } from '../../shared/arena/offsets.js'
import { paddedWidth } from '../../shared/batches/padding.js'
import { largestOf, sideOf } from '../../shared/figures/answers.js'
import { type AllRows, TALLY_FIELDS, tallyAllRows } from '../../shared/figures/metrics.js'
import { partOf, rowNumbersOf } from '../../shared/model/block.js'
import type { GradientWorker } from '../worker.js'

/** Keeps the outputs of the block's rows, which lie at `results`, if they are wanted. */
export function keepOutputs(
  { block, bytes, elementBytes, model, words }: GradientWorker,
  { outputs }: ExamplesLayout,
  results: ByteOffset,
): void {
  if (outputs === undefined) return
  const packed = model.outputs * elementBytes
  const padded = paddedWidth(model.outputs) * elementBytes
  for (let part = 0; part < block.parts.count; part++) {
    const from = partOf(block, results, part, model.outputs)
    const numbers = index32(rowNumbersOf(block, part))
    for (let i = 0; i < block.parts.rows[part]!; i++) {
      const row = from + i * padded
      bytes.copyWithin(outputs + words[numbers + i]! * packed, row, row + packed)
    }
  }
}

/** Adds to the figures what the metrics need of all examples together. */
export function addFiguresOfAllRows(worker: GradientWorker, examples: ExamplesLayout): void {
  const { figures, run } = worker
  if (figures.length > TALLY_FIELDS) tallyAllRows(run.tallies, allRowsOf(worker, examples), figures)
}

function allRowsOf(
  { elementBytes, model, run, values, words }: GradientWorker,
  { count, outputs, targets }: ExamplesLayout,
): AllRows {
  const columns = model.outputs
  const kept = outputs === undefined ? 0 : indexOf(outputs, elementBytes)
  const { offset, type } = targets!
  const rows = { count, columns, outputs: values.subarray(kept, kept + count * columns) }
  if (type === 'labels') {
    const belongs = belongsTo(words.subarray(index32(offset)))
    return { ...rows, belongs, target: (row, column) => Number(belongs(row, column)) }
  }
  const at = indexOf(offset, elementBytes)
  const target = (row: number, column: number): number => values[at + row * columns + column]!
  if (run.tallies.answers !== 'oneClass')
    return { ...rows, target, belongs: (row, column) => sideOf(target(row, column)) === 1 }
  const classes = Int32Array.from({ length: count }, (_, row) =>
    largestOf(values, at + row * columns, columns),
  )
  return { ...rows, target, belongs: belongsTo(classes) }
}

function belongsTo(classes: Int32Array): AllRows['belongs'] {
  return (row, column) => classes[row] === column
}
