import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TrainerInfo } from '../../../dist/main/index.js'
import { createReporter } from '../../../dist/main/commands/report.js'
import { createStatusLine, fitting, print } from '../../../dist/main/commands/status-line.js'
import { onTerminal, terminalThere } from './terminal.js'

const ERASE = '\r\u001b[J'

describe('what fits', () => {
  it('is as many whole parts as there is room for, of the first at least its beginning', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 200 }),
        (parts, width) => {
          const line = fitting(parts, width)
          expect(line.length).toBeLessThanOrEqual(width)
          const whole = parts.map((_, i) => parts.slice(0, i + 1).join('  '))
          const longest = whole.findLast((candidate) => candidate.length <= width)
          expect(line).toBe(longest ?? parts[0]!.slice(0, width))
        },
      ),
      { seed: 1 },
    )
  })
})

describe('off a terminal', () => {
  let written: string[]
  beforeEach(() => {
    written = []
    vi.useFakeTimers()
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('is a line every ten seconds at least, however often it changes; and none after its end', () => {
    const status = createStatusLine()
    for (let tenth = 0; tenth < 600; tenth++) {
      status.show(`step ${tenth}/600`, 'cost 1')
      vi.advanceTimersByTime(100)
    }
    expect(written.length).toBeGreaterThanOrEqual(6)
    expect(written.length).toBeLessThanOrEqual(7)
    expect(written[0]).toMatch(/^step \d+\/600 {2}cost 1\n$/)
    status.end()
    vi.advanceTimersByTime(60_000)
    expect(written.length).toBeLessThanOrEqual(7)
  })

  it('is silent while other lines come', () => {
    const status = createStatusLine()
    status.show('step 1/2')
    for (let second = 0; second < 60; second += 5) {
      vi.advanceTimersByTime(5000)
      print('epoch')
    }
    expect(new Set(written)).toEqual(new Set(['epoch\n']))
    status.end()
  })

  it('says of a long epoch how many steps are done', () => {
    const info = { parameters: 3, workers: 1, reason: '', backend: 'wasm' } as TrainerInfo
    const reporter = createReporter(false, 15, () => info)
    reporter.progress({ epochs: [], step: 5, steps: 7035 })
    written.length = 0 // what the trainer works with
    vi.advanceTimersByTime(10_000)
    reporter.progress({ epochs: [], step: 9, steps: 7035 })
    vi.advanceTimersByTime(10_000)
    expect(written).toEqual(['epoch 0/15  step 5/7035\n', 'epoch 0/15  step 9/7035\n'])
    reporter.stop()
  })
})

describe.skipIf(!terminalThere)('on a terminal', () => {
  const args = ['train', 'digits', '--backend', 'wasm', '--epochs']
  /** What was on the live line, from one erasure to the next. */
  const liveLines = (output: string): string[] =>
    output.split(ERASE).flatMap((line) => /^[^\r\n]+(?=\r(?!\n))/.exec(line) ?? [])

  for (const columns of [20, 40, 80, 200])
    it(`is one row of ${columns} columns, and gone at the end`, async () => {
      const { code, output } = await onTerminal([...args, '8'], { columns })
      expect(code).toBe(0)
      const lines = liveLines(output)
      expect(lines.filter((line) => /^epoch \d+\/8/.test(line))).not.toEqual([])
      for (const line of lines) expect(line.length).toBeLessThan(columns)
      expect(output.split(ERASE).at(-1)).toMatch(/^trained 8 epochs/)
    })

  it('follows a change of the width', async () => {
    const { output } = await onTerminal([...args, '1000000'], {
      columns: 200,
      plan: [
        { after: 'examples/s', columns: 30 },
        ...Array.from({ length: 20 }, () => ({ after: 'epoch' })), // by then it has heard of it
        { after: 'epoch', send: '\u0003' },
      ],
    })
    const lines = liveLines(output)
    expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(60)
    expect(lines.at(-1)!.length).toBeLessThan(30)
  })

  it('has no color', async () => {
    const environments: Record<string, string>[] = [{}, { NO_COLOR: '1' }, { FORCE_COLOR: '3' }]
    for (const environment of environments)
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      expect((await onTerminal([...args, '3'], { environment })).output).not.toMatch(/\u001b\[\d*m/)
  })

  it.each<Record<string, string>>([{ TERM: 'dumb' }, { CI: 'true' }])(
    'but plain lines with %o',
    async (environment) => {
      const { output } = await onTerminal([...args, '3'], { environment })
      expect(output).not.toContain('\u001b')
      expect(output).toMatch(/^epoch 3\/3 .*examples\/s\r$/m)
    },
  )
})
