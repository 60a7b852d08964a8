// The command line as a process of its own.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How the command line ended, what it printed, and its JSON lines. */
export interface Run {
  code: number | null
  out: string
  err: string
  events: Record<string, unknown>[]
}

/** What it runs. */
export const script = fileURLToPath(
  new URL('../../dist/main/commands/command-line.js', import.meta.url),
)

/**
 * Runs shardgrad; `interruptAt` sends SIGINT once standard output or error holds that text.
 * `environment` is added to this process's; `folder` is where it runs; `input` is its standard
 * input.
 */
export async function shardgrad(
  args: string[],
  {
    interruptAt,
    environment,
    folder,
    input = '',
  }: {
    interruptAt?: string
    environment?: Record<string, string>
    folder?: string
    input?: string
  } = {},
): Promise<Run> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...environment },
    cwd: folder,
  })
  child.stdin.on('error', () => undefined) // it may end before it has read all
  child.stdin.end(input)
  let [out, err] = ['', '']
  let interrupted = false // a second signal would end the process at once, as it should
  const heard = (): void => {
    if (interruptAt === undefined || interrupted || !(out + err).includes(interruptAt)) return
    interrupted = true
    child.kill('SIGINT')
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    heard()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    heard()
  })
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve))
  const events = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { code, out, err, events }
}
