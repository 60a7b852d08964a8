// A training run, step by step. In a step every worker claims shards and computes their gradients
// (or together: takes some rows of them forward and back); they meet; each sums its pieces of the
// parameters over the slots (or computes their gradient first), updates and prepares them; they
// meet, and the last to arrive commits the step.

import { Header } from '../../shared/arena/arena.js'
import {
  Control,
  Outcome,
  commitVersion,
  currentVersion,
  revertVersion,
} from '../../shared/arena/control.js'
import { Tally } from '../../shared/figures/metrics.js'
import { advance, index64 } from '../../shared/arena/offsets.js'
import { CHUNK } from '../../shared/arena/pieces.js'
import type { GradientRun, TrainRun } from '../../shared/protocol.js'
import { blockCount } from '../../shared/batches/shards.js'
import { permutation } from '../../shared/batches/shuffle.js'
import { timelineIsFull } from '../../shared/figures/timeline.js'
import { addFiguresOfAllRows } from './all-rows.js'
import { evaluateExamples } from './evaluation-run.js'
import { addMySlots, averageChunk, updateMyPieces } from './parameter-update.js'
import {
  penaltyOf,
  recordEpoch,
  recordEpochTime,
  recordResult,
  recordTime,
  sumFigures,
  sumTallies,
} from './records.js'
import {
  type Batch,
  type Step,
  computeMyShare,
  computeShardGradients,
  gradientOrigin,
  worksTogether,
} from './shard-gradients.js'
import { type GradientWorker, headerField, inOrder, nothing } from '../worker.js'

/** Trains until the run's last epoch, its slice of time, or a reason to stop. */
export function train(worker: GradientWorker, run: TrainRun): void {
  const { meet, model, timeline, words } = worker
  const { validation } = run.layout
  const deadline = performance.now() + run.sliceMs
  const step: Step = { epoch: -1, first: 0, size: 0, endsEpoch: false }
  const batch: Batch = { first: 0, size: 0, shards: run.shards }
  const close = (): void => closeBatch(worker, run, step, batch)
  const finish = (): void => commit(worker, run, step, deadline)
  const finishValidation = (): void => closeValidation(worker, run, step, deadline)
  let epoch = -1
  meet(() => void recordTime(worker, 0))
  do {
    const steps = headerField(worker, currentVersion(words), Header.steps)
    takeStep(step, run, steps)
    timeline.enterStep(steps)
    if (step.epoch !== epoch) {
      epoch = step.epoch
      enterEpoch(worker, run, epoch)
    }
    computeStepGradients(worker, run, step, batch, close)
    if (outcomeOf(words) === Outcome.diverged) return
    updateMyPieces(worker, run, step, batch)
    meet(finish)
    if (step.endsEpoch && validation && outcomeOf(words) !== Outcome.diverged) {
      model.draw(run.seed, undefined) // validation leaves nothing out
      evaluateExamples(worker, validation)
      meet(finishValidation)
    }
  } while (outcomeOf(words) === Outcome.running)
}

/** Another order of the examples, and other random numbers. */
function enterEpoch(worker: GradientWorker, run: TrainRun, epoch: number): void {
  const { count } = run.layout.training!
  worker.row = run.shuffle ? permutation(run.seed, epoch, count) : inOrder
  worker.model.draw(run.seed, epoch)
}

/** The gradients of a step's batches, one after the other; those of the last stay in the slots. */
function computeStepGradients(
  worker: GradientWorker,
  run: TrainRun,
  step: Step,
  batch: Batch,
  close: () => void,
): void {
  const { meet } = worker
  const end = step.first + step.size
  for (let first = step.first; first < end; first += run.batchSize) {
    if (first > step.first) {
      addMySlots(worker, first - run.batchSize === step.first)
      meet(nothing)
    }
    batch.first = first
    batch.size = Math.min(run.batchSize, end - first)
    computeBatchGradients(worker, batch, close)
  }
}

/** Fills all slots: this machine's, then with the other machines' help the rest. */
function computeBatchGradients(worker: GradientWorker, batch: Batch, close: () => void): void {
  const { exchange, meet, run } = worker
  const { count, fused } = run.layout.slots
  computeShardGradients(worker, batch)
  if (exchange) meet(exchange.complete)
  meet(close)
  if (!worksTogether(worker) || fused || outcomeOf(worker.words) === Outcome.diverged) return
  computeMyShare(worker, batch)
  // What a worker sums over several slots is not what it has computed.
  if (count > 1) meet(nothing)
}

/** One gradient over all examples, averaged, where the next parameters would be. */
export function computeGradient(worker: GradientWorker, run: GradientRun): void {
  const { doubles, elementBytes, updated, words } = worker
  const { records, slots, training, versions } = run.layout
  const batch = { first: 0, size: training!.count, shards: run.shards }
  computeBatchGradients(worker, batch, () => {
    Atomics.store(words, Control.previousWhole, 0)
    recordResult(worker, sumFigures(worker, run.shards * slots.units))
  })
  const weight = doubles[index64(records.epochs) + 1 + Tally.weight]!
  const target = versions[1 - currentVersion(words)]!.parameters
  for (const stretch of updated) {
    const origin = gradientOrigin(worker, batch, stretch)
    for (const piece of stretch.pieces) {
      for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
        const elements = Math.min(CHUNK, end - first)
        const place = advance(target, first * elementBytes)
        averageChunk(worker, weight, piece, origin, first, elements, place)
      }
    }
  }
}

