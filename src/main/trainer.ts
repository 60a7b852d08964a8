// The trainer: what a caller holds. It checks what it is given, lays it out in the arena, and hands runs to the coordinator.

import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { type ArenaLayout, type ArenaNeeds, createArena, planArena } from '../shared/arena.js'
import { type BackendName, backends } from '../shared/backends.js'
import { Control, currentVersion } from '../shared/control.js'
import { type TrainerOptions, type TrainerRecipe, checkFitOptions, checkTrainerOptions } from '../shared/description.js'
import { DivergenceError, InputError, WorkerError } from '../shared/errors.js'
import { initialWeights } from '../shared/initialisers.js'
import { hasAccuracy } from '../shared/losses.js'
import { flopsOf, widthsOf } from '../shared/network.js'
import type { Arena, EpochFigures, Run, RunBase, RunResult } from '../shared/protocol.js'
import { blockCount, shardCount } from '../shared/shards.js'
import { type Span, spansOf } from '../shared/timeline.js'
import { chooseWorkers, estimateMicroseconds } from '../shared/workforce.js'
import { type BackendChoice, chooseBackend, describeBlas } from './backend-choice.js'
import { compileKernels, programOf } from './compiled-kernels.js'
import { type CoordinatorThread, startCoordinator } from './coordinator-thread.js'
import { availableCores } from './cores.js'
import { type CheckedExamples, type Examples, type NumberArray, checkExamples, checkInputs, splitExamples, storeExamples } from './examples.js'
import { type FloatArray, type Parameters, checkParameters, hashParameters, readParameters, writeParameters } from './parameters.js'

export type { Span } from '../shared/timeline.js'

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

/** The gradient of the cost, averaged over the examples, in the shape of the parameters. */
export interface Gradient extends Parameters {
  cost: number
}

/** Figures of an epoch, counted from 1. The accuracies are there when the outputs are sigmoid or softmax. */
export interface EpochReport {
  epoch: number
  /** Mean over the epoch's batches, each before its update. */
  cost: number
  accuracy?: number
  validationCost?: number
  validationAccuracy?: number
  examplesPerSecond: number
}

/** The figures of every epoch, one array each. */
export interface History {
  epoch: number[]
  cost: number[]
  accuracy: number[]
  validationCost: number[]
  validationAccuracy: number[]
  /** Time the workers trained; starting threads and copying examples aside. */
  seconds: number
}

export interface Evaluation {
  /** Mean loss plus the regularisation term. */
  cost: number
  /** Share of right answers, when the outputs are sigmoid or softmax: the largest output, or with one output the right side of 1/2. */
  accuracy?: number
  examples: number
}

/** How training stands; `epochs` are those finished since the last report. */
export interface Progress {
  epochs: EpochReport[]
  /** Steps done, of how many. */
  step: number
  steps: number
}

export interface FitOptions {
  /** Passes over the examples. @default 1 */
  epochs?: number
  /** Examples of a step; 'all', or more than there are, means every example. @default 32 */
  batchSize?: number | 'all'
  /** Whether every epoch takes the examples in another order, which follows from the seed. Plays no part if a batch has them all. @default true */
  shuffle?: boolean
  /** Examples to evaluate after every epoch: others, or the last share of the rows, which is then not trained on. */
  validation?: Examples | number
  /** Called after every epoch; training waits for it, so the parameters are those of that epoch. Of the trainer's calls only those that return at once may be made in it. */
  onEpoch?: (report: EpochReport) => unknown
  /** Called about ten times a second while training goes on. */
  onProgress?: (progress: Progress) => void
  /** Has the workers record what they do when; called with the spans, some ten times a second. Costs a few percent of the time of small steps. */
  onTimeline?: (spans: Span[]) => void
  /** Aborting stops training after the current step: `fit` rejects with the signal's reason, the parameters are the last step's. */
  signal?: AbortSignal
}

/**
 * A network in training. Calls run one after the other, in the order they were made. Every method but `close` throws after `close`.
 */
