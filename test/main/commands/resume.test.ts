// `shardgrad train --resume`: goes on told nothing, and refuses what can't be.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readModelFile } from '../../../dist/main/files/node/read-file.js'
import { shardgrad } from '../support.js'

const directory = mkdtempSync(join(tmpdir(), 'shardgrad-resume-'))
afterAll(() => rmSync(directory, { recursive: true }))
const at = (name: string): string => join(directory, `${name}.safetensors`)
const small = ['--layers', '16', '--backend', 'wasm', '--validation', '0.2', '--seed', '4']

/** The last event of a command with --json. */
async function endOf(...args: string[]): Promise<Record<string, unknown>> {
  const { code, err, events } = await shardgrad(['train', ...args, '--json'])
  expect(code, err).toBe(0)
  return events.at(-1)!
}

describe('goes on', () => {
  it('for more epochs, and again, with other workers: the bits of one training', async () => {
    const run = at('run')
    const rate = ['--optimizer', 'adam', '--schedule', 'constant'] // another falls over all epochs
    const whole = await endOf('digits', ...small, ...rate, '--epochs', '9')
    await endOf('digits', ...small, ...rate, '--epochs', '3', '--checkpoint', run)
    const second = await endOf('--resume', run, '--epochs', '9', '--workers', '1')
    expect(second).toMatchObject({ parametersHash: whole.parametersHash, epochs: 9 })
    // It is done, and so is the file: nothing more is to be told, and nothing to be done.
    const third = await endOf('--resume', run)
    expect(third).toMatchObject({ parametersHash: whole.parametersHash, epochs: 9 })
    expect((await readModelFile(run)).metadata).toEqual({ data: 'digits', validation: '0.2' })
  })

  it('and writes the model where --save says, of the best epoch with --patience', async () => {
    const [run, model] = [at('patient'), at('model')]
    const stop = ['--patience', '2', '--epochs', '60', '--learning-rate', '3']
    const end = await endOf('digits', ...small, ...stop, '--checkpoint', run, '--save', model)
    expect(end.saved).toBe(model)
    const again = await endOf('--resume', run)
    expect(again).toMatchObject({ parametersHash: end.parametersHash, bestEpoch: end.bestEpoch })
    const { code, err } = await shardgrad(['train', '--resume', model])
    expect(err).toMatch(/--resume: expected a file of a training that can go on, got .* has ended/)
    expect(code).toBe(2)
  })
})

describe('refuses', () => {
  it.each([
    [['--resume', at('none')], 1, /none.safetensors: there is no such file/],
    [
      ['--resume', at('none'), '--layers', '3'],
      2,
      /--layers: expected nothing of it with --resume/,
    ],
    [['--resume', at('none'), '--no-shuffle'], 2, /--no-shuffle: expected nothing of it/],
    [['digits', '--every', '3'], 2, /--every: expected a --checkpoint that is written so often/],
    [['digits', '--save', ''], 2, /--save: expected the path of a file/],
    [['digits', '--save', join(directory, 'no/x')], 1, /no.x: its directory does not exist/],
  ] as const)('%j', async (args, exitCode, message) => {
    const { code, err, out } = await shardgrad(['train', ...args])
    expect(err).toMatch(message)
    expect([code, out]).toEqual([exitCode, ''])
  })

  it('other data than before', async () => {
    const run = at('other')
    await endOf('xor', '--epochs', '3', '--checkpoint', run)
    const { code, err } = await shardgrad(['train', 'or', '--resume', run])
    expect(err).toMatch(/fit: inputs: expected|fit: examples: expected/)
    expect(code).toBe(2)
    expect(existsSync(run)).toBe(true)
  })
})
