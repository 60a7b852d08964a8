// The gradient worker: one of the threads that share the arena. This is the inner machine of shardgrad.
//
// A training step: claim shards and compute their gradients; meet; sum my slice of the parameters over the slots and update it; meet; the last to arrive
// commits. Nothing here is a message, and nothing depends on how many workers there are or who is quicker: a shard's gradient is the same
// whoever computes it, and a parameter's sum runs over the shards in one fixed order.

import {
  CHUNK, EPOCH_RECORDS, EPOCH_RECORD_FIELDS, type ExamplesLayout, Header, LOSS_RECORD_FIELDS, blockCount, bytesPerElement, chunkRange,
} from '../shared/arena.js'
import { type BackendName, backends } from '../shared/backends.js'
import { type Barrier, createBarrier, leaveIfAborted } from '../shared/barrier.js'
import { Control, Outcome, claimNext, commitVersion, currentVersion, revertVersion } from '../shared/control.js'
import type { Kernels } from '../shared/kernels/kernels.js'
import { paddedWidth } from '../shared/padding.js'
import { type Pass, type Tally, backward, forward, forwardWithLoss, loadBlock, prepareWeights } from '../shared/pass.js'
import type { GradientRun, Run, TrainRun, WorkerTask } from '../shared/protocol.js'
import { BLOCK_ROWS, partStart } from '../shared/shards.js'
import { type Permutation, permutation } from '../shared/shuffle.js'

/** How workers meet and share out work. */
export interface Synchronisation {
  meet: Barrier
  claim: () => number
}

/** @param words The arena's control words. */
export function createSynchronisation(words: Int32Array, { workers, spins }: Run): Synchronisation {
  return { meet: createBarrier(words, workers, spins), claim: () => claimNext(words) }
}

/** A worker's views of an arena, and its kernels over it. */
export interface ArenaAccess {
  words: Int32Array
  doubles: Float64Array
  bytes: Uint8Array
  kernels: Kernels
}

/** @param compiled The compiled wasm kernels. */
export function openArena(memory: WebAssembly.Memory, backend: BackendName, compiled: WebAssembly.Module): ArenaAccess {
  return {
    words: new Int32Array(memory.buffer),
    doubles: new Float64Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
    kernels: backends[backend].create(compiled, memory),
  }
}

interface GradientWorker extends Synchronisation, ArenaAccess {
  run: Run
  index: number
  pass: Pass
  /** The row of the examples at each position of the epoch under way. */
  row: Permutation
}

/** The examples of one step: positions `first` .. `first + size - 1` of its epoch. */
interface Batch {
  epoch: number
  first: number
  size: number
  endsEpoch: boolean
}

/**
 * Does one worker's part of a run.
 *
 * @param synchronise How to meet and claim; tests put delays and faults here.
 * @throws {AbortedRun} if another worker failed.
 */
export function performTask({ run, workerIndex }: WorkerTask, access: ArenaAccess, synchronise = createSynchronisation): void {
  const worker: GradientWorker = {
    ...synchronise(access.words, run),
    ...access,
    run,
    index: workerIndex,
    pass: {
      kernels: access.kernels,
      network: run.network,
      loss: run.loss,
      layout: run.layout.parameters,
      scalarBytes: bytesPerElement[run.layout.scalar],
      scratch: run.layout.scratch[workerIndex]!,
    },
    row: inOrder,
  }
  switch (run.kind) {
    case 'train': return train(worker, run)
    case 'gradient': return computeGradient(worker, run)
    case 'evaluate': return evaluate(worker)
    case 'predict': return predict(worker)
    default: run satisfies never
  }
}

function train(worker: GradientWorker, run: TrainRun): void {
  const { meet, words } = worker
  const validation = run.layout.validation
  const deadline = performance.now() + run.sliceMs
  let epoch = -1
  meet(() => recordTime(worker, 0))
  do {
    const batch = batchAt(run, headerOf(worker, currentVersion(words))[Header.steps]!)
    if (batch.epoch !== epoch) {
      epoch = batch.epoch
      worker.row = run.shuffle ? permutation(run.seed, epoch, run.layout.training!.count) : inOrder
    }
    computeShardGradients(worker, batch, run.shards)
    meet(() => closeBatch(worker, run, batch))
    if (outcomeOf(words) === Outcome.diverged) return
    updateSlice(worker, run, batch)
    meet(() => commit(worker, run, batch, deadline))
    if (batch.endsEpoch && validation && outcomeOf(words) !== Outcome.diverged) {
      evaluateExamples(worker, validation)
      meet(() => closeValidation(worker, run, batch, deadline))
    }
  } while (outcomeOf(words) === Outcome.running)
}

