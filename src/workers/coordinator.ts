// The coordinator: runs the workers of a job and says how it ended. It awaits promises and never
// blocks, so it hears at once when a worker has died.

import { index64 } from '../shared/arena/offsets.js'
import type {
  Arena,
  CoordinatorEndpoint,
  EpochFigures,
  GradientWorkerData,
  Position,
  Run,
  RunResult,
  WorkerTask,
} from '../shared/protocol.js'
import { type ErrorData, packError } from '../shared/error-transfer.js'
import { Header, epochRecordFields } from '../shared/arena/arena.js'
import { abortRun } from '../shared/arena/barrier.js'
import {
  type OutcomeName,
  Control,
  Outcome,
  currentVersion,
  resetControl,
} from '../shared/arena/control.js'
import { readTimeline } from '../shared/figures/timeline.js'

/** The threads that gradient workers run on. */
export interface Pool {
  readonly threads: number
  /** Rejects if the task throws, with what it packed, or if its thread dies. */
  perform: (task: WorkerTask) => Promise<void>
  /** Ends all threads, whatever they are doing. */
  close: () => Promise<void>
}

/** @param startPool Starts a pool of so many threads, each with what it is given. */
export function createCoordinator(
  startPool: (threads: number, data: GradientWorkerData) => Pool,
): CoordinatorEndpoint {
  let pool: Pool | undefined
  let equipment: GradientWorkerData | undefined

  const closePool = async (): Promise<void> => {
    const closing = pool
    pool = undefined
    await closing?.close()
  }

  return {
    equip(data) {
      equipment = data
    },
    async run(run, arena) {
      if (!equipment) throw new Error('internal: a run before the coordinator was equipped')
      if (pool && pool.threads < run.workers) await closePool()
      pool ??= startPool(run.workers, equipment)
      const words = new Int32Array(arena.memory.buffer)
      resetControl(words)
      try {
        await performTasks(pool, run, arena)
      } catch (failure) {
        abortRun(words)
        await closePool() // nobody may be left in the arena; the next run starts new threads
        if (!(failure instanceof WorkerFailure)) throw failure
        return {
          kind: 'failed',
          worker: failure.worker,
          error: failure.data,
          position: positionOf(run, arena),
        }
      }
      return resultOf(run, arena)
    },
    close: closePool,
  }
}

class WorkerFailure extends Error {
  /** What the worker threw, or how its thread ended. */
  readonly data: ErrorData
  constructor(
    readonly worker: number,
    thrown: unknown,
  ) {
    const data = packError(thrown)
    super(data.message)
    this.data = data
  }
}

/** Resolves when every worker is back; rejects with the first WorkerFailure. */
async function performTasks(pool: Pool, run: Run, arena: Arena): Promise<void> {
  const tasks = Array.from({ length: run.workers }, async (_, workerIndex) => {
    try {
      await pool.perform({ run, workerIndex, arena })
    } catch (error) {
      throw new WorkerFailure(workerIndex, error)
    }
  })
  await Promise.all(tasks)
}

function resultOf(run: Run, { memory }: Arena): RunResult {
  const words = new Int32Array(memory.buffer)
  const doubles = new Float64Array(memory.buffer)
  const { fields } = run.tallies
  const record = (index: number): Float64Array => {
    const at = index64(run.layout.records.epochs) + index * epochRecordFields(fields)
    return doubles.slice(at, at + epochRecordFields(fields))
  }
  if (run.kind !== 'train') return { kind: 'done', figures: record(0).subarray(1, 1 + fields) }

  const outcome = outcomeName(Atomics.load(words, Control.outcome))
  const position = positionOf(run, { memory })
  const steps =
    outcome === 'diverged'
      ? Atomics.load(words, Control.divergedStep)
      : stepsOf(run, memory, currentVersion(words))
  const finished = Math.floor(steps / run.stepsPerEpoch) - run.fromEpoch
  const epochs: EpochFigures[] = []
  const [began, ended] = doubles.subarray(index64(run.layout.records.clock)) as unknown as [
    number,
    number,
  ]
  let before = began
  for (let index = 0; index < finished; index++) {
    const figures = record(index)
    const at = figures[0]!
    const validation = run.layout.validation && figures.subarray(1 + fields)
    epochs.push({
      epoch: run.fromEpoch + index + 1,
      training: figures.subarray(1, 1 + fields),
      validation,
      seconds: (at - before) / 1000,
    })
    before = at
  }
  const timelines = run.layout.scratch.flatMap(({ timeline }) =>
    timeline === undefined ? [] : [readTimeline(doubles, timeline)],
  )
  return {
    kind: 'trained',
    outcome,
    epochs,
    steps,
    seconds: (ended - began) / 1000,
    position,
    timelines: timelines.length > 0 ? timelines : undefined,
  }
}

/** The step under way, or the one that diverged, and then the last finite cost. */
function positionOf(run: Run, { memory }: Pick<Arena, 'memory'>): Position {
  if (run.kind !== 'train') return { epoch: 0, step: 0, lastCost: undefined }
  const words = new Int32Array(memory.buffer)
  const diverged = Atomics.load(words, Control.outcome) === Outcome.diverged
  const steps = diverged
    ? Atomics.load(words, Control.divergedStep)
    : stepsOf(run, memory, currentVersion(words))
  const lastCost = diverged
    ? new Float64Array(memory.buffer)[index64(run.layout.records.clock) + 2]!
    : NaN
  const { stepsPerEpoch } = run
  return {
    epoch: Math.floor(steps / stepsPerEpoch) + 1,
    step: (steps % stepsPerEpoch) + 1,
    lastCost: Number.isNaN(lastCost) ? undefined : lastCost,
  }
}

function stepsOf(run: Run, memory: WebAssembly.Memory, version: number): number {
  return new Float64Array(memory.buffer)[
    index64(run.layout.versions[version]!.header) + Header.steps
  ]!
}

function outcomeName(code: number): Exclude<OutcomeName, 'running'> {
  if (code === Outcome.stopped) return 'stopped'
  if (code === Outcome.diverged) return 'diverged'
  return 'paused'
}
