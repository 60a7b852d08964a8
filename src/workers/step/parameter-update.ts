// The second half of a step: the sum over the slots, and the update. Every worker does its own
// pieces of the parameters. The order of a sum is the same whoever does it.

import { Header } from '../../shared/arena/arena.js'
import { Control, currentVersion } from '../../shared/arena/control.js'
import { type ByteOffset, advance, index64 } from '../../shared/arena/offsets.js'
import { CHUNK, type Piece } from '../../shared/arena/pieces.js'
import { Tally } from '../../shared/figures/metrics.js'
import { Phase } from '../../shared/figures/timeline.js'
import { learningRateAt } from '../../shared/optimizers/learning-rate.js'
import { setUpdateFactors } from '../../shared/optimizers/optimizers.js'
import type { TrainRun } from '../../shared/protocol.js'
import { type GradientWorker, currentParameters, headerField, nothing } from '../worker.js'
import { type Batch, type Step, gradientOrigin } from './shard-gradients.js'

/**
 * Adds my pieces of a batch's gradients to those of the step's batches before it: sums, not yet
 * divided.
 */
export function addMySlots(worker: GradientWorker, isFirst: boolean): void {
  const { elementBytes, kernels, pieces, run, scratch } = worker
  for (const piece of pieces) {
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      const elements = Math.min(CHUNK, end - first)
      const gradient = advance(run.layout.gradient!, first * elementBytes)
      sumSlots(
        worker,
        run.layout.slots.first,
        first,
        elements,
        isFirst ? gradient : scratch.chunk,
        1,
      )
      if (!isFirst) kernels.addInto(gradient, scratch.chunk, elements)
    }
  }
}

/**
 * Averages my pieces of the gradient, writes the next parameters and readies them for the next
 * step's products.
 */
export function updateMyPieces(
  worker: GradientWorker,
  run: TrainRun,
  step: Step,
  batch: Batch,
): void {
  const { doubles, model, timeline, words } = worker
  const { layout } = run
  const version = currentVersion(words)
  const weight = doubles[index64(layout.records.stepSums) + Tally.weight]!
  setFactors(worker, run, version)
  const several = step.size > run.batchSize
  if (several) addMySlots(worker, false)
  if (layout.gradient !== undefined) averageMyPieces(worker, weight, several)
  const divisor = run.clipNorm === undefined ? 1 : clipDivisor(worker, run.clipNorm)
  const next = layout.versions[1 - version]!
  for (const stretch of worker.updated) {
    const origin = gradientOrigin(worker, batch, stretch)
    for (const piece of stretch.pieces) {
      updatePiece(worker, run, weight, piece, origin, version, divisor)
      if (piece.rows) model.prepare(next.parameters, piece.rows, true)
    }
    timeline.mark(Phase.sum)
  }
}

/** What all parameters of the step under way have in common. */
function setFactors(worker: GradientWorker, run: TrainRun, version: 0 | 1): void {
  const { optimizer, rateReduction, stepsPerEpoch } = run
  const steps = headerField(worker, version, Header.steps)
  const rate = learningRateAt(optimizer.learningRate, steps, stepsPerEpoch, rateReduction)
  const update = headerField(worker, version, Header.updates) + 1
  setUpdateFactors(worker.factors, optimizer, rate, update)
}

/**
 * My pieces of the step's whole gradient, averaged, and the squares of each.
 * @param summed Whether the sums are there already.
 */
function averageMyPieces(worker: GradientWorker, weight: number, summed: boolean): void {
  const { doubles, elementBytes, kernels, pieces, run } = worker
  const records = index64(run.layout.records.gradientSquares)
  for (const piece of pieces) {
    let squares = 0
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      const elements = Math.min(CHUNK, end - first)
      const target = advance(run.layout.gradient!, first * elementBytes)
      if (summed) {
        kernels.divide(target, elements, weight || 1)
        addRegularization(worker, piece, first, elements, target)
      } else averageChunk(worker, weight, piece, run.layout.slots.first, first, elements, target)
      squares += kernels.sumSquares(target, elements)
    }
    doubles[records + piece.index] = squares
  }
}

/**
 * What the gradient is divided by so that its norm, over all parameters, is at most `clipNorm`: 1
 * if it is no longer (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
 * networks", 2013). Waits for the other workers' pieces.
 */
function clipDivisor(worker: GradientWorker, clipNorm: number): number {
  const { doubles, meet, run, timeline } = worker
  const { gradientSquares, pieces } = run.layout.records
  timeline.mark(Phase.sum)
  meet(nothing)
  let squares = 0
  for (let i = 0; i < pieces; i++) squares += doubles[index64(gradientSquares) + i]!
  return Math.max(1, Math.sqrt(squares) / clipNorm)
}

function updatePiece(
  worker: GradientWorker,
  run: TrainRun,
  weight: number,
  piece: Piece,
  origin: ByteOffset,
  version: 0 | 1,
  divisor: number,
): void {
  const { elementBytes, factors, kernels, scratch, update, words } = worker
  const { gradient: whole, versions } = run.layout
  const [current, next] = [versions[version], versions[1 - version]!]
  for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
    const elements = Math.min(CHUNK, end - first)
    const bytes = first * elementBytes
    const gradient = whole === undefined ? scratch.chunk : advance(whole, bytes)
    if (whole === undefined) averageChunk(worker, weight, piece, origin, first, elements, gradient)
    if (divisor !== 1) kernels.divide(gradient, elements, divisor)
    update.parameters = advance(current.parameters, bytes)
    update.nextParameters = advance(next.parameters, bytes)
    update.gradient = gradient
    update.state = advance(current.state, bytes)
    update.nextState = advance(next.state, bytes)
    update.elements = elements
    kernels.update(run.optimizer, factors, update)
    if (!kernels.allFinite(update.nextParameters, elements)) {
      Atomics.store(words, Control.notFinite, 1)
    }
  }
}

/**
 * A chunk of the gradient, from slots that begin at `origin`: summed over them in the order of the
 * tree, divided once, plus the L2 term's. Examples that weigh nothing have no gradient.
 */
export function averageChunk(
  worker: GradientWorker,
  weight: number,
  piece: Piece,
  origin: ByteOffset,
  first: number,
  elements: number,
  target: ByteOffset,
): void {
  sumSlots(worker, origin, first, elements, target, weight || 1)
  addRegularization(worker, piece, first, elements, target)
}

function sumSlots(
  { elementBytes, kernels, slotSum }: GradientWorker,
  origin: ByteOffset,
  first: number,
  elements: number,
  target: ByteOffset,
  divisor: number,
): void {
  slotSum.slots = advance(origin, first * elementBytes)
  slotSum.sum = target
  slotSum.elements = elements
  slotSum.divisor = divisor
  kernels.sumSlots(slotSum)
}

function addRegularization(
  worker: GradientWorker,
  { regularized }: Piece,
  first: number,
  elements: number,
  target: ByteOffset,
): void {
  const { elementBytes, kernels, run } = worker
  if (run.decay === 0 || !regularized) return
  const parameters = advance(currentParameters(worker), first * elementBytes)
  kernels.addDecay(target, parameters, elements, run.decay)
}
