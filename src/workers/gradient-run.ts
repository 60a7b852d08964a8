// The gradient worker: one worker's part of a run. It is one of the threads that share the arena.
// Which kinds of runs there are, step/ says.
//
// Workers send no messages. The result depends neither on how many there are nor on which is
// quicker: a shard's gradient is the same whoever computes it, and a parameter's sum runs over the
// shards in one fixed order.

import type { SlotsLayout } from '../shared/arena/arena.js'
import { createBarrier } from '../shared/arena/barrier.js'
import { claimNext } from '../shared/arena/control.js'
import { bytesPerElement } from '../shared/arena/element-types.js'
import { NOWHERE } from '../shared/arena/offsets.js'
import { STRETCH, shareOf, stretchOf, stretchesOf } from '../shared/arena/pieces.js'
import type { BackendName } from '../shared/backend-names.js'
import { type Engine, backends } from '../shared/backends.js'
import { Phase, createTimeline } from '../shared/figures/timeline.js'
import type { SlotOperands, UpdateOperands } from '../shared/kernels/kernels.js'
import { createBlock } from '../shared/model/block.js'
import { modelKindOf } from '../shared/model/kinds.js'
import type { Run, WorkerTask } from '../shared/protocol.js'
import type { Exchange } from './exchange/exchange.js'
import { evaluate, predict } from './step/evaluation-run.js'
import { computeGradient, train } from './step/training-run.js'
import {
  type ArenaAccess,
  type GradientWorker,
  type Synchronization,
  inOrder,
  nothing,
  prepareMyWeights,
} from './worker.js'

/** @param words The arena's control words. */
export function createSynchronization(words: Int32Array, { workers, spins }: Run): Synchronization {
  return { meet: createBarrier(words, workers, spins), claim: () => claimNext(words) }
}

/** Opens a worker's views of an arena, and its kernels over it. */
export function openArena(
  memory: WebAssembly.Memory,
  backend: BackendName,
  engine: Engine,
): ArenaAccess {
  return {
    words: new Int32Array(memory.buffer),
    doubles: new Float64Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
    kernels: backends[backend].create(engine, memory),
  }
}

/** How a run is taken part in; tests put delays, faults and other machines here. */
export interface Surroundings {
  synchronize?: typeof createSynchronization
  exchange?: (worker: GradientWorker) => Exchange
}

/**
 * Does one worker's part of a run.
 *
 * @throws {AbortedRun} if another worker failed.
 */
export function performTask(
  task: WorkerTask,
  access: ArenaAccess,
  { synchronize = createSynchronization, exchange }: Surroundings = {},
): void {
  const { run } = task
  const worker = createWorker(task, access, synchronize(access.words, run))
  worker.exchange = exchange?.(worker)
  if (worker.exchange && run.layout.slots.teamSize > 1)
    throw new Error('internal: machines exchange slots, which workers together have not filled yet')
  worker.meet(nothing)
  worker.timeline.start()
  prepareMyWeights(worker)
  switch (run.kind) {
    case 'train':
      return train(worker, run)
    case 'gradient':
      return computeGradient(worker, run)
    case 'evaluate':
      return evaluate(worker)
    case 'predict':
      return predict(worker)
    default:
      run satisfies never
  }
}

/** What a worker has at hand in a run. */
export function createWorker(
  { run, workerIndex }: WorkerTask,
  access: ArenaAccess,
  { claim, meet }: Synchronization,
): GradientWorker {
  const { layout, workers } = run
  const { fused, sliceRows, teamSize } = layout.slots
  const { doubles, kernels, words } = access
  const scratch = layout.scratch[workerIndex]!
  const share = shareOf(layout.parameters, sliceRows, teamSize, workerIndex % teamSize)
  // A team of all workers updates what it has computed: whole slices.
  const whole = teamSize > 1 ? sliceRows : 1
  const pieces = shareOf(layout.parameters, whole, workers, workerIndex)
  const elementBytes = bytesPerElement[layout.dtype]
  const timeline = createTimeline(doubles, scratch.timeline, run.orderedAt)
  const block = createBlock(words, scratch, elementBytes)
  const values =
    layout.dtype === 'float32' ? new Float32Array(words.buffer) : new Float64Array(words.buffer)
  return {
    ...access,
    run,
    index: workerIndex,
    model: modelKindOf(run.model).create(run.model, {
      kernels,
      block,
      values,
      parameters: layout.parameters,
      sliceRows,
      shared: layout.model,
      scratch: scratch.model,
      tallies: run.tallies,
    }),
    block,
    tallies: Array.from(
      { length: Math.max(1, layout.slots.parts * layout.slots.units) },
      () => new Float64Array(run.tallies.fields),
    ),
    scratch,
    elementBytes,
    values,
    pieces,
    updated: fused
      ? stretchesOf(layout.parameters, sliceRows, pieces, STRETCH)
      : [stretchOf(layout.parameters, pieces)],
    share: stretchOf(layout.parameters, share),
    slotSum: createSlotSum(layout.slots),
    update: createUpdate(layout.parameters.elements * elementBytes),
    factors: { learningRate: 0, firstCorrection: 1, secondCorrection: 1 },
    row: inOrder,
    figures: new Float64Array(run.tallies.fields),
    exchange: undefined,
    timeline,
    claim,
    meet(serial) {
      meet(serial)
      timeline.mark(Phase.wait)
    },
  }
}

function createSlotSum({ first, bytes, count }: SlotsLayout): SlotOperands {
  return { slots: first, slotBytes: bytes, count, sum: NOWHERE, elements: 0, divisor: 1 }
}

function createUpdate(stateStride: number): UpdateOperands {
  return {
    parameters: NOWHERE,
    nextParameters: NOWHERE,
    gradient: NOWHERE,
    state: NOWHERE,
    nextState: NOWHERE,
    stateStride,
    elements: 0,
  }
}
