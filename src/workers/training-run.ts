// A training step: claim shards and compute their gradients; meet; sum my pieces of the parameters over the slots, update and prepare them; meet; the last to
// arrive commits.

import { EPOCH_RECORDS, Header } from '../shared/arena.js'
import { Control, Outcome, commitVersion, currentVersion, revertVersion } from '../shared/control.js'
import { dropoutKeys } from '../shared/dropout.js'
import { prepareWeights } from '../shared/pass.js'
import { CHUNK, type Piece } from '../shared/pieces.js'
import type { GradientRun, TrainRun } from '../shared/protocol.js'
import { blockCount } from '../shared/shards.js'
import { permutation } from '../shared/shuffle.js'
import { Phase, timelineIsFull } from '../shared/timeline.js'
import { evaluateExamples } from './evaluation-run.js'
import { recordEpoch, recordEpochTime, recordResult, recordTime, sumFigures } from './records.js'
import { type Batch, computeShardGradients } from './shard-gradients.js'
import { type GradientWorker, currentParameters, inOrder } from './worker.js'

/** Trains until the run's last epoch, its slice of time, or a reason to stop. */
export function train(worker: GradientWorker, run: TrainRun): void {
  const { meet, timeline, words } = worker
  const { training, validation } = run.layout
  const deadline = performance.now() + run.sliceMs
  const batch: Batch = { epoch: -1, first: 0, size: 0, endsEpoch: false }
  const close = (): void => closeBatch(worker, run, batch)
  const finish = (): void => commit(worker, run, batch, deadline)
  const finishValidation = (): void => closeValidation(worker, run, batch, deadline)
  let epoch = -1
  meet(() => void recordTime(worker, 0))
  do {
    const steps = headerField(worker, currentVersion(words), Header.steps)
    takeBatch(batch, run, steps)
    timeline.enterStep(steps)
    if (batch.epoch !== epoch) {
      epoch = batch.epoch
      worker.row = run.shuffle ? permutation(run.seed, epoch, training!.count) : inOrder
      worker.pass.dropoutKeys = dropoutKeys(run.seed, epoch, run.network)
    }
    computeShardGradients(worker, batch, run.shards)
    meet(close)
    if (outcomeOf(words) === Outcome.diverged) return
    updateMyPieces(worker, run, batch)
    timeline.mark(Phase.sum)
    meet(finish)
    if (batch.endsEpoch && validation && outcomeOf(words) !== Outcome.diverged) {
      worker.pass.dropoutKeys = undefined // validation leaves nothing out; the next epoch has keys of its own
      evaluateExamples(worker, validation)
      meet(finishValidation)
    }
  } while (outcomeOf(words) === Outcome.running)
}

/** One gradient over all examples, averaged, where the next parameters would be. */
export function computeGradient(worker: GradientWorker, run: GradientRun): void {
  const { count } = run.layout.training!
  computeShardGradients(worker, { epoch: 0, first: 0, size: count, endsEpoch: true }, run.shards)
  worker.meet(() => {
    Atomics.store(worker.words, Control.previousWhole, 0)
    recordResult(worker, sumFigures(worker, run.shards, count))
  })
  const target = run.layout.versions[1 - currentVersion(worker.words)]!.parameters
  for (const piece of worker.pieces) {
    const end = piece.first + piece.elements
    for (let first = piece.first; first < end; first += CHUNK) {
      averageChunk(worker, count, piece.kind, first, Math.min(CHUNK, end - first), target + first * worker.pass.scalarBytes)
    }
  }
}

/** The batch of the step after `steps` steps. */
function takeBatch(batch: Batch, run: TrainRun, steps: number): void {
  const { count } = run.layout.training!
  const stepsPerEpoch = Math.ceil(count / run.batchSize)
  const stepInEpoch = steps % stepsPerEpoch
  batch.epoch = Math.floor(steps / stepsPerEpoch)
  batch.first = stepInEpoch * run.batchSize
  batch.size = Math.min(run.batchSize, count - batch.first)
  batch.endsEpoch = stepInEpoch === stepsPerEpoch - 1
}

/** After the gradients, by the last to arrive: the step's cost, and whether to go on. */
function closeBatch(worker: GradientWorker, run: TrainRun, batch: Batch): void {
  const { words } = worker
  const version = currentVersion(words)
  const steps = headerField(worker, version, Header.steps)
  const { cost, correct } = sumFigures(worker, run.shards, batch.size)
  Atomics.store(words, Control.claim, 0)
  if (!Number.isFinite(cost)) {
    diverge(worker, steps, steps > 0 ? headerField(worker, version, Header.cost) : NaN)
    revertVersion(words) // the current parameters have no finite cost, those before them had
    return
  }
  Atomics.store(words, Control.previousWhole, 0) // from here on the other version is written
  const startsEpoch = batch.first === 0
  const next = 1 - version
  setHeaderField(worker, next, Header.steps, steps + 1)
  setHeaderField(worker, next, Header.costSum, (startsEpoch ? 0 : headerField(worker, version, Header.costSum)) + cost * batch.size)
  setHeaderField(worker, next, Header.correct, (startsEpoch ? 0 : headerField(worker, version, Header.correct)) + correct)
  setHeaderField(worker, next, Header.cost, cost)
}

