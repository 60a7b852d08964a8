// A training step: claim shards and compute their gradients; meet; sum my pieces of the parameters over the slots, update and prepare them; meet; the last to
// arrive commits.

import { Header } from '../shared/arena.js'
import { Control, Outcome, commitVersion, currentVersion, revertVersion } from '../shared/control.js'
import { dropoutKeys } from '../shared/dropout.js'
import { learningRateAt } from '../shared/learning-rate.js'
import { Tally } from '../shared/metrics.js'
import { setUpdateFactors } from '../shared/optimizers.js'
import { prepareWeights } from '../shared/pass.js'
import { CHUNK, type Piece } from '../shared/pieces.js'
import type { GradientRun, TrainRun } from '../shared/protocol.js'
import { blockCount, stepsPerEpoch } from '../shared/shards.js'
import { permutation } from '../shared/shuffle.js'
import { Phase, timelineIsFull } from '../shared/timeline.js'
import { evaluateExamples } from './evaluation-run.js'
import { costOf, recordEpoch, recordEpochTime, recordResult, recordTime, sumFigures, sumTallies } from './records.js'
import { type Batch, computeShardGradients } from './shard-gradients.js'
import { type GradientWorker, currentParameters, inOrder, nothing } from './worker.js'

/** The examples of one step: of one batch, or of several whose gradients are summed before the update. */
interface Step extends Batch {
  epoch: number
  endsEpoch: boolean
}

/** Trains until the run's last epoch, its slice of time, or a reason to stop. */
export function train(worker: GradientWorker, run: TrainRun): void {
  const { meet, timeline, words } = worker
  const { training, validation } = run.layout
  const deadline = performance.now() + run.sliceMs
  const step: Step = { epoch: -1, first: 0, size: 0, endsEpoch: false }
  const batch: Batch = { first: 0, size: 0 }
  const close = (): void => closeBatch(worker, run, step, batch)
  const finish = (): void => commit(worker, run, step, deadline)
  const finishValidation = (): void => closeValidation(worker, run, step, deadline)
  const drops = run.network.layers.some(({ dropout }) => dropout)
  let epoch = -1
  meet(() => void recordTime(worker, 0))
  do {
    const steps = headerField(worker, currentVersion(words), Header.steps)
    takeStep(step, run, steps)
    timeline.enterStep(steps)
    if (step.epoch !== epoch) {
      epoch = step.epoch
      worker.row = run.shuffle ? permutation(run.seed, epoch, training!.count) : inOrder
      if (drops) worker.pass.dropoutKeys = dropoutKeys(run.seed, epoch, run.network)
    }
    for (let first = step.first; first < step.first + step.size; first += run.batchSize) {
      if (first > step.first) {
        addMySlots(worker, run, first - run.batchSize === step.first)
        meet(nothing)
      }
      batch.first = first
      batch.size = Math.min(run.batchSize, step.first + step.size - first)
      computeShardGradients(worker, batch, run.shards)
      meet(close)
    }
    if (outcomeOf(words) === Outcome.diverged) return
    updateMyPieces(worker, run, step)
    timeline.mark(Phase.sum)
    meet(finish)
    if (step.endsEpoch && validation && outcomeOf(words) !== Outcome.diverged) {
      worker.pass.dropoutKeys = undefined // validation leaves nothing out; the next epoch has keys of its own
      evaluateExamples(worker, validation)
      meet(finishValidation)
    }
  } while (outcomeOf(words) === Outcome.running)
}

/** One gradient over all examples, averaged, where the next parameters would be. */
export function computeGradient(worker: GradientWorker, run: GradientRun): void {
  const { doubles, pass: { scalarBytes }, run: { layout }, words } = worker
  computeShardGradients(worker, { first: 0, size: layout.training!.count }, run.shards)
  worker.meet(() => {
    Atomics.store(words, Control.previousWhole, 0)
    recordResult(worker, sumFigures(worker, run.shards))
  })
  const weight = doubles[layout.epochRecords / 8 + 1 + Tally.weight]!
  const target = layout.versions[1 - currentVersion(words)]!.parameters
  for (const piece of worker.pieces) {
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      averageChunk(worker, weight, piece.kind, first, Math.min(CHUNK, end - first), target + first * scalarBytes)
    }
  }
}

/** The examples of the step after `steps` steps. */
function takeStep(step: Step, run: TrainRun, steps: number): void {
  const { count } = run.layout.training!
  const examples = run.batchSize * run.batchesPerUpdate
  const inEpoch = stepsPerEpoch(count, run.batchSize, run.batchesPerUpdate)
  step.epoch = Math.floor(steps / inEpoch)
  step.first = (steps % inEpoch) * examples
  step.size = Math.min(examples, count - step.first)
  step.endsEpoch = step.first + step.size === count
}

