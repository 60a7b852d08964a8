// How commands end before they are done: by a signal, or because nobody reads what they write.

import { mkdtempSync, openSync, readFileSync, rmSync, existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { onTerminal, terminalThere } from './terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'shardgrad-'))
afterAll(() => rmSync(folder, { recursive: true }))

const commands = new URL('../../../dist/main/commands/', import.meta.url)
const script = (name: string): string => fileURLToPath(new URL(name, commands))

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  err: string
}

type Output = 'out' | 'err'

/**
 * Runs a command. The reader of `leaves` goes after the first that it reads there; `full` is a full
 * disk; `kill` is sent once `after`, or else anything, has been written.
 */
async function run(
  args: string[],
  {
    leaves = [],
    full,
    kill,
    after = '',
  }: { leaves?: Output[]; full?: Output; kill?: NodeJS.Signals; after?: string } = {},
): Promise<Ended> {
  const disk = full && openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [script('command-line.js'), ...args], {
    stdio: ['ignore', full === 'out' ? disk : 'pipe', full === 'err' ? disk : 'pipe'],
  })
  const written = { out: '', err: '' }
  let killed = false
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
      if (leaves.includes(name)) stream.destroy()
      if (!kill || killed || !written[name].includes(after)) return
      child.kill(kill)
      killed = true
    })
  }
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...written }))
  })
}

const forEver = ['train', 'digits', '--epochs', '1000000', '--backend', 'wasm']

describe('nobody reads on: a quiet end, as by SIGPIPE, and no more work', () => {
  const cases: [string[], Output[]][] = [
    [[...forEver, '--json'], ['out']],
    [['train', 'digits', '--epochs', '200', '--backend', 'wasm'], ['err']],
    [['rates', 'line', '--rates', '0.1,0.1,0.1,0.1,0.1,0.1', '--json'], ['out']],
    [['explain', 'xor', '--steps', '5000'], ['out']],
    [['explain', 'xor', '--steps', '5000', '--json'], ['out']],
  ]
  for (const [args, leaves] of cases)
    it(`${args.join(' ')}: ${leaves.join(' and ')}`, async () => {
      const { code, err, out } = await run(args, { leaves })
      expect(err + out).not.toMatch(/^ {4}at |Error:/m)
      if (!leaves.includes('err')) expect(err).toBe('')
      expect(code).toBe(141)
    })
})

describe.skipIf(!existsSync('/dev/full'))('a full disk: one clear line, and exit code 1', () => {
  const cases = [[...forEver, '--json'], ['explain', 'or'], ['info', '--json'], ['--help']]
  for (const args of cases)
    it(args.join(' '), async () => {
      const { code, err } = await run(args, { full: 'out' })
      expect(err).toBe('shardgrad: standard output: ENOSPC: no space left on device, write\n')
      expect(code).toBe(1)
    })

  it('of standard error: no line, but the exit code', async () =>
    expect(await run(forEver, { full: 'err' })).toEqual({
      code: 1,
      signal: null,
      out: '',
      err: '',
    }))

  it('of a trace: its name', async () => {
    const { code, err } = await run([...forEver, '--json', '--trace', '/dev/full'])
    expect(err).toBe('shardgrad: --trace /dev/full: ENOSPC: no space left on device, write\n')
    expect(code).toBe(1)
  })
})

describe('a signal ends a command in order', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    it(`${signal}: exit code ${code}, a trace that is JSON`, async () => {
      const trace = join(folder, `${signal}.json`)
      const ended = await run([...forEver, '--trace', trace], { kill: signal })
      expect(ended).toMatchObject({ code, signal: null, out: '' })
      expect(ended.err).toMatch(/^stopped (after epoch \d+|in the first epoch)\n/m)
      expect(JSON.parse(readFileSync(trace, 'utf8'))).toBeInstanceOf(Array)
    })

  it('a picture of the epochs so far', async () => {
    const plot = join(folder, 'train.svg')
    const { code } = await run([...forEver, '--json', '--plot', plot], {
      kill: 'SIGINT',
      after: '"event":"epoch"',
    })
    expect(code).toBe(130)
    expect(readFileSync(plot, 'utf8')).toContain('Cost')
  })

  it('rates: a picture of the rates so far', async () => {
    const plot = join(folder, 'rates.svg')
    const { code } = await run(
      ['rates', 'line', '--rates', '0.01,0.1', '--epochs', '100000', '--json', '--plot', plot],
      { kill: 'SIGINT' },
    )
    // The first rate is done when it is said: nothing before could have been interrupted.
    expect(code).toBe(130)
    expect(readFileSync(plot, 'utf8')).toContain('rate 0.01')
  })
})

describe.skipIf(!terminalThere)('Ctrl-C on a terminal: exit code 130', () => {
  const ctrlC = '\u0003'
  const commandLine: [name: string, args: string[], sign: string][] = [
    ['train, as its threads start', forEver, 'backend wasm'],
    ['train', forEver, 'epoch 1'],
    ['train --json', [...forEver, '--json'], '"epoch"'],
    ['rates', ['rates', 'digits', '--epochs', '1000000', '--backend', 'wasm'], 'epoch 1'],
    [
      'rates --find',
      ['rates', 'digits', '--find', '--epochs', '1000000', '--backend', 'wasm'],
      'searching',
    ],
    ['check', ['check', 'digits', '--layers', '128,128'], 'checking'],
    ['explain', ['explain', 'xor', '--steps', '1000000'], 'Step 2'],
    ['bench', ['bench', '--backend', 'wasm'], 'starting'],
  ]
  const cases = [
    ...commandLine.map(([name, args, sign]) => ({ name, args, sign, script: 'command-line.js' })),
    { name: 'npm start', args: [], sign: 'starting', script: 'demonstration.js' },
  ]
  for (const { name, args, sign, script } of cases)
    it(name, async () => {
      const plan = [{ after: sign, send: ctrlC }]
      const { code, signal, output, planLeft } = await onTerminal(args, { plan, script })
      expect({ code, signal, planLeft }).toEqual({ code: 130, signal: null, planLeft: 0 })
      expect(output).not.toMatch(/^ {4}at |Error/m)
      expect(output, 'the cursor is hidden').not.toContain('\u001b[?25l')
    })

  it('twice: the second ends it at once, by the signal', async () => {
    // Steps of many seconds, of which the first would let one end.
    const slow = ['--layers', '3000,3000', '--batch-size', 'all', '--backend', 'reference']
    const { signal, planLeft } = await onTerminal(['train', 'digits', ...slow], {
      plan: [
        { after: 'starting', send: ctrlC },
        { after: 'Ctrl-C again', send: ctrlC },
      ],
    })
    expect({ signal, planLeft }).toEqual({ signal: 'SIGINT', planLeft: 0 })
  })
})