/** Averages my pieces of the gradient, writes the next parameters and readies them for the next step's products. */
function updateMyPieces(worker: GradientWorker, run: TrainRun, batch: Batch): void {
  const { pass } = worker
  const version = currentVersion(worker.words)
  const { parameters } = run.layout.versions[version]
  const next = run.layout.versions[1 - version]!.parameters
  for (const piece of worker.pieces) {
    updatePiece(worker, run, batch, piece, parameters, next)
    if (piece.kind === 'weights') prepareWeights(pass, next, piece, true)
  }
}

function updatePiece(worker: GradientWorker, run: TrainRun, batch: Batch, piece: Piece, parameters: number, next: number): void {
  const { pass: { kernels, scratch, scalarBytes } } = worker
  const end = piece.first + piece.elements
  for (let first = piece.first; first < end; first += CHUNK) {
    const elements = Math.min(CHUNK, end - first)
    const at = first * scalarBytes
    averageChunk(worker, batch.size, piece.kind, first, elements, scratch.chunk)
    kernels.update(run.optimizer, parameters + at, next + at, scratch.chunk, elements)
    if (!kernels.allFinite(next + at, elements)) Atomics.store(worker.words, Control.notFinite, 1)
  }
}

/** A chunk of the gradient: summed over the slots in the order of the tree, divided once, plus the L2 term's. */
function averageChunk(worker: GradientWorker, examples: number, kind: Piece['kind'], first: number, elements: number, target: number): void {
  const { pass: { kernels, scalarBytes }, run: { layout, l2 } } = worker
  const at = first * scalarBytes
  kernels.sumSlots(layout.slots + at, layout.slotBytes, layout.slotCount, target, elements, examples)
  if (l2 > 0 && kind === 'weights') kernels.addDecay(target, currentParameters(worker) + at, elements, l2 / examples)
}

/** After the update, by the last to arrive: the next version becomes the current one. */
function commit(worker: GradientWorker, run: TrainRun, batch: Batch, deadline: number): void {
  const { words } = worker
  const next = 1 - currentVersion(words)
  if (Atomics.load(words, Control.notFinite) !== 0) {
    return diverge(worker, headerField(worker, next, Header.steps) - 1, headerField(worker, next, Header.cost))
  }
  if (batch.endsEpoch) {
    const cost = headerField(worker, next, Header.costSum) / run.layout.training!.count
    recordEpoch(worker, run, batch.epoch, 0, cost, headerField(worker, next, Header.correct))
  }
  commitVersion(words)
  if (!batch.endsEpoch || !run.layout.validation) endStep(worker, run, batch, deadline)
}

/** Ends the run: after `steps` good steps, the last of them at `lastFiniteCost`, a cost or a parameter was no longer finite. */
function diverge({ doubles, run: { layout }, words }: GradientWorker, steps: number, lastFiniteCost: number): void {
  doubles[layout.clock / 8 + 2] = lastFiniteCost
  Atomics.store(words, Control.divergedStep, steps)
  Atomics.store(words, Control.outcome, Outcome.diverged)
}

function closeValidation(worker: GradientWorker, run: TrainRun, batch: Batch, deadline: number): void {
  const { count } = run.layout.validation!
  const { cost, correct } = sumFigures(worker, blockCount(count), count)
  Atomics.store(worker.words, Control.claim, 0)
  recordEpoch(worker, run, batch.epoch, 2, cost, correct)
  endStep(worker, run, batch, deadline)
}

/** Decides whether the run goes on: one decision, by one worker, for all. It says when the workers come back, never what they compute. */
function endStep(worker: GradientWorker, run: TrainRun, batch: Batch, deadline: number): void {
  const { words } = worker
  const now = recordTime(worker, 1)
  if (batch.endsEpoch) recordEpochTime(worker, run, batch.epoch, now)
  const epochs = batch.epoch + 1 - run.fromEpoch
  const complete = batch.endsEpoch && (batch.epoch + 1 === run.untilEpoch || epochs === EPOCH_RECORDS)
  if (Atomics.load(words, Control.stop) !== 0) Atomics.store(words, Control.outcome, Outcome.stopped)
  else if (complete || performance.now() >= deadline || someTimelineIsFull(worker)) Atomics.store(words, Control.outcome, Outcome.paused)
}

function someTimelineIsFull({ doubles, run: { layout: { scratch } } }: GradientWorker): boolean {
  return scratch.some(({ timeline }) => timeline !== undefined && timelineIsFull(doubles, timeline))
}

function headerField({ doubles, run }: GradientWorker, version: number, field: number): number {
  return doubles[run.layout.versions[version]!.header / 8 + field]!
}

function setHeaderField({ doubles, run }: GradientWorker, version: number, field: number, value: number): void {
  doubles[run.layout.versions[version]!.header / 8 + field] = value
}

function outcomeOf(words: Int32Array): number {
  return Atomics.load(words, Control.outcome)
}
