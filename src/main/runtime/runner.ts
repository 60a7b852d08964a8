// What a trainer's calls have in common: one arena, and runs of the workers on it, one call after
// the other.

import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import {
  type ArenaLayout,
  type ArenaNeeds,
  type ExamplesNeeds,
  type VersionLayout,
  Header,
  createArena,
  planArena,
} from '../../shared/arena/arena.js'
import type { DType } from '../../shared/arena/element-types.js'
import { type BackendName, backends } from '../../shared/backends.js'
import { Control, currentVersion } from '../../shared/arena/control.js'
import type { TrainerRecipe } from '../options/description.js'
import { BusyError, ClosedError, WorkerError } from '../../shared/errors.js'
import { rebuildError } from '../../shared/error-transfer.js'
import { initialWeights } from '../../shared/network/initializers.js'
import { type TallyLayout, tallyLayout } from '../../shared/figures/metrics.js'
import { widthsOf } from '../../shared/network/network.js'
import { stateElements } from '../../shared/optimizers/optimizers.js'
import type { Arena, Figures, Run, RunBase, RunResult } from '../../shared/protocol.js'
import { shardCount } from '../../shared/batches/shards.js'
import { chooseWorkers, estimateMicroseconds } from './workforce.js'
import { type BackendChoice, describeBlas } from './backend-choice.js'
import type { CoordinatorThread } from './node/coordinator-thread.js'
import { availableCores } from './node/cores.js'
import { type CheckedExamples, storeExamples } from '../data/examples.js'
import type { Parameters } from '../data/parameters.js'
import { readParameters, writeParameters } from './stored-parameters.js'

/** What a trainer works with. `workers`, `shards` and `arenaBytes` are those of the latest call. */
export interface TrainerInfo {
  workers: number
  /** Why so many workers. */
  reason: string
  /** Shards of a batch; undefined before the first batch, unless given. */
  shards: number | undefined
  backend: BackendName
  /** Why this backend. */
  backendReason: string
  /** What multiplies, in words. */
  kernels: string
  cores: number
  /** Weights and biases. */
  parameters: number
  arenaBytes: number
}

/** A job as it lies in the arena; a larger arena keeps it where it is. */
export type Plan = RunBase

/** What a job is planned from. */
export interface Job {
  /** Shards, or blocks, that can be claimed. */
  units: number
  /** Examples of a step, and its floating-point operations. */
  examples: number
  flops: number
  tallies?: TallyLayout
  needs: Partial<ArenaNeeds>
}

export interface Runner {
  readonly recipe: TrainerRecipe
  /** What the backend computes in. */
  readonly dtype: DType
  readonly widths: number[]
  readonly info: TrainerInfo
  /**
   * Does calls one after the other; the first part of a call is done at once if nothing is under
   * way.
   */
  inTurn: <Result>(call: () => Result | Promise<Result>) => Promise<Result>
  /** Waits for a caller's function, inside which no call can have its turn. */
  waitFor: (callback: () => unknown) => Promise<void>
  isOpen: () => boolean
  requireOpen: () => void
  requireIdle: (where: string) => void
  shardsFor: (batchSize: number) => number
  /**
   * Chooses the workers and lays out the arena; moves the parameters to a larger arena if this one
   * is too small.
   */
  plan: (job: Job) => Plan
  /** Copies a job's examples into the arena. */
  store: (place: ArenaLayout['training'], examples: CheckedExamples) => Promise<void>
  /** The plan that the arena was last filled for. */
  occupant: Plan | undefined
  run: (work: Run) => Promise<Exclude<RunResult, { kind: 'failed' }>>
  /** Figures of a run that isn't training. */
  figuresOf: (work: Run) => Promise<Figures>
  /** Before training goes on at a step: where it stands, and that nothing has asked it to stop. */
  standAt: (step: number) => void
  /** Asks the workers to stop after the step under way. */
  stop: () => void
  parameters: () => Parameters
  /** The gradient that a run has left. */
  gradient: () => Parameters
  /** The outputs that a run has left. */
  outputs: (plan: Plan, elements: number) => Float32Array | Float64Array
  setParameters: (parameters: Parameters) => void
  /** All that the last committed step left, optimizer state included. */
  snapshot: () => Uint8Array
  restore: (snapshot: Uint8Array) => void
  close: () => Promise<void>
}