/** After the gradients of a batch, by the last to arrive: its sums; and if it is the step's last, the step's cost, and whether to go on. */
function closeBatch(worker: GradientWorker, run: TrainRun, step: Step, batch: Batch): void {
  const { doubles, figures, words, run: { layout } } = worker
  const stepSums = layout.stepSums / 8
  sumTallies(worker, run.shards)
  for (let field = 0; field < figures.length; field++) {
    doubles[stepSums + field] = figures[field]! + (batch.first === step.first ? 0 : doubles[stepSums + field]!)
  }
  Atomics.store(words, Control.claim, 0)
  if (batch.first + batch.size < step.first + step.size) return

  const version = currentVersion(words)
  const steps = headerField(worker, version, Header.steps)
  const weight = doubles[stepSums + Tally.weight]!
  const cost = costOf(worker, doubles[stepSums + Tally.loss]!, weight)
  if (!Number.isFinite(cost)) {
    diverge(worker, steps, headerField(worker, version, Header.cost))
    revertVersion(words) // the current parameters have no finite cost, those before them had
    return
  }
  Atomics.store(words, Control.previousWhole, 0) // from here on the other version is written
  const next = 1 - version
  setHeaderField(worker, next, Header.steps, steps + 1)
  setHeaderField(worker, next, Header.cost, cost)
  setHeaderField(worker, next, Header.updates, headerField(worker, version, Header.updates) + 1)
  const [before, after] = [layout.sums[version] / 8, layout.sums[next]! / 8]
  for (let field = 0; field < figures.length; field++) {
    const added = field === Tally.loss ? cost * weight : doubles[stepSums + field]!
    doubles[after + field] = (step.first === 0 ? 0 : doubles[before + field]!) + added
  }
}

/** Adds my pieces of a batch's gradients to those of the step's batches before it: sums, not yet divided. */
function addMySlots(worker: GradientWorker, { layout }: TrainRun, isFirst: boolean): void {
  const { pass: { kernels, scalarBytes, scratch } } = worker
  for (const piece of worker.pieces) {
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      const elements = Math.min(CHUNK, end - first)
      const at = first * scalarBytes
      const target = isFirst ? layout.gradient! + at : scratch.chunk
      kernels.sumSlots(layout.slots + at, layout.slotBytes, layout.slotCount, target, elements, 1)
      if (!isFirst) kernels.addInto(layout.gradient! + at, target, elements)
    }
  }
}

/** Averages my pieces of the gradient, writes the next parameters and readies them for the next step's products. */
function updateMyPieces(worker: GradientWorker, run: TrainRun, step: Step): void {
  const { doubles, factors, pass, run: { layout }, words } = worker
  const version = currentVersion(words)
  const next = 1 - version
  const weight = doubles[layout.stepSums / 8 + Tally.weight]!
  const steps = headerField(worker, version, Header.steps)
  const perEpoch = stepsPerEpoch(layout.training!.count, run.batchSize, run.batchesPerUpdate)
  setUpdateFactors(
    factors, run.optimizer, learningRateAt(run.optimizer.learningRate, steps, perEpoch, run.rateReduction), headerField(worker, version, Header.updates) + 1,
  )
  const several = step.size > run.batchSize
  if (several) addMySlots(worker, run, false)
  if (layout.gradient !== undefined) averageMyPieces(worker, weight, several)
  const divisor = run.clipNorm === undefined ? 1 : clipDivisor(worker, run.clipNorm)
  for (const piece of worker.pieces) {
    updatePiece(worker, run, weight, piece, version, divisor)
    if (piece.kind === 'weights') prepareWeights(pass, layout.versions[next]!.parameters, piece, true)
  }
}

/** My pieces of the step's whole gradient, averaged, and the squares of each. @param summed Whether the sums are there already. */
function averageMyPieces(worker: GradientWorker, weight: number, summed: boolean): void {
  const { doubles, pass: { kernels, scalarBytes }, run: { layout } } = worker
  for (const piece of worker.pieces) {
    let squares = 0
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      const elements = Math.min(CHUNK, end - first)
      const target = layout.gradient! + first * scalarBytes
      if (summed) {
        kernels.divide(target, elements, weight || 1)
        addRegularisation(worker, weight, piece.kind, first, elements, target)
      } else averageChunk(worker, weight, piece.kind, first, elements, target)
      squares += kernels.sumSquares(target, elements)
    }
    doubles[layout.gradientSquareRecords / 8 + piece.index] = squares
  }
}

/**
 * What the gradient is divided by so that its norm, over all parameters, is at most `clipNorm`: 1 if it is no longer (Pascanu, Mikolov and Bengio, "On the
 * difficulty of training recurrent neural networks", 2013). Waits for the other workers' pieces.
 */