/** The batch of the step after `steps` steps. */
function batchAt(run: TrainRun, steps: number): Batch {
  const count = run.layout.training!.count
  const stepsPerEpoch = Math.ceil(count / run.batchSize)
  const stepInEpoch = steps % stepsPerEpoch
  const first = stepInEpoch * run.batchSize
  return {
    epoch: Math.floor(steps / stepsPerEpoch),
    first,
    size: Math.min(run.batchSize, count - first),
    endsEpoch: stepInEpoch === stepsPerEpoch - 1,
  }
}

/** Claims slots until none is left and fills each with the gradients of its shards. */
function computeShardGradients(worker: GradientWorker, batch: Batch, shards: number): void {
  const { slots, slotBytes, slotCount } = worker.run.layout
  const perSlot = shards / slotCount
  recordSquares(worker)
  let prepared = false
  for (let slot = worker.claim(); slot < slotCount; slot = worker.claim()) {
    if (!prepared) prepareWeights(worker.pass, currentParameters(worker), true)
    prepared = true
    gradientOfSubtree(worker, batch, shards, slot * perSlot, perSlot, slots + slot * slotBytes, 0)
  }
}

/** The summed gradient of a complete subtree of shards, added up as the tree does it. */
function gradientOfSubtree(
  worker: GradientWorker, batch: Batch, shards: number, first: number, count: number, target: number, depth: number,
): void {
  if (count === 1) return gradientOfShard(worker, batch, shards, first, target)
  const right = worker.pass.scratch.partials[depth]!
  gradientOfSubtree(worker, batch, shards, first, count / 2, target, depth + 1)
  gradientOfSubtree(worker, batch, shards, first + count / 2, count / 2, right, depth + 1)
  worker.pass.kernels.addInto(target, right, worker.pass.layout.elements)
}

/** Forward and backward over one shard, block by block; its gradient into `target`, its loss into its record. */
function gradientOfShard(worker: GradientWorker, batch: Batch, shards: number, shard: number, target: number): void {
  const { pass, run: { layout } } = worker
  const parameters = currentParameters(worker)
  const tally: Tally = { loss: 0, correct: 0 }
  const start = partStart(batch.size, shards, shard)
  const end = partStart(batch.size, shards, shard + 1)
  if (start === end) worker.bytes.fill(0, target, target + layout.slotBytes)
  for (let at = start; at < end; at += BLOCK_ROWS) {
    leaveIfAborted(worker.words)
    const rows = Math.min(BLOCK_ROWS, end - at)
    placeRows(worker, worker.row, batch.first + at, rows)
    loadBlock(pass, layout.training!, rows)
    forwardWithLoss(pass, parameters, rows, tally)
    backward(pass, parameters, target, rows, at > start)
  }
  recordTally(worker, shard, tally)
}

/** After the gradients, by the last to arrive: the step's cost, and whether to go on. */
function closeBatch(worker: GradientWorker, run: TrainRun, batch: Batch): void {
  const { words } = worker
  const version = currentVersion(words)
  const current = headerOf(worker, version)
  const next = headerOf(worker, 1 - version)
  const { cost, correct } = figuresOf(worker, run.shards, batch.size)
  Atomics.store(words, Control.claim, 0)
  if (!Number.isFinite(cost)) {
    diverge(worker, current[Header.steps]!, current[Header.steps]! > 0 ? current[Header.cost]! : NaN)
    revertVersion(words) // the current parameters have no finite cost, those before them had
    return
  }
  Atomics.store(words, Control.previousWhole, 0) // from here on the other version is written
  const startsEpoch = batch.first === 0
  next[Header.steps] = current[Header.steps]! + 1
  next[Header.costSum] = (startsEpoch ? 0 : current[Header.costSum]!) + cost * batch.size
  next[Header.correct] = (startsEpoch ? 0 : current[Header.correct]!) + correct
  next[Header.cost] = cost
}

/** Averages my chunks of the gradient and writes the next parameters. */
function updateSlice(worker: GradientWorker, run: TrainRun, batch: Batch): void {
  const { pass: { kernels, scratch, scalarBytes }, words } = worker
  const version = currentVersion(words)
  const parameters = run.layout.versions[version].parameters
  const nextParameters = run.layout.versions[1 - version]!.parameters
  forEachChunk(worker, (first, elements) => {
    averageChunk(worker, batch.size, first, elements, scratch.chunk)
    const at = first * scalarBytes
    kernels.update(run.optimizer, {
      gradient: scratch.chunk, parameters: parameters + at, nextParameters: nextParameters + at, elements,
    })
    if (!kernels.allFinite(nextParameters + at, elements)) Atomics.store(words, Control.notFinite, 1)
  })
}

