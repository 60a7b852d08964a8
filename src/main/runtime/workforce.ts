// Chooses the number of workers for a job. Too many make a small job slower, since each step costs
// two meetings.

import type { ModelWork } from '../../shared/model/shape.js'

/**
 * What one more worker must have to do in a step to pay for the meetings, in microseconds; see
 * bench/synchronization.ts.
 */
const MICROSECONDS_WORTH_SHARING = 6

/**
 * What an output of a layer takes beside its part of the products: bias, activation, derivative.
 */
const MICROSECONDS_AN_OUTPUT = 0.002

/** What a pass over `examples` takes one worker, roughly, in microseconds. */
export function estimateMicroseconds(
  { flops, outputs }: ModelWork,
  examples: number,
  flopsPerMicrosecond: number,
): number {
  return examples * (flops / flopsPerMicrosecond + outputs * MICROSECONDS_AN_OUTPUT)
}

export interface Workforce {
  workers: number
  /** Why so many, in words. */
  reason: string
}

/**
 * @param requested What the caller asked for.
 * @param cores Cores there are.
 * @param units Shards, or blocks, that can be claimed; no worker is without one.
 * @param microseconds What a step takes one worker, roughly.
 */
export function chooseWorkers(
  requested: number | 'auto',
  cores: number,
  units: number,
  microseconds: number,
): Workforce {
  const worth = Math.max(1, Math.floor(microseconds / MICROSECONDS_WORTH_SHARING))
  const limits: [number, string][] = [
    [units, `there ${units === 1 ? 'is 1 shard' : `are ${units} shards`} to share out`],
  ]
  if (requested === 'auto') {
    limits.unshift([cores, `there ${cores === 1 ? 'is 1 core' : `are ${cores} cores`}`])
    limits.push([
      worth,
      `a step takes one worker about ${Math.max(1, Math.round(microseconds))} us, not worth sharing further`,
    ])
  } else {
    limits.unshift([requested, 'as asked for'])
  }
  const [workers, reason] = limits.reduce((least, limit) => (limit[0] < least[0] ? limit : least))
  return { workers, reason }
}