/** The examples of the step after `steps` steps. */
function takeStep(step: Step, run: TrainRun, steps: number): void {
  const { count } = run.layout.training!
  const examples = run.batchSize * run.accumulationSteps
  step.epoch = Math.floor(steps / run.stepsPerEpoch)
  step.first = (steps % run.stepsPerEpoch) * examples
  step.size = Math.min(examples, count - step.first)
  step.endsEpoch = step.first + step.size === count
}

/**
 * After the gradients of a batch, by the last to arrive: its sums; and if it is the step's last,
 * the step's cost, and whether to go on.
 */
function closeBatch(worker: GradientWorker, run: TrainRun, step: Step, batch: Batch): void {
  const {
    doubles,
    figures,
    words,
    run: { layout },
  } = worker
  const stepSums = index64(layout.records.stepSums)
  sumTallies(worker, run.shards * layout.slots.units)
  for (let field = 0; field < figures.length; field++) {
    doubles[stepSums + field] =
      figures[field]! + (batch.first === step.first ? 0 : doubles[stepSums + field]!)
  }
  Atomics.store(words, Control.claim, 0)
  if (batch.first + batch.size < step.first + step.size) return

  const version = currentVersion(words)
  const steps = headerField(worker, version, Header.steps)
  const weight = doubles[stepSums + Tally.weight]!
  const penalty = penaltyOf(worker)
  const cost = doubles[stepSums + Tally.loss]! / (weight || 1) + penalty
  doubles[stepSums + Tally.penalty] = penalty * weight
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
  const [before, after] = [
    index64(layout.records.sums[version]),
    index64(layout.records.sums[next]!),
  ]
  for (let field = 0; field < figures.length; field++) {
    doubles[after + field] =
      (step.first === 0 ? 0 : doubles[before + field]!) + doubles[stepSums + field]!
  }
}

/** After the update, by the last to arrive: the next version becomes the current one. */
function commit(worker: GradientWorker, run: TrainRun, step: Step, deadline: number): void {
  const {
    doubles,
    figures,
    words,
    run: { layout },
  } = worker
  const next = 1 - currentVersion(words)
  if (Atomics.load(words, Control.notFinite) !== 0) {
    return diverge(
      worker,
      headerField(worker, next, Header.steps) - 1,
      headerField(worker, next, Header.cost),
    )
  }
  if (step.endsEpoch) {
    const sums = index64(layout.records.sums[next]!)
    for (let field = 0; field < figures.length; field++) figures[field] = doubles[sums + field]!
    figures[Tally.loss]! /= figures[Tally.weight]! || 1
    figures[Tally.penalty]! /= figures[Tally.weight]! || 1
    addFiguresOfAllRows(worker, layout.training!)
    recordEpoch(worker, run, step.epoch, 'training', figures)
  }
  commitVersion(words)
  if (!step.endsEpoch || !run.layout.validation) endStep(worker, run, step, deadline)
}

/**
 * Ends the run: after `steps` good steps, the last of them at `lastFiniteCost`, a cost or a
 * parameter was no longer finite.
 */
function diverge(
  { doubles, run: { layout }, words }: GradientWorker,
  steps: number,
  lastFiniteCost: number,
): void {
  doubles[index64(layout.records.clock) + 2] = lastFiniteCost
  Atomics.store(words, Control.divergedStep, steps)
  Atomics.store(words, Control.outcome, Outcome.diverged)
}

function closeValidation(
  worker: GradientWorker,
  run: TrainRun,
  step: Step,
  deadline: number,
): void {
  const validation = run.layout.validation!
  const figures = sumFigures(worker, blockCount(validation.count))
  addFiguresOfAllRows(worker, validation)
  Atomics.store(worker.words, Control.claim, 0)
  recordEpoch(worker, run, step.epoch, 'validation', figures)
  endStep(worker, run, step, deadline)
}

/**
 * Decides whether the run goes on: one decision, by one worker, for all. It says when the workers
 * come back, never what they compute.
 */
function endStep(worker: GradientWorker, run: TrainRun, step: Step, deadline: number): void {
  const { words } = worker
  const now = recordTime(worker, 1)
  if (step.endsEpoch) recordEpochTime(worker, run, step.epoch, now)
  const epochs = step.epoch + 1 - run.fromEpoch
  const complete =
    step.endsEpoch &&
    (step.epoch + 1 === run.untilEpoch || epochs === run.layout.records.epochCount)
  if (Atomics.load(words, Control.stop) !== 0)
    Atomics.store(words, Control.outcome, Outcome.stopped)
  else if (complete || performance.now() >= deadline || someTimelineIsFull(worker))
    Atomics.store(words, Control.outcome, Outcome.paused)
}

function someTimelineIsFull({
  doubles,
  run: {
    layout: { scratch },
  },
}: GradientWorker): boolean {
  return scratch.some(({ timeline }) => timeline !== undefined && timelineIsFull(doubles, timeline))
}

function setHeaderField(
  { doubles, run }: GradientWorker,
  version: number,
  field: number,
  value: number,
): void {
  doubles[index64(run.layout.versions[version]!.header) + field] = value
}

function outcomeOf(words: Int32Array): number {
  return Atomics.load(words, Control.outcome)
}