/** My chunks of the parameters, by their first element. */
function forEachChunk({ index, pass: { layout }, run }: GradientWorker, use: (first: number, elements: number) => void): void {
  const { first, end } = chunkRange(layout.elements, run.workers, index)
  for (let chunk = first; chunk < end; chunk++) use(chunk * CHUNK, Math.min(CHUNK, layout.elements - chunk * CHUNK))
}

/** A chunk of the gradient: summed over the slots in the order of the tree, divided once, plus the L2 term's. */
function averageChunk(worker: GradientWorker, examples: number, first: number, elements: number, target: number): void {
  const { pass: { kernels, layout, scalarBytes }, run } = worker
  const at = first * scalarBytes
  kernels.sumSlots(run.layout.slots + at, run.layout.slotBytes, run.layout.slotCount, target, elements, examples)
  const decaying = Math.min(elements, layout.weights - first)
  if (run.l2 > 0 && decaying > 0) kernels.addDecay(target, currentParameters(worker) + at, decaying, run.l2 / examples)
}

/** After the update, by the last to arrive: the next version becomes the current one. */
function commit(worker: GradientWorker, run: TrainRun, batch: Batch, deadline: number): void {
  const { words } = worker
  const header = headerOf(worker, 1 - currentVersion(words))
  if (Atomics.load(words, Control.notFinite) !== 0) return diverge(worker, header[Header.steps]! - 1, header[Header.cost]!)
  if (batch.endsEpoch) {
    const count = run.layout.training!.count
    recordEpoch(worker, run, batch, 0, [header[Header.costSum]! / count, header[Header.correct]!])
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
  const { cost, correct } = figuresOf(worker, blockCount(count), count)
  Atomics.store(worker.words, Control.claim, 0)
  recordEpoch(worker, run, batch, 2, [cost, correct])
  endStep(worker, run, batch, deadline)
}

/** Decides whether the run goes on: one decision, by one worker, for all. It says when the workers come back, never what they compute. */
function endStep(worker: GradientWorker, run: TrainRun, batch: Batch, deadline: number): void {
  const { words } = worker
  const now = recordTime(worker, 1)
  if (batch.endsEpoch) recordEpoch(worker, run, batch, 4, [now])
  const epochs = batch.epoch + 1 - run.fromEpoch
  const complete = batch.endsEpoch && (batch.epoch + 1 === run.untilEpoch || epochs === EPOCH_RECORDS)
  if (Atomics.load(words, Control.stop) !== 0) Atomics.store(words, Control.outcome, Outcome.stopped)
  else if (complete || performance.now() >= deadline) Atomics.store(words, Control.outcome, Outcome.paused)
}

/** One gradient over all examples, averaged, where the next parameters would be. */
function computeGradient(worker: GradientWorker, run: GradientRun): void {
  const count = run.layout.training!.count
  computeShardGradients(worker, { epoch: 0, first: 0, size: count, endsEpoch: true }, run.shards)
  worker.meet(() => {
    Atomics.store(worker.words, Control.previousWhole, 0)
    writeResult(worker, figuresOf(worker, run.shards, count))
  })
  const target = run.layout.versions[1 - currentVersion(worker.words)]!.parameters
  forEachChunk(worker, (first, elements) => averageChunk(worker, count, first, elements, target + first * worker.pass.scalarBytes))
}

function evaluate(worker: GradientWorker): void {
  const examples = worker.run.layout.training!
  evaluateExamples(worker, examples)
  worker.meet(() => writeResult(worker, figuresOf(worker, blockCount(examples.count), examples.count)))
}

/** Claims blocks of the examples and records their loss. */
function evaluateExamples(worker: GradientWorker, examples: ExamplesLayout): void {
  const { pass } = worker
  const parameters = currentParameters(worker)
  recordSquares(worker)
  forEachBlock(worker, examples, (block, rows) => {
    const tally: Tally = { loss: 0, correct: 0 }
    forwardWithLoss(pass, parameters, rows, tally)
    recordTally(worker, block, tally)
  })
}

/** Claims blocks of the examples and keeps their outputs, packed. */
function predict(worker: GradientWorker): void {
  const { pass, run: { layout } } = worker
  const { outputs } = pass.layout.layers.at(-1)!
  const parameters = currentParameters(worker)
  const bytes = outputs * pass.scalarBytes
  const stride = paddedWidth(outputs) * pass.scalarBytes
  const results = pass.scratch.activations.at(-1)!
  forEachBlock(worker, layout.training!, (block, rows) => {
    forward(pass, parameters, rows)
    for (let row = 0; row < rows; row++) {
      const from = results + row * stride
      worker.bytes.copyWithin(layout.outputs + (block * BLOCK_ROWS + row) * bytes, from, from + bytes)
    }
  })
}

/** Claims blocks of the examples in their own order, and loads each. */
function forEachBlock(worker: GradientWorker, examples: ExamplesLayout, use: (block: number, rows: number) => void): void {
  const blocks = blockCount(examples.count)
  let prepared = false
  for (let block = worker.claim(); block < blocks; block = worker.claim()) {
    leaveIfAborted(worker.words)
    if (!prepared) prepareWeights(worker.pass, currentParameters(worker), false)
    prepared = true
    const rows = Math.min(BLOCK_ROWS, examples.count - block * BLOCK_ROWS)
    placeRows(worker, inOrder, block * BLOCK_ROWS, rows)
    loadBlock(worker.pass, examples, rows)
    use(block, rows)
  }
}

/** The squares of my chunks of the weights, for the cost's regularisation term. */
function recordSquares(worker: GradientWorker): void {
  const { pass: { kernels, layout, scalarBytes }, run } = worker
  if (run.l2 === 0) return
  const { first, end } = chunkRange(layout.weights, run.workers, worker.index)
  for (let chunk = first; chunk < end; chunk++) {
    const elements = Math.min(CHUNK, layout.weights - chunk * CHUNK)
    worker.doubles[run.layout.squareRecords / 8 + chunk] =
      kernels.sumSquares(currentParameters(worker) + chunk * CHUNK * scalarBytes, elements)
  }
}

/** Cost and right answers from the first `records` loss records, summed in their order. */
function figuresOf(worker: GradientWorker, records: number, examples: number): { cost: number; correct: number } {
  const { doubles, run: { layout, l2 } } = worker
  let loss = 0
  let correct = 0
  for (let record = 0; record < records; record++) {
    const at = layout.lossRecords / 8 + record * LOSS_RECORD_FIELDS
    loss += doubles[at]!
    correct += doubles[at + 1]!
  }
  let squares = 0
  const chunks = l2 === 0 ? 0 : Math.ceil(layout.parameters.weights / CHUNK)
  for (let chunk = 0; chunk < chunks; chunk++) squares += doubles[layout.squareRecords / 8 + chunk]!
  return { cost: loss / examples + (l2 / (2 * examples)) * squares, correct }
}

function recordTally({ doubles, run: { layout } }: GradientWorker, record: number, { loss, correct }: Tally): void {
  const at = layout.lossRecords / 8 + record * LOSS_RECORD_FIELDS
  doubles[at] = loss
  doubles[at + 1] = correct
}

function recordEpoch({ doubles, run: { layout } }: GradientWorker, { fromEpoch }: TrainRun, { epoch }: Batch, field: number, values: number[]): void {
  doubles.set(values, layout.epochRecords / 8 + (epoch - fromEpoch) * EPOCH_RECORD_FIELDS + field)
}

/** Writes the time (0: all are there, 1: a step has ended), in milliseconds since 1970: every thread's own clock starts elsewhere. */
function recordTime({ doubles, run: { layout } }: GradientWorker, field: number): number {
  return (doubles[layout.clock / 8 + field] = performance.timeOrigin + performance.now())
}

function writeResult({ doubles, run: { layout } }: GradientWorker, { cost, correct }: { cost: number; correct: number }): void {
  doubles.set([cost, correct], layout.epochRecords / 8)
}

/** Writes which rows of the examples the next block consists of. */
function placeRows(worker: GradientWorker, row: Permutation, first: number, rows: number): void {
  const at = worker.pass.scratch.rowNumbers / 4
  for (let i = 0; i < rows; i++) worker.words[at + i] = row(first + i)
}

function currentParameters({ run, words }: GradientWorker): number {
  return run.layout.versions[currentVersion(words)].parameters
}

function headerOf({ doubles, run }: GradientWorker, version: number): Float64Array {
  const at = run.layout.versions[version]!.header / 8
  return doubles.subarray(at, at + 16)
}

function outcomeOf(words: Int32Array): number {
  return Atomics.load(words, Control.outcome)
}

const inOrder: Permutation = (position) => position