export interface Trainer extends AsyncDisposable {
  readonly info: TrainerInfo
  /**
   * One gradient over all examples, computed in parallel, without an update.
   * @param inputs (m, n_0), row-major. @param targets (m, n_L), or class labels (m).
   * @throws {InputError} on a wrong shape, a label out of range or a number that is not finite.
   */
  gradient: (inputs: Examples['inputs'], targets: Examples['targets']) => Promise<Gradient>
  /**
   * Trains. With a worker's death, divergence or an abort the parameters are those of the last good step, and the trainer stays usable.
   * @throws {InputError} on wrong options or data. @throws {WorkerError} if a worker died. @throws {DivergenceError} if the cost was no longer finite.
   */
  fit: (examples: Examples, options?: FitOptions) => Promise<History>
  /** Cost and accuracy on examples, in parallel. @throws {InputError} on wrong data. @throws {WorkerError} if a worker died. */
  evaluate: (examples: Examples) => Promise<Evaluation>
  /** Outputs (m, n_L), row-major, in parallel. @throws {InputError} on wrong data. @throws {WorkerError} if a worker died. */
  predict: (inputs: NumberArray) => Promise<FloatArray>
  /** A copy of the parameters, of the last committed step if training is under way. */
  getParameters: () => Parameters
  /** @throws {InputError} on a wrong shape. @throws {Error} while a call is under way. */
  setParameters: (parameters: Parameters) => void
  /** sha256 over the parameters as float32 little-endian bytes: layer by layer, weights (row-major), then biases. */
  parametersHash: () => string
  /** Ends the threads, once the calls under way are done. May be called twice. */
  close: () => Promise<void>
}

/** The script that the gradient workers run; tests start others. */
const GRADIENT_WORKER = new URL('../workers/gradient-worker.js', import.meta.url)
/** How long the workers run before they report. */
const SLICE_MS = 100

/**
 * Makes a trainer for a network.
 *
 * @throws {InputError} naming the option that is wrong, before anything starts.
 * @throws {ArenaError} if the parameters alone don't fit in a shared memory.
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  return createTrainerOn(GRADIENT_WORKER, options)
}

/** `createTrainer` with another worker script. */
export async function createTrainerOn(gradientWorker: URL, options: TrainerOptions): Promise<Trainer> {
  const recipe = checkTrainerOptions(options)
  const coordinator = startCoordinator(gradientWorker) // its thread starts while we look what this machine has
  try {
    const choice = await chooseBackend(recipe.backend, widthsOf(recipe.network))
    coordinator.equip({ compiled: compileKernels(programOf(choice.backend)), blas: choice.blas })
    return createTrainerWith(recipe, choice, coordinator)
  } catch (error) {
    await coordinator.close()
    throw error
  }
}

