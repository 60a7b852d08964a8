// Evaluation and prediction: workers claim blocks of the examples, in their own order, and take
// them forward.

import type { ExamplesLayout } from '../../shared/arena/arena.js'
import { leaveIfAborted } from '../../shared/arena/barrier.js'
import { clearTally } from '../../shared/figures/metrics.js'
import { paddedRows, paddedWidth } from '../../shared/batches/padding.js'
import { forward, forwardWithLoss, loadBlock } from '../../shared/model/pass.js'
import { BLOCK_ROWS, blockCount } from '../../shared/batches/shards.js'
import { Phase } from '../../shared/figures/timeline.js'
import { recordResult, recordSquares, recordTally, sumFigures } from './records.js'
import { type GradientWorker, currentParameters, inOrder, placePart } from '../worker.js'

/** Figures of the examples. */
export function evaluate(worker: GradientWorker): void {
  const examples = worker.run.layout.training!
  evaluateExamples(worker, examples)
  worker.meet(() => recordResult(worker, sumFigures(worker, blockCount(examples.count))))
}

/** Claims blocks of the examples and records their tallies. */
export function evaluateExamples(worker: GradientWorker, examples: ExamplesLayout): void {
  const { pass, timeline } = worker
  const parameters = currentParameters(worker)
  const tally = pass.tallies[0]!
  recordSquares(worker)
  for (let block = claimBlock(worker, examples); block >= 0; block = claimBlock(worker, examples)) {
    clearTally(tally)
    forwardWithLoss(pass, parameters, examples.sampleWeights !== undefined)
    timeline.mark(Phase.forward)
    recordTally(worker, block, tally)
  }
}

/** Keeps the outputs of the examples, packed. */
export function predict(worker: GradientWorker): void {
  const {
    pass,
    run: { layout },
    timeline,
  } = worker
  const examples = layout.training!
  const { outputs } = pass.layout.layers.at(-1)!
  const parameters = currentParameters(worker)
  const bytes = outputs * pass.elementBytes
  const stride = paddedWidth(outputs) * pass.elementBytes
  const results = pass.scratch.activations.at(-1)!
  for (let block = claimBlock(worker, examples); block >= 0; block = claimBlock(worker, examples)) {
    const rows = rowsOf(block, examples)
    forward(pass, parameters)
    for (let row = 0; row < rows; row++) {
      const from = results + row * stride
      worker.bytes.copyWithin(
        layout.outputs + (block * BLOCK_ROWS + row) * bytes,
        from,
        from + bytes,
      )
    }
    timeline.mark(Phase.forward)
  }
}

/**
 * Claims a block and loads it.
 * @returns Its number, or -1 if none was left.
 */
function claimBlock(worker: GradientWorker, examples: ExamplesLayout): number {
  leaveIfAborted(worker.words)
  const block = worker.claim()
  if (block >= blockCount(examples.count)) return -1
  const rows = rowsOf(block, examples)
  worker.pass.parts.count = 1
  worker.pass.parts.stride = paddedRows(rows)
  placePart(worker, inOrder, 0, block * BLOCK_ROWS, rows)
  loadBlock(worker.pass, examples)
  worker.timeline.mark(Phase.gather)
  return block
}

function rowsOf(block: number, { count }: ExamplesLayout): number {
  return Math.min(BLOCK_ROWS, count - block * BLOCK_ROWS)
}
