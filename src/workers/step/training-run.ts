// A training step: claim shards and compute their gradients; meet; sum my pieces of the parameters
// over the slots, update and prepare them; meet; the last to arrive commits.

import { Header } from '../../shared/arena/arena.js'
import {
  Control,
  Outcome,
  commitVersion,
  currentVersion,
  revertVersion,
} from '../../shared/arena/control.js'
import { dropoutKeys } from '../../shared/network/dropout.js'
import { Tally } from '../../shared/figures/metrics.js'
import { CHUNK } from '../../shared/arena/pieces.js'
import type { GradientRun, TrainRun } from '../../shared/protocol.js'
import { blockCount } from '../../shared/batches/shards.js'
import { permutation } from '../../shared/batches/shuffle.js'
import { Phase, timelineIsFull } from '../../shared/figures/timeline.js'
import { evaluateExamples } from './evaluation-run.js'
import { addMySlots, averageChunk, updateMyPieces } from './parameter-update.js'
import {
  costOf,
  recordEpoch,
  recordEpochTime,
  recordResult,
  recordTime,
  sumFigures,
  sumTallies,
} from './records.js'
import { type Batch, type Step, computeShardGradients } from './shard-gradients.js'
import { type GradientWorker, headerField, inOrder, nothing } from '../worker.js'

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
      // Validation leaves nothing out; the next epoch has keys of its own.
      worker.pass.dropoutKeys = undefined
      evaluateExamples(worker, validation)
      meet(finishValidation)
    }
  } while (outcomeOf(words) === Outcome.running)
}

/** One gradient over all examples, averaged, where the next parameters would be. */
export function computeGradient(worker: GradientWorker, run: GradientRun): void {
  const {
    doubles,
    pass: { elementBytes },
    run: { layout },
    words,
  } = worker
  computeShardGradients(worker, { first: 0, size: layout.training!.count }, run.shards)
  worker.meet(() => {
    Atomics.store(words, Control.previousWhole, 0)
    recordResult(worker, sumFigures(worker, run.shards))
  })
  const weight = doubles[layout.epochRecords / 8 + 1 + Tally.weight]!
  const target = layout.versions[1 - currentVersion(words)]!.parameters
  for (const piece of worker.pieces) {
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      averageChunk(
        worker,
        weight,
        piece.kind,
        first,
        Math.min(CHUNK, end - first),
        target + first * elementBytes,
      )
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
  const stepSums = layout.stepSums / 8
  sumTallies(worker, run.shards)
  for (let field = 0; field < figures.length; field++) {
    doubles[stepSums + field] =
      figures[field]! + (batch.first === step.first ? 0 : doubles[stepSums + field]!)
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
    const sums = layout.sums[next]! / 8
    for (let field = 0; field < figures.length; field++) figures[field] = doubles[sums + field]!
    figures[Tally.loss]! /= figures[Tally.weight]! || 1
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
  doubles[layout.clock / 8 + 2] = lastFiniteCost
  Atomics.store(words, Control.divergedStep, steps)
  Atomics.store(words, Control.outcome, Outcome.diverged)
}

function closeValidation(
  worker: GradientWorker,
  run: TrainRun,
  step: Step,
  deadline: number,
): void {
  const figures = sumFigures(worker, blockCount(run.layout.validation!.count))
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
    step.endsEpoch && (step.epoch + 1 === run.untilEpoch || epochs === run.layout.epochRecordCount)
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
  doubles[run.layout.versions[version]!.header / 8 + field] = value
}

function outcomeOf(words: Int32Array): number {
  return Atomics.load(words, Control.outcome)
}
