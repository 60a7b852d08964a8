// A trace of what every worker did when, as a file.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTrace } from '../../../dist/main/inspect/trace.js'
import { shardgrad } from '../support.js'

const folder = mkdtempSync(join(tmpdir(), 'shardgrad-trace-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Times since 1970 in a double are multiples of 2^-12 ms. */
const CLOCK_STEP = 2 ** -12

interface TraceEvent {
  name: string
  ph: string
  tid: number
  ts: number
  dur: number
  args: { name?: string; step?: number }
}
const readTrace = (file: string): TraceEvent[] =>
  JSON.parse(readFileSync(file, 'utf8')) as TraceEvent[]

describe('a trace', () => {
  it("is an array of Chrome trace events: a name for every worker's track, then microseconds since the first span", () => {
    const file = join(folder, 'made-up.json')
    const trace = createTrace(file)
    trace.add([
      { worker: 1, phase: 'gather', step: 0, start: 5000, milliseconds: 0.25 },
      { worker: 1, phase: 'wait', step: 0, start: 5000.25, milliseconds: 1 },
    ])
    trace.add([])
    trace.add([{ worker: 0, phase: 'sum', step: 7, start: 5000.5, milliseconds: 0 }])
    trace.close()
    expect(readTrace(file)).toEqual([
      { pid: 1, name: 'process_name', ph: 'M', args: { name: 'shardgrad' } },
      { pid: 1, name: 'thread_name', ph: 'M', tid: 1, args: { name: 'worker 1' } },
      { pid: 1, name: 'gather', ph: 'X', tid: 1, ts: 0, dur: 250, args: { step: 1 } },
      { pid: 1, name: 'wait', ph: 'X', tid: 1, ts: 250, dur: 1000, args: { step: 1 } },
      { pid: 1, name: 'thread_name', ph: 'M', tid: 0, args: { name: 'worker 0' } },
      { pid: 1, name: 'sum', ph: 'X', tid: 0, ts: 500, dur: 0, args: { step: 8 } },
    ])
  })

  it('without spans is valid JSON too', () => {
    const file = join(folder, 'empty.json')
    createTrace(file).close()
    expect(readTrace(file)).toHaveLength(1)
  })

  it('train --trace writes one, a track for each worker, and the same parameters come out', async () => {
    const file = join(folder, 'digits.json')
    const args = ['train', 'digits', '--epochs', '2', '--workers', '2', '--json']
    const [traced, plain] = [await shardgrad([...args, '--trace', file]), await shardgrad(args)]
    expect(traced.code).toBe(0)
    expect(traced.events.at(-1)!.parametersHash).toBe(plain.events.at(-1)!.parametersHash)
    const events = readTrace(file)
    expect(
      events
        .filter(({ name }) => name === 'thread_name')
        .map(({ args: { name } }) => name)
        .sort(),
    ).toEqual(['worker 0', 'worker 1'])
    const spans = events.filter(({ ph }) => ph === 'X')
    const steps = 2 * Math.ceil(1617 / 64)
    expect(
      new Set(spans.filter(({ name }) => name === 'sum').map(({ args: { step } }) => step)),
    ).toEqual(new Set(Array.from({ length: steps }, (_, i) => i + 1)))
    for (const worker of [0, 1]) {
      const own = spans.filter(({ tid }) => tid === worker)
      own.forEach(({ ts, dur }, i) => {
        expect(dur).toBeGreaterThanOrEqual(0)
        const next = own[i + 1]
        if (next) expect(ts + dur).toBeLessThanOrEqual(next.ts + 2000 * CLOCK_STEP + 0.01)
      })
    }
  })

  it('of an interrupted or diverged training ends as valid JSON', async () => {
    const [interrupted, diverged] = [
      join(folder, 'interrupted.json'),
      join(folder, 'diverged.json'),
    ]
    expect(
      (
        await shardgrad(
          ['train', 'digits', '--epochs', '1000000', '--json', '--trace', interrupted],
          { interruptAt: '"epoch"' },
        )
      ).code,
    ).toBe(130)
    expect(readTrace(interrupted).length).toBeGreaterThan(1)
    expect(
      (await shardgrad(['train', 'line', '--learning-rate', '1', '--trace', diverged])).code,
    ).toBe(1)
    expect(readTrace(diverged).length).toBeGreaterThanOrEqual(1)
  })

  it("to a file that can't be written fails before training: exit code 2 and the file's name", async () => {
    const { code, out, err } = await shardgrad([
      'train',
      'digits',
      '--trace',
      join(folder, 'no-such-folder', 'trace.json'),
      '--json',
    ])
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toMatch(/no-such-folder/)
  })
})

it('a file that cannot be opened is an error that names the option', () => {
  expect(() => createTrace('/nowhere/at/all.json')).toThrow(
    /^--trace: expected a file that can be written, got '\/nowhere\/at\/all.json' \(ENOENT/,
  )
})
