// Models of files on the disk, and files that can't be read.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { FileError, dense, loadModel } from '../../../../dist/main/index.js'
import { fileOf, numbers, parametersFor } from '../../files/support.js'
import { rejection } from '../../trainer/support.js'

const folder = mkdtempSync(join(tmpdir(), 'shardgrad model '))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

const network = { inputs: 3, layers: [dense(5, 'relu'), dense(2, 'softmax')] }
const bytes = fileOf(network)
writeFileSync(at('a model%20.safetensors'), bytes)

it('a path as text, as a URL, and by a link', async () => {
  const path = at('a model%20.safetensors')
  symlinkSync(path, at('link'))
  for (const file of [path, pathToFileURL(path), at('link')])
    expect((await loadModel(file)).getParameters()).toEqual(parametersFor(network))
})

describe('what cannot be read is said', () => {
  mkdirSync(at('folder'))
  writeFileSync(at('empty'), '')
  writeFileSync(at('half'), bytes.subarray(0, bytes.length / 2))
  writeFileSync(at('locked'), bytes)
  chmodSync(at('locked'), 0o000)
  const cases: [file: string, message: string][] = [
    ['none', 'there is no such file'],
    ['empty/none', 'there is no such file: a part of its path is no directory'],
    ['folder', 'it is a directory'],
    ['empty', 'it is empty'],
    ['half', 'it was cut off'],
    // Whoever is root may read everything.
    ...(process.getuid?.() === 0 ? [] : [['locked', 'permission denied'] as [string, string]]),
  ]
  it.each(cases)('%s', async (name, message) => {
    const error = (await rejection(loadModel(at(name)))) as FileError
    expect(error).toBeInstanceOf(FileError)
    expect(error.file).toBe(at(name))
    expect(error.message).toContain(`${name}: ${message}`)
  })

  it('a path that no file can have, and an address that is no file', async () => {
    for (const [file, message] of [
      ['a\0b', /^a\0b: the system refuses it: /],
      [new URL('http://localhost/model'), /^http:\/\/localhost\/model: the system refuses it: /],
    ] as const) {
      const error = (await rejection(loadModel(file))) as FileError
      expect(error).toBeInstanceOf(FileError)
      expect(error.message).toMatch(message)
    }
  })

  it.skipIf(process.platform === 'win32')(
    'a pipe, without waiting for whoever writes',
    async () => {
      execFileSync('mkfifo', [at('pipe')])
      expect(await rejection(loadModel(at('pipe')))).toEqual(
        new FileError(at('pipe'), 'it is no file, but a device or a pipe'),
      )
    },
  )
})

it('a model of many megabytes loads', async () => {
  const wide = { inputs: 2000, layers: [dense(1500, 'tanh'), dense(2)] }
  const weights = [numbers(3_000_000, 1), numbers(3000, 2)]
  const biases = [numbers(1500, 3), numbers(2, 4)]
  writeFileSync(at('large'), fileOf(wide, { weights, biases }))
  const read = (await loadModel(at('large'))).getParameters()
  const same = [...read.weights, ...read.biases].map((values, i) =>
    Buffer.from(values.buffer).equals(Buffer.from([...weights, ...biases][i]!.buffer)),
  )
  expect(same).toEqual([true, true, true, true])
})
