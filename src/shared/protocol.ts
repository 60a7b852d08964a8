// What crosses from the caller to the coordinator and on to the workers, and back: orders for runs,
// and how they ended. All of it is plain data, but for the shared memory.

import type { ModelDescription } from './model/kinds.js'
import type { ArenaLayout } from './arena/arena.js'
import type { BackendName } from './backend-names.js'
import type { ErrorData } from './error-transfer.js'
import type { OutcomeName } from './arena/control.js'
import type { BlasLibrary } from './kernels/native/blas-library.js'
import type { TallyLayout } from './figures/metrics.js'
import type { Optimizer } from './optimizers/optimizers.js'

/** What every run of the workers needs. */
export interface RunBase {
  model: ModelDescription
  /**
   * The L2 term's gradient is this times the weights: l2 over the total weight of the examples
   * trained on. 0 if nothing is trained.
   */
  decay: number
  tallies: TallyLayout
  backend: BackendName
  layout: ArenaLayout
  workers: number
  /** When, in milliseconds since 1970: the origin of the workers' timelines. */
  orderedAt: number
  /** Whether every worker has a core, so that waiting may begin with a spin. */
  spins: boolean
}

/**
 * Steps of training, from where the current version stands to the end of epoch `untilEpoch` or of
 * the slice of time.
 */
export interface TrainRun extends RunBase {
  kind: 'train'
  optimizer: Optimizer
  /** The norm that the gradient is clipped to. */
  clipNorm: number | undefined
  /** What a plateau has multiplied the learning rate by so far. */
  rateReduction: number
  seed: number
  shuffle: boolean
  batchSize: number
  accumulationSteps: number
  stepsPerEpoch: number
  shards: number
  /** Epochs complete before the run, counted from 0; the first epoch record is this epoch's. */
  fromEpoch: number
  untilEpoch: number
  sliceMs: number
}

/**
 * One gradient over all examples, written where the next parameters would be, and not committed.
 */
export interface GradientRun extends RunBase {
  kind: 'gradient'
  shards: number
}

export interface EvaluateRun extends RunBase {
  kind: 'evaluate'
}
export interface PredictRun extends RunBase {
  kind: 'predict'
}

export type Run = TrainRun | GradientRun | EvaluateRun | PredictRun

/** The one memory of a trainer; a later, larger job gets another, with another number. */
export interface Arena {
  number: number
  memory: WebAssembly.Memory
}

/** What one worker is given. */
export interface WorkerTask {
  run: Run
  workerIndex: number
  arena: Arena
}

/**
 * Figures of some examples: a tally, with means in place of the summed loss and penalty.
 */
export type Figures = Float64Array

/** An epoch that a training run finished; epochs are counted from 1. */
export interface EpochFigures {
  epoch: number
  training: Figures
  validation: Figures | undefined
  seconds: number
}

export type RunResult =
  | {
      kind: 'trained'
      outcome: Exclude<OutcomeName, 'running'>
      epochs: EpochFigures[]
      steps: number
      seconds: number
      position: Position
      /** What each worker did when, if that was asked for: as timeline.ts says. */
      timelines: Float64Array[] | undefined
    }
  | { kind: 'done'; figures: Figures }
  | { kind: 'failed'; worker: number; position: Position; error: ErrorData }

/**
 * Where training stands: the step under way, or the one that failed or diverged, counted from 1; if
 * it diverged, the last finite cost.
 */
export interface Position {
  epoch: number
  step: number
  lastCost: number | undefined
}

/** The coordinator's endpoint. */
export interface CoordinatorEndpoint {
  /** Says what its workers are started with; before the first run. */
  equip: (data: GradientWorkerData) => void
  run: (run: Run, arena: Arena) => Promise<RunResult>
  close: () => Promise<void>
}

/** What the coordinator's thread is started with. */
export interface CoordinatorData {
  /** The worker's script. */
  gradientWorker: string
}

/** What a gradient worker's thread is started with. */
export interface GradientWorkerData {
  /** The compiled wasm kernels. */
  compiled: WebAssembly.Module
  /** The library to load, for backend `native`. */
  blas: BlasLibrary | undefined
}

/**
 * Threads handle small objects only: without a limit each lets some 50 MB of them gather before it
 * cleans up.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 4 }
