// What all calls of a trainer share: it plans a job, lays out the arena for it, and has the workers
// run it, one call after the other.

import type { TrainerInfo } from './trainer-info.js'
import {
  type ArenaLayout,
  type ArenaNeeds,
  type ExamplesNeeds,
  planArena,
} from '../../shared/arena/arena.js'
import type { DType } from '../../shared/arena/element-types.js'
import { parameterCount } from '../../shared/arena/parameter-layout.js'
import type { BackendName } from '../../shared/backend-names.js'
import { backends } from '../../shared/backends.js'
import { blockCount, shardCount, unitsPerShard } from '../../shared/batches/shards.js'
import { rebuildError } from '../../shared/error-transfer.js'
import { WorkerError } from '../../shared/errors.js'
import { type TallyLayout, tallyLayout } from '../../shared/figures/metrics.js'
import { type ModelDescription, modelKindOf, needsOfModel } from '../../shared/model/kinds.js'
import type { ModelShape } from '../../shared/model/shape.js'
import { stateElements } from '../../shared/optimizers/optimizers.js'
import type { Figures, Run, RunBase, RunResult } from '../../shared/protocol.js'
import type { CheckedExamples } from '../data/examples.js'
import type { FloatArray } from '../data/parameters.js'
import { storeExamples } from '../data/stored-examples.js'
import type { TrainerRecipe } from '../options/trainer-options.js'
import { type ArenaOwner, createArenaOwner } from './arena-owner.js'
import { type CallQueue, createCallQueue } from './call-queue.js'
import type { BackendChoice, Coordinator, Platform } from './platform.js'
import { type Rests, createRests } from './rests.js'
import { type Job, chooseWorkforce } from './workforce.js'

/** A job as it lies in the arena; a larger arena keeps it where it is. */
export type Plan = RunBase

/** What a job is planned from: of one that trains, the batch, otherwise the examples alone. */
export interface JobNeeds {
  tallies?: TallyLayout
  needs: Partial<ArenaNeeds> & { training: ExamplesNeeds }
}

export interface Runner extends CallQueue, Rests {
  readonly recipe: TrainerRecipe
  readonly platform: Platform
  /** What goes into the model, and what comes out. */
  readonly shape: ModelShape
  /** What the backend computes in. */
  readonly dtype: DType
  /** The arrays of parameters. */
  readonly tensors: ArenaNeeds['model']['tensors']
  readonly info: TrainerInfo
  /** The parameters, and what else the last committed step has left. */
  readonly state: ArenaOwner
  shardsFor: (batchSize: number) => number
  /** Chooses the workers and lays out the arena; a larger one takes its place if needed. */
  plan: (job: JobNeeds) => Plan
  /** Whether the arena is still laid out as this plan says. */
  isCurrent: (plan: Plan) => boolean
  /** Copies a job's examples into the arena. */
  store: (place: ArenaLayout['training'], examples: CheckedExamples) => Promise<void>
  /** @throws {WorkerError} if a worker, or the coordinator, died. */
  run: (work: Run) => Promise<Exclude<RunResult, { kind: 'failed' }>>
  /** Figures of a run that isn't training. */
  figuresOf: (work: Run) => Promise<Figures>
  /** The outputs that a run has left. */
  outputs: (plan: Plan, elements: number) => FloatArray
}

/**
 * The parameters are all zero at first.
 * @param platform Where the trainer runs.
 */
