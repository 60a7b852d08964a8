// Chooses for a job how many workers there are, and how many of them share a slot. Neither changes
// a bit. It compares what a step would take, by a model whose few numbers were measured
// (docs/performance.md): too many workers make a small job slower, since they have to meet.

import { slotCount, unitsPerClaim } from '../../shared/batches/shards.js'

/** What the second worker adds to a meeting, and what each one more, in microseconds. */
const MICROSECONDS_TO_MEET = { second: 2, more: 0.5 }

/**
 * What an output of a layer takes beside its part of the products: bias, activation, derivative.
 */
const MICROSECONDS_AN_OUTPUT = 0.002

/** Bytes that a worker brings in from the other cores in a microsecond. */
const BYTES_PER_MICROSECOND = 17_000

/** What the matrices that workers share may take, in bytes. */
const MOST_SHARED_BYTES = 2 ** 30

/** A step, or a pass over examples: what there is to do. */
export interface Job {
  /** Floating-point operations. */
  flops: number
  /** Examples, and for each its inputs and the outputs of all layers. */
  examples: number
  inputs: number
  outputs: number
  /** Of a step that trains; otherwise the examples go forward alone, in blocks. */
  training?: {
    shards: number
    /** Units of the batch. */
    units: number
    /** Numbers that are trained. */
    parameters: number
  }
  /** Blocks to evaluate, if nothing is trained. */
  blocks: number
}

export interface Workforce {
  workers: number
  /** Slots, and workers that share each. */
  slots: number
  teamSize: number
  /** Why so many, in words. */
  reason: string
}

/** A way to do a job, and what a step would take. */
export interface Way extends Omit<Workforce, 'reason'> {
  /** Bytes that each worker brings in from the others' caches. */
  bytes: number
  meetings: number
  microseconds: number
}

/**
 * @param requested How many workers the caller asked for.
 * @param cores Cores there are.
 * @param flopsPerMicrosecond What one worker computes.
 */
export function chooseWorkforce(
  requested: number | 'auto',
  cores: number,
  job: Job,
  flopsPerMicrosecond: number,
): Workforce {
  const alone = estimateMicroseconds(job, flopsPerMicrosecond)
  const units = mostWorkers(job)
  if (requested !== 'auto') {
    const workers = Math.min(requested, units)
    const reason = workers === requested ? 'as asked for' : describeUnits(job, units)
    return workforceOf(quickestWay(workers, job, alone), reason)
  }
  const most = Math.min(cores, units)
  const best = quickest(Array.from({ length: most }, (_, i) => quickestWay(i + 1, job, alone)))
  return workforceOf(best, reasonFor(best, cores, units, job, alone))
}

function workforceOf({ workers, slots, teamSize }: Way, reason: string): Workforce {
  return { workers, slots, teamSize, reason }
}

/** What a pass takes one worker, roughly. */
export function estimateMicroseconds(
  { flops, examples, outputs }: Job,
  flopsPerMicrosecond: number,
): number {
  return flops / flopsPerMicrosecond + examples * outputs * MICROSECONDS_AN_OUTPUT
}

/** No worker is without a shard, a unit or a block. */
function mostWorkers({ training, blocks, ...job }: Job): number {
  if (!training) return blocks
  return mayShareSlots(job) ? Math.max(training.shards, training.units) : training.shards
}

/** Workers that share slots need what is computed on the way for all examples, and its gradient. */
function mayShareSlots({ examples, inputs, outputs }: Omit<Job, 'training' | 'blocks'>): boolean {
  return examples * (4 * inputs + 8 * outputs) <= MOST_SHARED_BYTES
}

/**
 * The quickest way for so many workers.
 * @param alone Microseconds that one worker computes.
 */
export function quickestWay(workers: number, job: Job, alone: number): Way {
  const { blocks, training } = job
  if (!training) {
    const way = { workers, slots: 1, teamSize: 1 }
    return taking(way, (alone * Math.ceil(blocks / workers)) / blocks, 0, 1)
  }
  const ways: Way[] = []
  if (workers <= training.shards) ways.push(eachOnItsOwn(workers, training, alone))
  if (mayShareSlots(job)) {
    for (let slots = 1; slots < workers && slots <= training.shards; slots *= 2) {
      if (workers % slots === 0) ways.push(together(workers, slots, job, training, alone))
    }
  }
  return quickest(ways)
}

function quickest(ways: readonly Way[]): Way {
  return ways.reduce((best, way) => (way.microseconds < best.microseconds ? way : best))
}

/** Every worker takes whole slots. */
function eachOnItsOwn(
  workers: number,
  { shards, parameters }: NonNullable<Job['training']>,
  alone: number,
): Way {
  const slots = slotCount(shards, workers)
  const computing = (alone * Math.ceil(slots / workers)) / slots
  const way = { workers, slots, teamSize: 1 }
  return taking(way, computing, (4 * slots * parameters) / workers, 2)
}

/** Workers take units row by row, and then each its part of a slot's gradient. */
function together(
  workers: number,
  slots: number,
  { flops, examples, inputs, outputs }: Job,
  { shards, units, parameters }: NonNullable<Job['training']>,
  alone: number,
): Way {
  const teamSize = workers / slots
  const gradients = alone * Math.min(1, (2 * parameters * examples) / flops)
  const perClaim = unitsPerClaim(examples, shards, workers)
  const claims = units / perClaim
  const rows = ((alone - gradients) * Math.ceil(claims / workers)) / claims
  // Read: some columns of what came in, and all of what goes back. Written: its own rows of both,
  // which others have read in the step before.
  const read = (examples * (inputs / teamSize + outputs)) / slots
  const written = (examples * (inputs + 2 * outputs)) / workers
  const sum = slots === 1 ? 0 : (4 * slots * parameters) / workers
  const way = { workers, slots, teamSize }
  const bytes = 4 * (read + written) + sum
  return taking(way, rows + gradients / workers, bytes, slots === 1 ? 2 : 3)
}

/** @param computing Microseconds of the busiest worker. */
function taking(
  way: Omit<Workforce, 'reason'>,
  computing: number,
  bytes: number,
  meetings: number,
): Way {
  if (way.workers === 1) return { ...way, bytes: 0, meetings, microseconds: computing }
  const { second, more } = MICROSECONDS_TO_MEET
  const meeting = second + more * (way.workers - 2)
  const microseconds = computing + bytes / BYTES_PER_MICROSECOND + meetings * meeting
  return { ...way, bytes, meetings, microseconds }
}

function reasonFor(
  { workers, microseconds }: Way,
  cores: number,
  units: number,
  job: Job,
  alone: number,
): string {
  if (workers === cores) return cores === 1 ? 'there is 1 core' : `there are ${cores} cores`
  if (workers === units) return describeUnits(job, units)
  const what = job.training ? 'a step' : 'a pass'
  const rounded = (time: number): number => Math.max(1, Math.round(time))
  return workers === 1
    ? `${what} takes one worker about ${rounded(alone)} us, not worth sharing`
    : `${what} takes about ${rounded(microseconds)} us, and no less with more`
}

function describeUnits({ training }: Job, count: number): string {
  const [one, many] = !training
    ? ['block of rows', 'blocks of rows']
    : count === training.shards
      ? ['shard', 'shards']
      : ['group of rows', 'groups of rows']
  return count === 1 ? `there is 1 ${one} to share out` : `there are ${count} ${many} to share out`
}
