// Ways to share a run out among workers, whatever a trainer would choose: the run is laid out anew,
// in an arena of its own; what it is given is carried there, and what it leaves is carried back.

import type { Coordinator } from '../../dist/main/runtime/platform.js'
import {
  type ArenaLayout,
  type ArenaNeeds,
  type ExamplesLayout,
  type ExamplesNeeds,
  createArena,
  planArena,
} from '../../dist/shared/arena/arena.js'
import { bytesPerElement } from '../../dist/shared/arena/element-types.js'
import { backends } from '../../dist/shared/backends.js'
import { slotCount } from '../../dist/shared/batches/shards.js'
import { needsOfModel } from '../../dist/shared/model/kinds.js'
import type { Arena, Run } from '../../dist/shared/protocol.js'

/** How many workers there are, and how they share the slots of so many shards. */
export type Way = (shards: number) => Pick<ArenaNeeds, 'workers' | 'slots' | 'teamSize'>

/** Each worker takes slots on its own: as few as a trainer would have, or more. */
export const onTheirOwn =
  (workers: number, leastSlots = 1): Way =>
  (shards) => ({
    workers,
    slots: Math.min(shards, Math.max(leastSlots, slotCount(shards, Math.min(workers, shards)))),
    teamSize: 1,
  })

/** So many teams, or one for each shard if they are fewer, each with a slot. */
export const inTeams =
  (teams: number, teamSize: number): Way =>
  (shards) => {
    const slots = Math.min(teams, shards)
    return { workers: slots * teamSize, slots, teamSize }
  }

/** A coordinator whose runs are done that way. */
export function inWay(way: Way, coordinator: Pick<Coordinator, 'run'>): Coordinator['run'] {
  return async (run, arena) => {
    const layout = planArena(needsOf(run, way))
    const { workers } = needsOf(run, way)
    const other = { number: nextNumber++, memory: createArena(layout.bytes) }
    const places = lastingPlaces(run.layout, layout)
    // Outputs too: an epoch may be several runs.
    const outputs = outputPlaces(run, layout)
    for (const place of [...places, ...examplePlaces(run.layout, layout), ...outputs])
      carry(place, arena, other)
    const result = await coordinator.run({ ...run, layout, workers, spins: false }, other)
    for (const { from, to, bytes } of [...places, ...outputs])
      carry({ from: to, to: from, bytes }, other, arena)
    return result
  }
}

/** Beyond those of trainers' own arenas, by which a worker knows what it has open. */
let nextNumber = 1e9

function needsOf(run: Run, way: Way): ArenaNeeds {
  const { layout } = run
  const { dtype, training, validation } = layout
  const shards = 'shards' in run ? run.shards : 1
  const shared = way(shards)
  const trains = run.kind === 'train' || run.kind === 'gradient'
  return {
    model: needsOfModel(run.model),
    kernels: backends[run.backend],
    dtype,
    stateElements: stateElementsOf(layout),
    ...(trains ? shared : { workers: shared.workers, slots: 1, teamSize: 1 }),
    shards,
    batchSize: run.kind === 'train' ? run.batchSize : trains ? training!.count : 0,
    training: examplesNeeds(training),
    validation: examplesNeeds(validation),
    tallyFields: run.tallies.fields,
    gradient: layout.gradient !== undefined,
    timeline: layout.scratch[0]!.timeline !== undefined,
  }
}

function stateElementsOf({ dtype, parameters, versions: [first, second] }: ArenaLayout): number {
  const parameterBytes = parameters.elements * bytesPerElement[dtype]
  return Math.floor((second.header - first.state) / parameterBytes)
}

function examplesNeeds(examples: ExamplesLayout | undefined): ExamplesNeeds | undefined {
  return (
    examples && {
      count: examples.count,
      inputs: examples.inputs.type,
      targets: examples.targets?.type,
      weighted: examples.sampleWeights !== undefined,
      keepsOutputs: examples.outputs !== undefined,
    }
  )
}

interface Place {
  from: number
  to: number
  bytes: number
}

/** Everything from the control words to the records of the epochs. */
function lastingPlaces(from: ArenaLayout, to: ArenaLayout): Place[] {
  if (from.records.tallies !== to.records.tallies)
    throw new Error('a run laid out another way has other versions or records')
  return [{ from: 0, to: 0, bytes: from.records.tallies }]
}

function examplePlaces(from: ArenaLayout, to: ArenaLayout): Place[] {
  return (['training', 'validation'] as const).flatMap((which) =>
    (['inputs', 'targets', 'sampleWeights'] as const).flatMap((part) => {
      const [one, other] = [from[which]?.[part], to[which]?.[part]]
      if (!one) return []
      const bytes = from[which]!.count * one.columns * bytesPerElement[one.type]
      return { from: one.offset, to: other!.offset, bytes }
    }),
  )
}

function outputPlaces({ layout, model }: Run, to: ArenaLayout): Place[] {
  return (['training', 'validation'] as const).flatMap((which) => {
    const kept = layout[which]?.outputs
    if (kept === undefined) return []
    const elements = layout[which]!.count * needsOfModel(model).outputs
    const bytes = elements * bytesPerElement[layout.dtype]
    return { from: kept, to: to[which]!.outputs!, bytes }
  })
}

function carry({ from, to, bytes }: Place, source: Arena, target: Arena): void {
  const taken = new Uint8Array(source.memory.buffer, from, bytes)
  new Uint8Array(target.memory.buffer).set(taken, to)
}
