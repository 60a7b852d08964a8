// The gradient worker: one of the threads that share the arena. This is the inner machine of
// shardgrad; a training run is in training-run.ts.
//
// Nothing here is a message, and nothing depends on how many workers there are or who is quicker: a
// shard's gradient is the same whoever computes it, and a parameter's sum runs over the shards in
// one fixed order.

import { NOWHERE } from '../shared/arena/offsets.js'
import { type BackendName, type Engine, backends } from '../shared/backends.js'
import { createBarrier } from '../shared/arena/barrier.js'
import { claimNext } from '../shared/arena/control.js'
import { createPass } from '../shared/model/pass.js'
import { piecesOfWorker } from '../shared/arena/pieces.js'
import type { Run, WorkerTask } from '../shared/protocol.js'
import { Phase, createTimeline } from '../shared/figures/timeline.js'
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

/**
 * Does one worker's part of a run.
 *
 * @param synchronize How to meet and claim; tests put delays and faults here.
 * @throws {AbortedRun} if another worker failed.
 */
export function performTask(
  { run, workerIndex }: WorkerTask,
  access: ArenaAccess,
  synchronize = createSynchronization,
): void {
  const { layout } = run
  const { meet, claim } = synchronize(access.words, run)
  const timeline = createTimeline(
    access.doubles,
    layout.scratch[workerIndex]!.timeline,
    run.orderedAt,
  )
  const worker: GradientWorker = {
    ...access,
    run,
    index: workerIndex,
    pass: createPass(
      access.kernels,
      access.words,
      layout,
      run.network,
      run.loss,
      run.tallies,
      workerIndex,
    ),
    pieces: piecesOfWorker(layout.parameters, run.workers, workerIndex),
    row: inOrder,
    figures: new Float64Array(run.tallies.fields),
    factors: { learningRate: 0, firstCorrection: 1, secondCorrection: 1 },
    slots: { slots: NOWHERE, slotBytes: 0, count: 0, sum: NOWHERE, elements: 0, divisor: 1 },
    update: {
      parameters: NOWHERE,
      nextParameters: NOWHERE,
      gradient: NOWHERE,
      state: NOWHERE,
      nextState: NOWHERE,
      stateStride: 0,
      elements: 0,
    },
    timeline,
    claim,
    meet(serial) {
      meet(serial)
      timeline.mark(Phase.wait)
    },
  }
  meet(nothing)
  timeline.start()
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