export function createRunner(
  platform: Platform,
  recipe: TrainerRecipe,
  choice: BackendChoice,
  coordinator: Coordinator,
): Runner {
  const model = describeModel(recipe)
  const shape = modelKindOf(model).shape(model)
  const work = modelKindOf(model).work(model)
  const plainTallies = tallyLayout('', shape.output.units, 'numbers')
  const nothing = emptyNeeds(recipe, model, choice.backend, plainTallies)
  const layout = planArena(nothing)
  const state = createArenaOwner(layout)
  const cores = platform.cores()
  const info = createInfo(recipe, choice, cores)
  info.parameters = parameterCount(layout.parameters)
  info.arenaBytes = state.arena.memory.buffer.byteLength
  let current: Plan | undefined
  /** What there is to do for a batch, or to evaluate examples. */
  const jobOf = ({ batchSize, shards, training }: ArenaNeeds): Job => {
    const examples = batchSize || training!.count
    const { inputs } = shape
    const job = { examples, inputs, outputs: work.outputs, blocks: blockCount(examples) }
    if (batchSize === 0) return { ...job, flops: (examples * work.flops) / 3 }
    const units = shards * unitsPerShard(batchSize, shards)
    const parameters = layout.parameters.elements
    return { ...job, flops: examples * work.flops, training: { shards, units, parameters } }
  }

  const runner: Runner = {
    ...createCallQueue(platform.createCallbackScope(), coordinator.close),
    ...createRests(),
    recipe,
    platform,
    shape,
    dtype: layout.dtype,
    tensors: layout.parameters.tensors,
    info,
    state,

    shardsFor: (batchSize) => (recipe.shards === 'auto' ? shardCount(batchSize) : recipe.shards),

    plan({ tallies = plainTallies, needs }) {
      const { flopsPerMicrosecond } = choice.blas ?? backends[choice.backend]
      const { reason, ...workforce } = chooseWorkforce(
        recipe.workers,
        cores,
        jobOf({ ...nothing, ...needs }),
        flopsPerMicrosecond,
      )
      const { workers, teamSize } = workforce
      const tallyFields = tallies.fields
      const planned = planArena({ ...nothing, ...workforce, tallyFields, ...needs })
      state.grow(planned.bytes)
      info.workers = workers
      info.teamSize = teamSize
      info.reason = reason
      info.arenaBytes = state.arena.memory.buffer.byteLength
      if (needs.batchSize) info.shards = needs.shards
      current = {
        model,
        decay: 0,
        tallies,
        backend: choice.backend,
        layout: planned,
        workers,
        orderedAt: Date.now(),
        spins: workers <= cores,
      }
      return current
    },

    isCurrent: (plan) => plan === current,

    store: async (place, examples) =>
      storeExamples(state.arena.memory, place!, examples, platform.rest),

    async run(work) {
      const result = await coordinator.run(work, state.arena)
      if (result.kind !== 'failed' && result.kind !== 'coordinatorFailed') return result
      const cause = rebuildError(result.error)
      const reason = cause.message || cause.name
      if (result.kind === 'coordinatorFailed') {
        throw new WorkerError('coordinator', 0, 0, reason, { cause })
      }
      const { epoch, step } = result.position
      throw new WorkerError(result.worker, epoch, step, reason, { cause })
    },

    async figuresOf(work) {
      const result = await runner.run(work)
      if (result.kind === 'done') return result.figures
      throw new Error(`internal: a run to ${work.kind} came back as ${result.kind}`)
    },

    outputs: (plan, elements) => state.numbers(plan.layout.training!.outputs!, elements),
  }
  return runner
}

/** What is trained. */
export function describeModel({ network, loss }: TrainerRecipe): ModelDescription {
  return { kind: 'layers', network, loss }
}

/** What an arena must hold for no job at all. */
function emptyNeeds(
  { optimizer }: TrainerRecipe,
  model: ModelDescription,
  backend: BackendName,
  tallies: TallyLayout,
): ArenaNeeds {
  return {
    model: needsOfModel(model),
    kernels: backends[backend],
    dtype: backends[backend].dtype,
    stateElements: stateElements(optimizer),
    workers: 1,
    shards: 1,
    slots: 1,
    teamSize: 1,
    batchSize: 0,
    training: undefined,
    validation: undefined,
    tallyFields: tallies.fields,
    gradient: false,
    timeline: false,
  }
}

function createInfo(
  { shards, workers }: TrainerRecipe,
  { backend, library, reason, hint }: BackendChoice,
  cores: number,
): TrainerInfo {
  const auto = workers === 'auto'
  const { kernels } = backends[backend]
  return {
    workers: auto ? cores : workers,
    reason: auto ? `at most one for each of ${cores} cores` : 'as asked for',
    teamSize: 1,
    shards: shards === 'auto' ? undefined : shards,
    backend,
    backendReason: reason,
    backendHint: hint,
    kernels: library === undefined ? kernels : `${kernels} (${library})`,
    cores,
    parameters: 0,
    arenaBytes: 0,
  }
}

/**
 * What storing examples takes.
 * @param keepsOutputs Whether the outputs of each are kept.
 */
export function needsOf(examples: CheckedExamples, keepsOutputs = false): ExamplesNeeds {
  const { count, inputType, targetType, sampleWeights } = examples
  const weighted = sampleWeights !== undefined
  return { count, inputs: inputType, targets: targetType, weighted, keepsOutputs }
}
