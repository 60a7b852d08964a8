// Evaluation and prediction: workers claim blocks of the examples, in their own order, and take
// them forward.

import type { ExamplesLayout } from '../../shared/arena/arena.js'
import { leaveIfAborted } from '../../shared/arena/barrier.js'
import { paddedRows } from '../../shared/batches/padding.js'
import { BLOCK_ROWS, blockCount } from '../../shared/batches/shards.js'
import { clearTally } from '../../shared/figures/metrics.js'
import { Phase } from '../../shared/figures/timeline.js'
import { placePart } from '../../shared/model/block.js'
import { type GradientWorker, currentParameters, inOrder } from '../worker.js'
import { addFiguresOfAllRows, keepOutputs } from './all-rows.js'
import { recordResult, recordTally, sumFigures } from './records.js'

/** Figures of the examples. */
export function evaluate(worker: GradientWorker): void {
  const examples = worker.run.layout.training!
  evaluateExamples(worker, examples)
  worker.meet(() => {
    sumFigures(worker, blockCount(examples.count))
    addFiguresOfAllRows(worker, examples)
    recordResult(worker, worker.figures)
  })
}

/** Claims blocks of the examples and records their tallies. */
export function evaluateExamples(worker: GradientWorker, examples: ExamplesLayout): void {
  const { model, tallies, timeline } = worker
  const parameters = currentParameters(worker)
  const tally = tallies[0]!
  const weighted = examples.sampleWeights !== undefined
  for (let b = claimBlock(worker, examples); b >= 0; b = claimBlock(worker, examples)) {
    clearTally(tally)
    keepOutputs(worker, examples, model.forwardWithLoss(parameters, tallies, weighted))
    timeline.mark(Phase.forward)
    recordTally(worker, b, tally)
  }
}

/** Keeps the outputs of the examples, packed. */
export function predict(worker: GradientWorker): void {
  const { model, run, timeline } = worker
  const examples = run.layout.training!
  const parameters = currentParameters(worker)
  for (let b = claimBlock(worker, examples); b >= 0; b = claimBlock(worker, examples)) {
    keepOutputs(worker, examples, model.forward(parameters))
    timeline.mark(Phase.forward)
  }
}

/**
 * Claims a block and loads it.
 * @returns Its number, or -1 if none was left.
 */
function claimBlock(worker: GradientWorker, examples: ExamplesLayout): number {
  const { block, model, scratch, timeline, words } = worker
  leaveIfAborted(words)
  const number = worker.claim()
  if (number >= blockCount(examples.count)) return -1
  const rows = Math.min(BLOCK_ROWS, examples.count - number * BLOCK_ROWS)
  block.firstRow = scratch.evaluationRow
  block.parts.count = 1
  block.parts.unitRows = BLOCK_ROWS
  block.parts.stride = paddedRows(rows)
  placePart(block, 0, number * BLOCK_ROWS, rows, inOrder)
  model.load(examples)
  timeline.mark(Phase.gather)
  return number
}