function createTrainerWith(
  recipe: TrainerRecipe, { backend: backendName, reason: backendReason, blas }: BackendChoice, coordinator: CoordinatorThread,
): Trainer {
  const { network, loss, l2, seed } = recipe
  const backend = backends[backendName]
  const { scalar } = backend
  const cores = availableCores()
  const widths = widthsOf(network)
  const reportsAccuracy = hasAccuracy(network.layers.at(-1)!.activation)

  const baseNeeds: ArenaNeeds = {
    network, scalar, stateElements: 0, workers: 1, shards: 1, batchSize: 0,
    training: undefined, validation: undefined, predicts: false, preparedElements: backend.preparedElements,
    productElements: backend.productElements, timeline: false,
  }
  let layout = planArena(baseNeeds)
  let arena: Arena = { number: nextArenaNumber++, memory: createArena(layout.bytes) }
  let words = new Int32Array(arena.memory.buffer)

  const requested = recipe.workers === 'auto' ? cores : recipe.workers
  const info: TrainerInfo = {
    workers: requested,
    reason: recipe.workers === 'auto' ? `at most one for each of ${cores} cores` : 'as asked for',
    shards: recipe.shards === 'auto' ? undefined : recipe.shards,
    backend: backendName,
    backendReason,
    kernels: blas ? `${backend.kernels} (${describeBlas(blas)})` : backend.kernels,
    cores,
    parameters: layout.parameters.layers.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0),
    arenaBytes: arena.memory.buffer.byteLength,
  }
  writeParameters(arena.memory, layout.versions[0].parameters, layout.parameters, scalar, {
    weights: network.layers.map(({ initialiser, units }, l) => initialWeights(initialiser, widths[l]!, units, seed, l)),
    biases: network.layers.map(({ units }) => new Float64Array(units)),
  })

  const insideOnEpoch = new AsyncLocalStorage<{ over: boolean }>()
  let closing: Promise<void> | undefined
  let underWay = 0
  let last: Promise<unknown> = Promise.resolve()

  /** Runs calls one after the other; the first part of a call runs at once if nothing is under way. */
  const inTurn = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    requireOpen()
    refuseInOnEpoch()
    underWay++
    const turn = underWay === 1 ? call() : last.then(call)
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      underWay--
    }
  }

  /** `fit` waits for onEpoch, so what waits for `fit` would wait for ever there. */
  const refuseInOnEpoch = (): void => {
    if (insideOnEpoch.getStore()?.over === false) {
      throw new Error('trainer: fit waits for onEpoch, so this call cannot have its turn there; give fit `validation` or a `signal`, or call after fit')
    }
  }

  const requireOpen = (): void => {
    if (closing) throw new Error('trainer: it is closed')
  }

  /** Chooses the workers and lays out the arena for a job; moves the parameters to a larger arena if this one is too small. */
  const plan = (units: number, examples: number, flops: number, needs: Partial<ArenaNeeds>): RunBase => {
    const microseconds = estimateMicroseconds(widths, examples, flops, backend.flopsPerMicrosecond)
    const { workers, reason } = chooseWorkers(recipe.workers, cores, units, microseconds)
    layout = planArena({ ...baseNeeds, workers, ...needs })
    if (layout.bytes > arena.memory.buffer.byteLength) {
      const larger: Arena = { number: nextArenaNumber++, memory: createArena(layout.bytes) }
      const kept = new Uint8Array(arena.memory.buffer, 0, layout.clock)
      new Uint8Array(larger.memory.buffer).set(kept)
      arena = larger
      words = new Int32Array(arena.memory.buffer)
    }
    Object.assign(info, { workers, reason, arenaBytes: arena.memory.buffer.byteLength })
    return { network, loss, l2, backend: backendName, layout, workers, orderedAt: Date.now(), spins: workers <= cores }
  }

  const store = async (place: ArenaLayout['training'], examples: CheckedExamples): Promise<void> =>
    storeExamples(arena.memory, place!, examples, async () => setImmediate())

  const run = async (work: Run): Promise<Exclude<RunResult, { kind: 'failed' }>> => {
    const result = await coordinator.run(work, arena)
    if (result.kind === 'coordinatorFailed') throw new WorkerError('coordinator', 0, 0, result.reason)
    if (result.kind === 'failed') throw new WorkerError(result.worker, result.position.epoch, result.position.step, result.reason)
    return result
  }

  /** Cost and right answers of a run that isn't training. */
  const figuresOf = async (work: Run): Promise<{ cost: number; correct: number }> => {
    const result = await run(work)
    if (result.kind !== 'done') throw new Error(`internal: a run to ${work.kind} came back as ${result.kind}`)
    return result.figures
  }

  const shardsFor = (batchSize: number): number => (recipe.shards === 'auto' ? shardCount(batchSize) : recipe.shards)
  const stored = ({ count, inputType, targetType }: CheckedExamples): NonNullable<ArenaNeeds['training']> =>
    ({ count, inputs: inputType, targets: targetType })

  const gradient: Trainer['gradient'] = async (inputs, targets) => inTurn(async () => {
    const examples = checkExamples('gradient', { inputs, targets }, network, scalar)
    const { count } = examples
    const shards = shardsFor(count)
    const base = plan(shards, count, flopsOf(widths, count), { shards, batchSize: count, training: stored(examples) })
    info.shards = shards
    await store(layout.training, examples)
    const { cost } = await figuresOf({ ...base, kind: 'gradient', shards })
    const place = layout.versions[1 - currentVersion(words)]!.parameters
    return { cost, ...readParameters(arena.memory, place, layout.parameters, scalar) }
  })

  const fit: Trainer['fit'] = async (given, givenOptions = {}) => inTurn(async () => {
    const options = checkFitOptions(givenOptions) as ReturnType<typeof checkFitOptions> & FitOptions
    const { epochs, signal, onEpoch, onProgress, onTimeline } = options
    const [training, validation] = trainingAndValidation(checkExamples('fit', given, network, scalar), options.validation)
    signal?.throwIfAborted()

    const batchSize = options.batchSize === 'all' ? training.count : Math.min(options.batchSize, training.count)
    const shards = shardsFor(batchSize)
    const base = plan(shards, batchSize, flopsOf(widths, batchSize), {
      shards, batchSize, training: stored(training), validation: validation && stored(validation), timeline: onTimeline !== undefined,
    })
    info.shards = shards
    await store(layout.training, training)
    if (validation) await store(layout.validation, validation)
    signal?.throwIfAborted()

    const steps = Math.ceil(training.count / batchSize) * epochs
    const history: History = { epoch: [], cost: [], accuracy: [], validationCost: [], validationAccuracy: [], seconds: 0 }
    new Float64Array(arena.memory.buffer, layout.versions[currentVersion(words)].header, 4).fill(0)
    Atomics.store(words, Control.previousWhole, 0)
    Atomics.store(words, Control.stop, 0)
    const stop = (): void => void Atomics.store(words, Control.stop, 1)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      for (let done = 0; done < epochs;) {
        const result = await run({
          ...base, kind: 'train', optimizer: recipe.optimizer, seed, shards, batchSize,
          shuffle: options.shuffle && batchSize < training.count,
          fromEpoch: done, untilEpoch: onEpoch ? done + 1 : epochs, sliceMs: SLICE_MS,
        })
        if (result.kind !== 'trained') throw new Error(`internal: a run to train came back as ${result.kind}`)
        history.seconds += result.seconds
        result.timelines?.forEach((records, worker) => onTimeline?.(spansOf(records, worker, base.orderedAt)))
        const reports = result.epochs.map((figures) => reportOf(figures, training.count, validation?.count))
        for (const report of reports) appendTo(history, report)
        done += reports.length
        if (result.outcome === 'diverged') {
          throw new DivergenceError(result.position.epoch, result.position.step, result.position.lastCost)
        }
        onProgress?.({ epochs: reports, step: result.steps, steps })
        for (const report of reports) {
          const wait = { over: false }
          await insideOnEpoch.run(wait, () => onEpoch?.(report))
          wait.over = true // what the callback started may still be running, and may call
        }
        signal?.throwIfAborted()
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
    return history
  })

  const trainingAndValidation = (
    examples: CheckedExamples, validation: FitOptions['validation'],
  ): [CheckedExamples, CheckedExamples | undefined] => {
    if (validation === undefined) return [examples, undefined]
    if (typeof validation !== 'number') return [examples, checkExamples('fit: validation', validation, network, scalar)]
    const held = Math.ceil(examples.count * validation)
    if (held === examples.count) throw new InputError('fit: validation', `a share that leaves some of the ${held} examples to train on`, String(validation))
    return splitExamples(examples, held)
  }

  const reportOf = (figures: EpochFigures, count: number, validationCount: number | undefined): EpochReport => ({
    epoch: figures.epoch,
    cost: figures.cost,
    ...(reportsAccuracy && { accuracy: figures.correct / count }),
    ...(figures.validation && { validationCost: figures.validation.cost }),
    ...(figures.validation && reportsAccuracy && { validationAccuracy: figures.validation.correct / validationCount! }),
    examplesPerSecond: Math.round(count / figures.seconds),
  })

  const evaluate: Trainer['evaluate'] = async (given) => inTurn(async () => {
    const examples = checkExamples('evaluate', given, network, scalar)
    const { count } = examples
    const base = plan(blockCount(count), count, flopsOf(widths, count) / 3, { training: stored(examples) })
    await store(layout.training, examples)
    const { cost, correct } = await figuresOf({ ...base, kind: 'evaluate' })
    return { cost, ...(reportsAccuracy && { accuracy: correct / count }), examples: count }
  })

  const predict: Trainer['predict'] = async (inputs) => inTurn(async () => {
    const examples = checkInputs('predict: inputs', inputs, network, scalar)
    const { count } = examples
    const base = plan(blockCount(count), count, flopsOf(widths, count) / 3, { training: stored(examples), predicts: true })
    await store(layout.training, { ...examples, where: 'predict' })
    await figuresOf({ ...base, kind: 'predict' })
    const array = scalar === 'float32' ? Float32Array : Float64Array
    return new array(arena.memory.buffer, layout.outputs, count * widths.at(-1)!).slice()
  })

  const getParameters: Trainer['getParameters'] = () => {
    requireOpen()
    for (;;) { // a step may commit while we copy, and the next one would write what we read: then copy again
      const commits = Atomics.load(words, Control.commits)
      const parameters = readParameters(arena.memory, layout.versions[currentVersion(words)].parameters, layout.parameters, scalar)
      if (Atomics.load(words, Control.commits) === commits) return parameters
    }
  }

  const setParameters: Trainer['setParameters'] = (given) => {
    requireOpen()
    if (underWay > 0) throw new Error('setParameters: a call is under way; await it first')
    const parameters = checkParameters(given, layout.parameters, scalar)
    writeParameters(arena.memory, layout.versions[currentVersion(words)].parameters, layout.parameters, scalar, parameters)
    Atomics.store(words, Control.previousWhole, 0)
  }

  const close: Trainer['close'] = async () => {
    refuseInOnEpoch()
    await (closing ??= last.then(async () => coordinator.close()))
  }

  return {
    get info() { return { ...info } },
    gradient, fit, evaluate, predict, getParameters, setParameters,
    parametersHash: () => hashParameters(getParameters()),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Arenas are numbered so that a worker knows whether it has this one open. */
let nextArenaNumber = 0

function appendTo(history: History, report: EpochReport): void {
  history.epoch.push(report.epoch)
  history.cost.push(report.cost)
  for (const field of ['accuracy', 'validationCost', 'validationAccuracy'] as const) {
    if (report[field] !== undefined) history[field].push(report[field])
  }
}
