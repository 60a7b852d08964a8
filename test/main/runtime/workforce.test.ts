// How many workers, and how they share the slots: what holds whatever the model's numbers are.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Job, chooseWorkforce } from '../../../dist/main/runtime/workforce.js'
import { unitsPerShard } from '../../../dist/shared/batches/shards.js'

const RATE = 50_000
const count = fc.integer({ min: 1, max: 64 })
const power = fc.integer({ min: 0, max: 6 }).map((exponent) => 2 ** exponent)

/** A step of a network of one layer: what it has to do follows from its sizes. */
const stepOf = (examples: number, inputs: number, outputs: number, shards: number) =>
  ({
    flops: 4 * examples * inputs * outputs,
    examples,
    inputs,
    outputs,
    training: {
      shards,
      units: shards * unitsPerShard(examples, shards),
      parameters: inputs * outputs,
    },
    blocks: Math.ceil(examples / 256),
  }) satisfies Job
const size = fc.integer({ min: 0, max: 13 }).map((exponent) => 2 ** exponent)
const steps = fc.tuple(size, size, size, power).map((given) => stepOf(...given))
const passes: fc.Arbitrary<Job> = steps.map((job) => ({ ...job, training: undefined }))
const jobs = fc.oneof(steps, passes)

/** No worker is without work: without shards and units, or without a block. */
const mostOf = ({ blocks, training }: Job): number => training?.units ?? blocks

it('auto: at least one worker, a whole number, and no more than cores, or than units or blocks', () => {
  fc.assert(
    fc.property(count, jobs, (cores, job) => {
      const { workers, reason } = chooseWorkforce('auto', cores, job, RATE)
      expect(Number.isInteger(workers)).toBe(true)
      expect(workers).toBeGreaterThanOrEqual(1)
      expect(workers).toBeLessThanOrEqual(Math.min(cores, mostOf(job)))
      expect(reason).toMatch(
        workers === cores
          ? /core/
          : workers === mostOf(job)
            ? /to share out/
            : /about \d+ us, (not worth sharing|and no less with more)/,
      )
    }),
    { seed: 1, numRuns: 500 },
  )
})

it('a number asked for is what there is, whatever the cores and the step, but none is without a unit or a block', () => {
  fc.assert(
    fc.property(count, count, jobs, (requested, cores, job) => {
      const { workers, reason } = chooseWorkforce(requested, cores, job, RATE)
      const most = mostOf(job)
      expect(workers).toBe(Math.min(requested, most))
      const [what, many] = !job.training
        ? ['block of rows', 'blocks of rows']
        : job.training.shards === most
          ? ['shard', 'shards']
          : ['group of rows', 'groups of rows']
      expect(reason).toBe(
        requested <= most
          ? 'as asked for'
          : most === 1
            ? `there is 1 ${what} to share out`
            : `there are ${most} ${many} to share out`,
      )
    }),
    { seed: 2, numRuns: 500 },
  )
})

it('slots are a power of two, up to the shards; teams are equal and of all workers, or each worker is on its own and has a slot to claim', () => {
  let inTeams = 0
  fc.assert(
    fc.property(
      fc.oneof(fc.constant('auto' as const), count),
      count,
      steps,
      (requested, cores, job) => {
        const { slots, teamSize, workers } = chooseWorkforce(requested, cores, job, RATE)
        const { shards } = job.training
        expect(Number.isInteger(Math.log2(slots))).toBe(true)
        expect(slots).toBeLessThanOrEqual(shards)
        if (teamSize > 1) expect(teamSize * slots).toBe(workers)
        else expect(workers).toBeLessThanOrEqual(slots)
        if (workers > shards) expect(teamSize).toBeGreaterThan(1)
        if (teamSize > 1) inTeams++
      },
    ),
    { seed: 3, numRuns: 500 },
  )
  expect(inTeams).toBeGreaterThan(50)
})

it('examples that are only evaluated are claimed by each on its own', () => {
  fc.assert(
    fc.property(count, count, passes, (requested, cores, job) => {
      for (const wanted of ['auto', requested] as const)
        expect(chooseWorkforce(wanted, cores, job, RATE).teamSize).toBe(1)
    }),
    { seed: 4 },
  )
})

it('auto: a tiny step is one worker, a huge one all cores, where units share out evenly, shards or not', () => {
  fc.assert(
    fc.property(power, power, (cores, shards) => {
      const tiny = stepOf(64, 2, 2, shards)
      expect(chooseWorkforce('auto', cores, tiny, RATE).workers).toBe(1)
      const huge = stepOf(64 * 256, 4096, 4096, shards)
      const { reason, workers } = chooseWorkforce('auto', cores, huge, RATE)
      expect([workers, reason]).toEqual([
        cores,
        cores === 1 ? 'there is 1 core' : `there are ${cores} cores`,
      ])
    }),
    { seed: 5 },
  )
})

it('auto: never fewer workers to evaluate more slowly, since there is more to share out', () => {
  // Of a step that isn't so: a slower one may share its units out more evenly among fewer.
  fc.assert(
    fc.property(count, passes, fc.integer({ min: 1, max: 100 }), (cores, job, times) => {
      const [slow, fast] = [RATE, times * RATE].map((rate) =>
        chooseWorkforce('auto', cores, job, rate),
      )
      expect(fast!.workers).toBeLessThanOrEqual(slow!.workers)
    }),
    { seed: 6, numRuns: 500 },
  )
})

it('auto: slots and teams are those of the same number asked for', () => {
  fc.assert(
    fc.property(count, jobs, (cores, job) => {
      const { slots, teamSize, workers } = chooseWorkforce('auto', cores, job, RATE)
      expect(chooseWorkforce(workers, 1, job, RATE)).toMatchObject({ slots, teamSize, workers })
    }),
    { seed: 7 },
  )
})

it('matrices that would not fit are not shared: then no worker is without a shard', () => {
  const vast = { ...stepOf(2 ** 20, 64, 4096, 8), flops: 1e15 }
  for (const requested of ['auto', 32] as const) {
    const { reason, teamSize, workers } = chooseWorkforce(requested, 32, vast, RATE)
    expect({ reason, teamSize, workers }).toEqual({
      reason: 'there are 8 shards to share out',
      teamSize: 1,
      workers: 8,
    })
  }
})

it('for example: with the reason', () => {
  const step = stepOf(128, 1024, 1024, 2)
  expect(chooseWorkforce('auto', 1, step, RATE)).toMatchObject({
    workers: 1,
    teamSize: 1,
    slots: 1,
    reason: 'there is 1 core',
  })
  expect(chooseWorkforce('auto', 4, step, RATE)).toMatchObject({
    workers: 4,
    reason: 'there are 4 cores',
  })
  expect(chooseWorkforce('auto', 64, step, RATE)).toMatchObject({
    workers: 8,
    teamSize: 8,
    slots: 1,
    reason: 'there are 8 groups of rows to share out',
  })
  expect(chooseWorkforce('auto', 64, stepOf(8, 8, 8, 1), RATE)).toMatchObject({
    workers: 1,
    reason: 'there is 1 shard to share out',
  })
})
