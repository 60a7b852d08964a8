// The summation over shards and the update: every worker does its own pieces of the parameters, in
// the same order whoever they belong to.

import type { ByteOffset } from '../../shared/arena/offsets.js'
import { Header } from '../../shared/arena/arena.js'
import { Control, currentVersion } from '../../shared/arena/control.js'
import { learningRateAt } from '../../shared/optimizers/learning-rate.js'
import { Tally } from '../../shared/figures/metrics.js'
import { setUpdateFactors } from '../../shared/optimizers/optimizers.js'
import { prepareWeights } from '../../shared/model/pass.js'
import { CHUNK, type Piece } from '../../shared/arena/pieces.js'
import type { TrainRun } from '../../shared/protocol.js'
import { Phase } from '../../shared/figures/timeline.js'
import type { Step } from './shard-gradients.js'
import { type GradientWorker, currentParameters, headerField, nothing } from '../worker.js'

const at = (offset: number): ByteOffset => offset as ByteOffset

function sumSlots(
  { pass, run: { layout }, slots }: GradientWorker,
  from: number,
  sum: number,
  elements: number,
  divisor: number,
): void {
  slots.slots = at(layout.slots + from)
  slots.slotBytes = layout.slotBytes
  slots.count = layout.slotCount
  slots.sum = at(sum)
  slots.elements = elements
  slots.divisor = divisor
  pass.kernels.sumSlots(slots)
}

/**
 * Adds my pieces of a batch's gradients to those of the step's batches before it: sums, not yet
 * divided.
 */
export function addMySlots(worker: GradientWorker, { layout }: TrainRun, isFirst: boolean): void {
  const {
    pass: { kernels, elementBytes, scratch },
  } = worker
  for (const piece of worker.pieces) {
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      const elements = Math.min(CHUNK, end - first)
      const from = first * elementBytes
      const target = isFirst ? layout.gradient! + from : scratch.chunk
      sumSlots(worker, from, target, elements, 1)
      if (!isFirst) kernels.addInto(at(layout.gradient! + from), at(target), elements)
    }
  }
}

/**
 * Averages my pieces of the gradient, writes the next parameters and readies them for the next
 * step's products.
 */
export function updateMyPieces(worker: GradientWorker, run: TrainRun, step: Step): void {
  const {
    doubles,
    factors,
    pass,
    run: { layout },
    words,
  } = worker
  const version = currentVersion(words)
  const next = 1 - version
  const weight = doubles[layout.stepSums / 8 + Tally.weight]!
  const steps = headerField(worker, version, Header.steps)
  const rate = learningRateAt(
    run.optimizer.learningRate,
    steps,
    run.stepsPerEpoch,
    run.rateReduction,
  )
  setUpdateFactors(factors, run.optimizer, rate, headerField(worker, version, Header.updates) + 1)
  const several = step.size > run.batchSize
  if (several) addMySlots(worker, run, false)
  if (layout.gradient !== undefined) averageMyPieces(worker, weight, several)
  const divisor = run.clipNorm === undefined ? 1 : clipDivisor(worker, run.clipNorm)
  for (const piece of worker.pieces) {
    updatePiece(worker, run, weight, piece, version, divisor)
    if (piece.kind === 'weights')
      prepareWeights(pass, layout.versions[next]!.parameters, piece, true)
  }
}

/**
 * My pieces of the step's whole gradient, averaged, and the squares of each.
 * @param summed Whether the sums are there already.
 */
function averageMyPieces(worker: GradientWorker, weight: number, summed: boolean): void {
  const {
    doubles,
    pass: { kernels, elementBytes },
    run: { layout },
  } = worker
  for (const piece of worker.pieces) {
    let squares = 0
    for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
      const elements = Math.min(CHUNK, end - first)
      const target = layout.gradient! + first * elementBytes
      if (summed) {
        kernels.divide(at(target), elements, weight || 1)
        addRegularization(worker, weight, piece.kind, first, elements, target)
      } else averageChunk(worker, weight, piece.kind, first, elements, target)
      squares += kernels.sumSquares(at(target), elements)
    }
    doubles[layout.gradientSquareRecords / 8 + piece.index] = squares
  }
}

/**
 * What the gradient is divided by so that its norm, over all parameters, is at most `clipNorm`: 1
 * if it is no longer (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
 * networks", 2013). Waits for the other workers' pieces.
 */
function clipDivisor(worker: GradientWorker, clipNorm: number): number {
  const {
    doubles,
    run: { layout },
  } = worker
  worker.timeline.mark(Phase.sum)
  worker.meet(nothing)
  let squares = 0
  for (let piece = 0; piece < layout.pieces; piece++)
    squares += doubles[layout.gradientSquareRecords / 8 + piece]!
  return Math.max(1, Math.sqrt(squares) / clipNorm)
}

function updatePiece(
  worker: GradientWorker,
  run: TrainRun,
  weight: number,
  piece: Piece,
  version: 0 | 1,
  divisor: number,
): void {
  const {
    factors,
    pass: { kernels, scratch, elementBytes },
    run: { layout },
  } = worker
  const [current, next] = [layout.versions[version], layout.versions[1 - version]!]
  const stateStride = layout.parameters.elements * elementBytes
  for (let first = piece.first, end = first + piece.elements; first < end; first += CHUNK) {
    const elements = Math.min(CHUNK, end - first)
    const from = first * elementBytes
    const gradient = layout.gradient === undefined ? scratch.chunk : layout.gradient + from
    if (layout.gradient === undefined)
      averageChunk(worker, weight, piece.kind, first, elements, gradient)
    if (divisor !== 1) kernels.divide(at(gradient), elements, divisor)
    const { update } = worker
    update.parameters = at(current.parameters + from)
    update.nextParameters = at(next.parameters + from)
    update.gradient = at(gradient)
    update.state = at(current.state + from)
    update.nextState = at(next.state + from)
    update.stateStride = stateStride
    update.elements = elements
    kernels.update(run.optimizer, factors, update)
    if (!kernels.allFinite(at(next.parameters + from), elements))
      Atomics.store(worker.words, Control.notFinite, 1)
  }
}

/**
 * A chunk of the gradient: summed over the slots in the order of the tree, divided once, plus the
 * L2 term's.
 */
export function averageChunk(
  worker: GradientWorker,
  weight: number,
  kind: Piece['kind'],
  first: number,
  elements: number,
  target: number,
): void {
  // examples that weigh nothing have no gradient
  sumSlots(worker, first * worker.pass.elementBytes, target, elements, weight || 1)
  addRegularization(worker, weight, kind, first, elements, target)
}

function addRegularization(
  worker: GradientWorker,
  weight: number,
  kind: Piece['kind'],
  first: number,
  elements: number,
  target: number,
): void {
  const {
    pass: { kernels, elementBytes },
    run: { l2 },
  } = worker
  if (l2 > 0 && weight > 0 && kind === 'weights')
    kernels.addDecay(
      at(target),
      at(currentParameters(worker) + first * elementBytes),
      elements,
      l2 / weight,
    )
}
