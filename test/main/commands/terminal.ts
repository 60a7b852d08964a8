// The command line on a pseudo terminal (by Python's pty module).

import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const fixture = fileURLToPath(new URL('../../fixtures/terminal.py', import.meta.url))
const commands = new URL('../../../dist/main/commands/', import.meta.url)

/** Whether there is a Python here with a pty module; without one these tests are skipped. */
export const terminalThere = spawnSync('python3', ['-c', 'import pty']).status === 0

/** What is done to the command: once `after` has been written, or after `seconds`. */
export type PlanStep = ({ after: string } | { seconds: number }) & {
  /** Typed; \u0003 is Ctrl-C. */
  send?: string
  /** Sent to the command alone. */
  signal?: NodeJS.Signals
  /** The terminal's width from now on. */
  columns?: number
}

export interface TerminalRun {
  /** All that was written, control sequences included. */
  output: string
  code: number | null
  signal: NodeJS.Signals | null
  /** Steps of the plan that never had their turn. */
  planLeft: number
}

/** Runs a script of the command line on a terminal of so many columns. */
export async function onTerminal(
  args: string[],
  {
    columns = 80,
    plan = [],
    environment = {},
    script = 'command-line.js',
  }: {
    columns?: number
    plan?: PlanStep[]
    environment?: Record<string, string>
    script?: string
  } = {},
): Promise<TerminalRun> {
  const command = [process.execPath, fileURLToPath(new URL(script, commands)), ...args]
  const inherited = Object.entries(process.env).filter(
    ([name]) => !['CI', 'NO_COLOR', 'FORCE_COLOR'].includes(name),
  )
  const { stdout } = await promisify(execFile)(
    'python3',
    [fixture, JSON.stringify({ command, columns, plan })],
    {
      env: { ...Object.fromEntries(inherited), TERM: 'xterm-256color', ...environment },
      maxBuffer: 2 ** 26,
    },
  )
  return JSON.parse(stdout) as TerminalRun
}