/** Arenas are numbered so that a worker knows whether it has this one open. */
let nextArenaNumber = 0

export function createRunner(
  recipe: TrainerRecipe,
  { backend: backendName, reason: backendReason, blas }: BackendChoice,
  coordinator: CoordinatorThread,
): Runner {
  const { network, loss, l2, seed } = recipe
  const backend = backends[backendName]
  const { dtype } = backend
  const cores = availableCores()
  const widths = widthsOf(network)
  const plainTallies = tallyLayout('', network)

  const baseNeeds: ArenaNeeds = {
    network,
    dtype,
    stateElements: stateElements(recipe.optimizer),
    workers: 1,
    shards: 1,
    batchSize: 0,
    training: undefined,
    validation: undefined,
    tallyFields: plainTallies.fields,
    gradient: false,
    predicts: false,
    preparedElements: backend.preparedElements,
    productElements: backend.productElements,
    timeline: false,
  }
  // These lie at the same place for every job.
  const { parameters: parameterLayout, versions, clock, bytes } = planArena(baseNeeds)
  let arena: Arena = { number: nextArenaNumber++, memory: createArena(bytes) }
  let words = new Int32Array(arena.memory.buffer)
  const version = (): VersionLayout => versions[currentVersion(words)]
  const headerOf = ({ header }: VersionLayout): Float64Array =>
    new Float64Array(arena.memory.buffer, header, 4)
  /** The bytes of a version: header, parameters and state. */
  const bytesOf = ({ header }: VersionLayout): Uint8Array =>
    new Uint8Array(arena.memory.buffer, header, versions[1].header - versions[0].header)
  const read = (place: number): Parameters =>
    readParameters(arena.memory, place, parameterLayout, dtype)

  const requested = recipe.workers === 'auto' ? cores : recipe.workers
  const info: TrainerInfo = {
    workers: requested,
    reason: recipe.workers === 'auto' ? `at most one for each of ${cores} cores` : 'as asked for',
    shards: recipe.shards === 'auto' ? undefined : recipe.shards,
    backend: backendName,
    backendReason,
    kernels: blas ? `${backend.kernels} (${describeBlas(blas)})` : backend.kernels,
    cores,
    parameters: parameterLayout.layers.reduce(
      (sum, { inputs, outputs }) => sum + (inputs + 1) * outputs,
      0,
    ),
    arenaBytes: arena.memory.buffer.byteLength,
  }
  writeParameters(arena.memory, versions[0].parameters, parameterLayout, dtype, {
    weights: network.layers.map(({ initializer, units }, l) =>
      initialWeights(initializer, widths[l]!, units, seed, l),
    ),
    biases: network.layers.map(({ units }) => new Float64Array(units)),
  })

  const insideCallback = new AsyncLocalStorage<{ over: boolean }>()
  let closing: Promise<void> | undefined
  let underWay = 0
  let last: Promise<unknown> = Promise.resolve()

  /** `fit` waits for onEpoch, so what waits for `fit` would wait for ever there. */
  const refuseInCallback = (): void => {
    if (insideCallback.getStore()?.over === false) {
      throw new BusyError(
        'trainer',
        'fit waits for onEpoch, so this call cannot have its turn there; give fit `validation` or a `signal`, use `epochs`, or call after fit',
      )
    }
  }
  const requireOpen = (): void => {
    if (closing) throw new ClosedError()
  }

  const runner: Runner = {
    recipe,
    dtype,
    widths,
    info,
    occupant: undefined,
    isOpen: () => closing === undefined,
    requireOpen,

    async inTurn(call) {
      requireOpen()
      refuseInCallback()
      underWay++
      try {
        const turn = underWay === 1 ? call() : last.then(call)
        last = Promise.resolve(turn).catch(() => undefined)
        return await turn
      } finally {
        underWay--
      }
    },

    async waitFor(callback) {
      const wait = { over: false }
      await insideCallback.run(wait, callback)
      wait.over = true // what the callback started may still be running, and may call
    },

    requireIdle(where) {
      requireOpen()
      if (underWay > 0) throw new BusyError(where, 'a call is under way; await it first')
    },

    shardsFor: (batchSize) => (recipe.shards === 'auto' ? shardCount(batchSize) : recipe.shards),

    plan({ units, examples, flops, tallies = plainTallies, needs }) {
      const microseconds = estimateMicroseconds(
        widths,
        examples,
        flops,
        backend.flopsPerMicrosecond,
      )
      const { workers, reason } = chooseWorkers(recipe.workers, cores, units, microseconds)
      const layout = planArena({ ...baseNeeds, workers, tallyFields: tallies.fields, ...needs })
      if (layout.bytes > arena.memory.buffer.byteLength) {
        const larger: Arena = { number: nextArenaNumber++, memory: createArena(layout.bytes) }
        new Uint8Array(larger.memory.buffer).set(new Uint8Array(arena.memory.buffer, 0, clock))
        arena = larger
        words = new Int32Array(arena.memory.buffer)
      }
      Object.assign(info, { workers, reason, arenaBytes: arena.memory.buffer.byteLength })
      if (needs.batchSize) info.shards = needs.shards
      return (runner.occupant = {
        network,
        loss,
        l2,
        tallies,
        backend: backendName,
        layout,
        workers,
        orderedAt: Date.now(),
        spins: workers <= cores,
      })
    },

    store: async (place, examples) =>
      storeExamples(arena.memory, place!, examples, async () => setImmediate()),

    async run(work) {
      const result = await coordinator.run(work, arena)
      if (result.kind !== 'failed' && result.kind !== 'coordinatorFailed') return result
      const cause = rebuildError(result.error)
      if (result.kind === 'coordinatorFailed')
        throw new WorkerError('coordinator', 0, 0, cause.message || cause.name, { cause })
      const { epoch, step } = result.position
      throw new WorkerError(result.worker, epoch, step, cause.message || cause.name, { cause })
    },

    async figuresOf(work) {
      const result = await runner.run(work)
      if (result.kind !== 'done')
        throw new Error(`internal: a run to ${work.kind} came back as ${result.kind}`)
      return result.figures
    },

    standAt(step) {
      headerOf(version()).set([step, NaN], Header.steps) // with no cost yet
      Atomics.store(words, Control.previousWhole, 0)
      Atomics.store(words, Control.stop, 0)
    },
    stop: () => void Atomics.store(words, Control.stop, 1),

    parameters() {
      for (;;) {
        // A step may commit while we copy, and the next one write what we read: then copy again.
        const commits = Atomics.load(words, Control.commits)
        const parameters = read(version().parameters)
        if (Atomics.load(words, Control.commits) === commits) return parameters
      }
    },
    gradient: () => read(versions[1 - currentVersion(words)]!.parameters),
    outputs: ({ layout }, elements) =>
      new (dtype === 'float32' ? Float32Array : Float64Array)(
        arena.memory.buffer,
        layout.outputs,
        elements,
      ).slice(),

    setParameters(parameters) {
      bytesOf(version()).fill(0)
      writeParameters(arena.memory, version().parameters, parameterLayout, dtype, parameters)
      Atomics.store(words, Control.previousWhole, 0)
    },
    snapshot: () => bytesOf(version()).slice(),
    restore(snapshot) {
      bytesOf(version()).set(snapshot)
      Atomics.store(words, Control.previousWhole, 0)
    },

    async close() {
      refuseInCallback()
      await (closing ??= last.then(async () => coordinator.close()))
    },
  }
  return runner
}

/** What storing examples takes. */
export function needsOf({
  count,
  inputType,
  targetType,
  sampleWeights,
}: CheckedExamples): ExamplesNeeds {
  return { count, inputs: inputType, targets: targetType, weighted: sampleWeights !== undefined }
}
