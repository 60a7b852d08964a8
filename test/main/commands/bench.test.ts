// shardgrad bench.

import { expect, it } from 'vitest'
import type { PhaseShares } from '../../../dist/main/inspect/phases.js'
import { automatic } from '../../machine.js'
import { shardgrad } from '../support.js'

it('--json prints a line for each number of workers', async () => {
  const { code, events } = await shardgrad([
    'bench',
    '--dims',
    '8,16,4',
    '--batch-size',
    '64',
    '--workers',
    '1,2',
    '--json',
  ])
  expect(code).toBe(0)
  expect(events.map(({ workers }) => workers)).toEqual([1, 2])
  expect(events[0]).toMatchObject({
    event: 'bench',
    dims: [8, 16, 4],
    batchSize: 64,
    backend: automatic.small,
    speedup: 1,
    efficiency: 1,
  })
  expect(events[0]).not.toHaveProperty('phases')
  const { microsecondsPerStep, gflops } = events[1] as {
    microsecondsPerStep: number
    gflops: number
  }
  expect((microsecondsPerStep * gflops * 1e3) / ((6 * 192 - 2 * 128) * 64)).toBeCloseTo(1, 6)
})

it('--phases says what the time of a step goes to', async () => {
  const args = ['bench', '--dims', '8,16,4', '--batch-size', '64', '--workers', '2', '--phases']
  const [json, plain] = [await shardgrad([...args, '--json']), await shardgrad(args)]
  const { phases } = json.events[0] as unknown as { phases: PhaseShares }
  expect(Object.keys(phases.microseconds)).toEqual([
    'prepare',
    'gather',
    'forward',
    'backward',
    'gradient',
    'sum',
    'wait',
  ])
  expect(Object.values(phases.microseconds).every((microseconds) => microseconds >= 0)).toBe(true)
  expect(phases.waited).toBeGreaterThanOrEqual(0)
  expect(phases.waited).toBeLessThan(1)
  expect([0, 1]).toContain(phases.straggler.worker)
  expect(plain.err).toMatch(
    /us a step: .*gather [\d.]+ {2}forward .*; waited [\d.]+ %, straggler worker [01] \([\d.]+ % over the mean\)/,
  )
})
