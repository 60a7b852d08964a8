// A training that is killed again and again, at any moment and without warning, and goes on from
// its checkpoint each time: the bits of one that was never interrupted, and no moment without a
// file that can be read. SHARDGRAD_KILLS says how often, SHARDGRAD_SEED when.

import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { readModelFile } from '../../dist/main/files/node/read-file.js'
import { createUniform } from '../../dist/shared/numerics/random.js'

const kills = Number(process.env.SHARDGRAD_KILLS ?? 4)
const uniform = createUniform(Number(process.env.SHARDGRAD_SEED ?? 1), 0)
const program = fileURLToPath(new URL('../fixtures/checkpointing.js', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'shardgrad-killed-'))
const file = join(directory, 'run.safetensors')
afterAll(() => rmSync(directory, { recursive: true }))

/** Runs the program, and kills it so many milliseconds after it is ready to train. */
async function runAndKill(after: number): Promise<'killed' | 'ended'> {
  const child = spawn(process.execPath, [program, file, String(1 + Math.floor(3 * uniform()))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let timer: NodeJS.Timeout | undefined
  child.stdout.once('data', () => {
    timer = setTimeout(() => child.kill('SIGKILL'), after)
  })
  const signal = await new Promise((resolve) => child.once('exit', (_, name) => resolve(name)))
  clearTimeout(timer)
  return signal === 'SIGKILL' ? 'killed' : 'ended'
}

it(`killed ${kills} times, it ends with the bits of a training never interrupted`, async () => {
  const run = promisify(execFile)
  const began = performance.now()
  const { stdout: expected } = await run(process.execPath, [program, '', '2'])
  const whole = performance.now() - began // on a machine as busy as this one is now
  let killed = 0
  let files = 0
  while (killed < kills) {
    if ((await runAndKill(0.8 * whole * uniform())) === 'ended') {
      // It had time to end: that counts as well, and all begins anew.
      const { stdout } = await run(process.execPath, [program, file, '1'])
      expect(stdout).toBe(expected)
      rmSync(file)
    } else killed++
    if (!existsSync(file)) continue
    files++
    const { document } = await readModelFile(file)
    expect(document?.trainer?.training?.history.epoch).toBeDefined()
  }
  expect(files).toBeGreaterThan(0)
  const { stdout } = await run(process.execPath, [program, file, '2'])
  expect(stdout).toBe(expected)
}, 600_000)
