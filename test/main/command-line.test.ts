import { describe, expect, it } from 'vitest'
import type { PhaseShares } from '../../dist/main/phases.js'
import { automatic } from '../machine.js'
import { shardgrad } from './support.js'

describe('train', () => {
  it('--json prints start, one line an epoch, and end, and nothing else', async () => {
    const { code, out, events } = await shardgrad(['train', 'digits', '--epochs', '3', '--workers', '2', '--json'])
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(events.length)
    expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'epoch', 'end'])
    expect(events[0]).toMatchObject({ workers: 2, shards: 4, backend: automatic.large, parameters: 26_122 })
    expect(events[3]).toEqual({
      event: 'epoch', epoch: 3, cost: expect.any(Number), accuracy: expect.any(Number), validationCost: expect.any(Number),
      validationAccuracy: expect.any(Number), learningRate: 0.5, examplesPerSecond: expect.any(Number),
    })
    expect(events[4]).toMatchObject({ parametersHash: expect.stringMatching(/^[0-9a-f]{64}$/), seconds: expect.any(Number) })
  })

  it('without a terminal prints plain lines to standard error, ten of the epochs', async () => {
    const { code, out, err } = await shardgrad(['train', 'digits', '--epochs', '20'])
    expect(code).toBe(0)
    expect(out).toBe('')
    expect(err.match(/^epoch \d+\/20 .*examples\/s$/gm)).toHaveLength(10)
    expect(err).toMatch(/^held-out accuracy \d+\.\d %$/m)
    expect(err).not.toContain('\u001b')
  })

  it('every built-in table trains with its own recipe, and learns', async () => {
    for (const table of ['or', 'and', 'xor', 'xor-cross', 'line', 'hidden']) {
      const { code, events } = await shardgrad(['train', table, '--json'])
      expect(code).toBe(0)
      expect(events[1]!.cost).toBeGreaterThan(10 * (events.at(-1)!.cost as number))
    }
  })

  it('an interrupt stops it: exit code 130', async () => {
    const { code } = await shardgrad(['train', 'digits', '--epochs', '1000000', '--json'], { interruptAt: '"epoch"' })
    expect(code).toBe(130)
  })

  it('divergence says so: exit code 1', async () => {
    const { code, err } = await shardgrad(['train', 'line', '--learning-rate', '1'])
    expect(code).toBe(1)
    expect(err).toMatch(/training diverged: in epoch \d+, step 1 the cost or the parameters were no longer finite; the last finite cost was/)
  })
})

describe('wrong usage: exit code 2 and what was expected', () => {
  const wrong: [string[], RegExp][] = [
    [[], /Usage: shardgrad/],
    [['train'], /missing required argument 'data'/],
    [['train', 'faces'], /data: expected one of digits, .*, got 'faces'/],
    [['train', 'digits', '--layers', '12,x'], /--layers.*whole number/],
    [['train', 'digits', '--backend', 'gpu'], /Allowed choices are auto, native, wasm-relaxed, wasm, reference/],
    [['train', 'digits', '--shards', '3'], /shards: expected 'auto' or a power of two/],
    [['train', 'digits', '--validation', '1'], /--validation: expected a share/],
    [['train', 'digits', '--output', 'relu'], /activation: expected softmax, which the loss categoricalCrossEntropy is defined with, got 'relu'/],
    [['train', 'digits', '--learning-rate', '-1'], /learningRate: expected a number above 0, got -1/],
    [['train', 'digits', '--momentum', '0.9'], /unknown option '--momentum'/],
    [['bench', '--dims', '8'], /--dims: expected at least two widths/],
  ]
  for (const [args, message] of wrong) {
    it(`shardgrad ${args.join(' ')}`, async () => {
      const { code, err, out } = await shardgrad(args)
      expect(code).toBe(2)
      expect(err).toMatch(message)
      expect(out).toBe('')
    })
  }
})

it('bench --json prints a line for each number of workers', async () => {
  const { code, events } = await shardgrad(['bench', '--dims', '8,16,4', '--batch-size', '64', '--workers', '1,2', '--json'])
  expect(code).toBe(0)
  expect(events.map(({ workers }) => workers)).toEqual([1, 2])
  expect(events[0]).toMatchObject({ event: 'bench', dims: [8, 16, 4], batchSize: 64, backend: automatic.small, speedup: 1, efficiency: 1 })
  expect(events[0]).not.toHaveProperty('phases')
  const { microsecondsPerStep, gflops } = events[1] as { microsecondsPerStep: number; gflops: number }
  expect((microsecondsPerStep * gflops * 1e3) / ((6 * 192 - 2 * 128) * 64)).toBeCloseTo(1, 6)
})

it('bench --phases says what the time of a step goes to', async () => {
  const args = ['bench', '--dims', '8,16,4', '--batch-size', '64', '--workers', '2', '--phases']
  const [json, plain] = [await shardgrad([...args, '--json']), await shardgrad(args)]
  const { phases } = json.events[0] as unknown as { phases: PhaseShares }
  expect(Object.keys(phases.microseconds)).toEqual(['prepare', 'gather', 'forward', 'backward', 'sum', 'wait'])
  expect(Object.values(phases.microseconds).every((microseconds) => microseconds >= 0)).toBe(true)
  expect(phases.waited).toBeGreaterThanOrEqual(0)
  expect(phases.waited).toBeLessThan(1)
  expect([0, 1]).toContain(phases.straggler.worker)
  expect(plain.err).toMatch(/us a step: .*gather [\d.]+ {2}forward .*; waited [\d.]+ %, straggler worker [01] \([\d.]+ % over the mean\)/)
})

it('info --json names cores, SIMD and backends', async () => {
  const { code, events } = await shardgrad(['info', '--json'])
  expect(code).toBe(0)
  expect(events[0]).toMatchObject({ event: 'info', cores: expect.any(Number), simd: true })
})