function clipDivisor(worker: GradientWorker, clipNorm: number): number {
  const { doubles, run: { layout } } = worker
  worker.timeline.mark(Phase.sum)
  worker.meet(nothing)
  let squares = 0
  for (let piece = 0; piece < layout.pieces; piece++) squares += doubles[layout.gradientSquareRecords / 8 + piece]!
  return Math.max(1, Math.sqrt(squares) / clipNorm)
}

function updatePiece(worker: GradientWorker, run: TrainRun, weight: number, piece: Piece, version: 0 | 1, divisor: number): void {
  const { factors, pass: { kernels, scratch, scalarBytes }, run: { layout } } = worker
  const [current, next] = [layout.versions[version], layout.versions[1 - version]!]
  const stateStride = layout.parameters.elements * scalarBytes
  for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
    const elements = Math.min(CHUNK, end - first)
    const at = first * scalarBytes
    const gradient = layout.gradient === undefined ? scratch.chunk : layout.gradient + at
    if (layout.gradient === undefined) averageChunk(worker, weight, piece.kind, first, elements, gradient)
    if (divisor !== 1) kernels.divide(gradient, elements, divisor)
    kernels.update(
      run.optimizer, factors, current.parameters + at, next.parameters + at, gradient, current.state + at, next.state + at, stateStride, elements,
    )
    if (!kernels.allFinite(next.parameters + at, elements)) Atomics.store(worker.words, Control.notFinite, 1)
  }
}

/** A chunk of the gradient: summed over the slots in the order of the tree, divided once, plus the L2 term's. */
function averageChunk(worker: GradientWorker, weight: number, kind: Piece['kind'], first: number, elements: number, target: number): void {
  const { pass: { kernels, scalarBytes }, run: { layout } } = worker
  kernels.sumSlots(layout.slots + first * scalarBytes, layout.slotBytes, layout.slotCount, target, elements, weight || 1) // examples that weigh nothing have no gradient
  addRegularisation(worker, weight, kind, first, elements, target)
}

function addRegularisation(worker: GradientWorker, weight: number, kind: Piece['kind'], first: number, elements: number, target: number): void {
  const { pass: { kernels, scalarBytes }, run: { l2 } } = worker
  if (l2 > 0 && weight > 0 && kind === 'weights') kernels.addDecay(target, currentParameters(worker) + first * scalarBytes, elements, l2 / weight)
}

/** After the update, by the last to arrive: the next version becomes the current one. */
function commit(worker: GradientWorker, run: TrainRun, step: Step, deadline: number): void {
  const { doubles, figures, words, run: { layout } } = worker
  const next = 1 - currentVersion(words)
  if (Atomics.load(words, Control.notFinite) !== 0) {
    return diverge(worker, headerField(worker, next, Header.steps) - 1, headerField(worker, next, Header.cost))
  }
  if (step.endsEpoch) {
    const sums = layout.sums[next]! / 8
    for (let field = 0; field < figures.length; field++) figures[field] = doubles[sums + field]!
    figures[Tally.loss]! /= figures[Tally.weight]! || 1
    recordEpoch(worker, run, step.epoch, 'training', figures)
  }
  commitVersion(words)
  if (!step.endsEpoch || !run.layout.validation) endStep(worker, run, step, deadline)
}

/** Ends the run: after `steps` good steps, the last of them at `lastFiniteCost`, a cost or a parameter was no longer finite. */
function diverge({ doubles, run: { layout }, words }: GradientWorker, steps: number, lastFiniteCost: number): void {
  doubles[layout.clock / 8 + 2] = lastFiniteCost
  Atomics.store(words, Control.divergedStep, steps)
  Atomics.store(words, Control.outcome, Outcome.diverged)
}

function closeValidation(worker: GradientWorker, run: TrainRun, step: Step, deadline: number): void {
  const figures = sumFigures(worker, blockCount(run.layout.validation!.count))
  Atomics.store(worker.words, Control.claim, 0)
  recordEpoch(worker, run, step.epoch, 'validation', figures)
  endStep(worker, run, step, deadline)
}

/** Decides whether the run goes on: one decision, by one worker, for all. It says when the workers come back, never what they compute. */
function endStep(worker: GradientWorker, run: TrainRun, step: Step, deadline: number): void {
  const { words } = worker
  const now = recordTime(worker, 1)
  if (step.endsEpoch) recordEpochTime(worker, run, step.epoch, now)
  const epochs = step.epoch + 1 - run.fromEpoch
  const complete = step.endsEpoch && (step.epoch + 1 === run.untilEpoch || epochs === run.layout.epochRecordCount)
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
