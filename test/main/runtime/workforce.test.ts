import fc from 'fast-check'
import { expect, it } from 'vitest'
import { chooseWorkers } from '../../../dist/main/runtime/workforce.js'

const count = fc.integer({ min: 1, max: 128 })
const microseconds = fc.double({ min: 0, max: 1e7, noNaN: true })

it('auto: at least one worker, a whole number, no more than cores and shards, and never fewer for a longer step', () => {
  fc.assert(
    fc.property(count, count, microseconds, microseconds, (cores, units, shorter, more) => {
      const { workers, reason } = chooseWorkers('auto', cores, units, shorter)
      expect(Number.isInteger(workers)).toBe(true)
      expect(workers).toBeGreaterThanOrEqual(1)
      expect(workers).toBeLessThanOrEqual(Math.min(cores, units))
      expect(chooseWorkers('auto', cores, units, shorter + more).workers).toBeGreaterThanOrEqual(
        workers,
      )
      expect(reason).toMatch(
        workers === cores || workers === units ? /core|shard|not worth/ : /not worth sharing/,
      )
    }),
    { seed: 1 },
  )
})

it('auto: all cores for a step of a second with shards enough, one worker for a step of a microsecond', () => {
  fc.assert(
    fc.property(count, (cores) => {
      expect(chooseWorkers('auto', cores, 128, 1e6).workers).toBe(cores)
      expect(chooseWorkers('auto', cores, 128, 1).workers).toBe(1)
    }),
    { seed: 2 },
  )
})

it('a number asked for is what there is, whatever the cores and the step, but none is without a shard', () => {
  fc.assert(
    fc.property(count, count, count, microseconds, (requested, cores, units, time) => {
      const { workers, reason } = chooseWorkers(requested, cores, units, time)
      expect(workers).toBe(Math.min(requested, units))
      expect(reason).toMatch(
        requested <= units
          ? /as asked for/
          : units === 1
            ? /1 shard\b/
            : new RegExp(`${units} shards`),
      )
    }),
    { seed: 3 },
  )
})

it('for example: no more than cores, shards, and what pays; or as asked for, but not more than shards; with the reason', () => {
  expect(chooseWorkers('auto', 4, 8, 1e6)).toEqual({ workers: 4, reason: 'there are 4 cores' })
  expect(chooseWorkers('auto', 4, 2, 1e6)).toEqual({
    workers: 2,
    reason: 'there are 2 shards to share out',
  })
  expect(chooseWorkers('auto', 4, 8, 3).workers).toBe(1)
  expect(chooseWorkers('auto', 4, 8, 3).reason).toMatch(/3 us, not worth sharing/)
  expect(chooseWorkers(6, 4, 8, 3)).toEqual({ workers: 6, reason: 'as asked for' })
  expect(chooseWorkers(6, 4, 2, 3).workers).toBe(2)
})
