// Files replaced at one stroke.

import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  readWholeFile,
  replaceFile,
  requireWritable,
} from '../../../../dist/main/runtime/node/files.js'
import type { FilePiece } from '../../../../dist/main/runtime/platform.js'
import { FileError } from '../../../../dist/shared/errors.js'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shardgrad-files-'))
})
afterAll(async () => rm(directory, { recursive: true }))

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const pieces = (...values: number[]): FilePiece[] => [{ at: 0, bytes: bytes(...values) }]

const zeros = (count: number): FilePiece[] => [{ at: 0, bytes: new Uint8Array(count) }]

describe('replaceFile', () => {
  it('puts pieces where they belong, in any order', async () => {
    const file = join(directory, 'pieces')
    await replaceFile(file, [
      { at: 2, bytes: bytes(3, 4) },
      { at: 0, bytes: bytes(1, 2) },
    ])
    expect(await readWholeFile(file)).toEqual(bytes(1, 2, 3, 4))
    await rm(file)
  })

  it('writes a file, replaces it, and keeps the one before under another name', async () => {
    const [file, keep] = [join(directory, 'run'), join(directory, 'run.previous')]
    await replaceFile(file, pieces(1), keep)
    expect(await readdir(directory)).toEqual(['run'])
    await replaceFile(file, pieces(2, 2), keep)
    await replaceFile(file, pieces(3, 3, 3), keep)
    expect(await readWholeFile(file)).toEqual(bytes(3, 3, 3))
    expect(await readWholeFile(keep)).toEqual(bytes(2, 2))
    expect((await readdir(directory)).sort()).toEqual(['run', 'run.previous'])
  })

  it('leaves what a link shares with the old file as it was', async () => {
    const [file, other] = [join(directory, 'linked'), join(directory, 'other')]
    await writeFile(file, 'old')
    await link(file, other)
    await replaceFile(file, pieces(110, 101, 119))
    expect(await readFile(other, 'utf8')).toBe('old')
    expect(await readFile(file, 'utf8')).toBe('new')
  })

  it('a directory that is missing, or stands in its place: one clear error, nothing left', async () => {
    const missing = join(directory, 'missing', 'run')
    await expect(replaceFile(missing, pieces(1))).rejects.toThrow(
      new FileError(missing, 'its directory does not exist'),
    )
    await expect(requireWritable(missing)).rejects.toThrow(FileError)
    const taken = join(directory, 'taken')
    await mkdir(taken)
    await expect(replaceFile(taken, pieces(1))).rejects.toThrow(FileError)
    await expect(requireWritable(taken)).rejects.toThrow(new FileError(taken, 'it is a directory'))
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

/** A file system of 64 kB; undefined where none may be mounted. */
function mountSmallDisk(): string | undefined {
  const place = join(tmpdir(), `shardgrad-disk-${process.pid}`)
  try {
    execFileSync('mkdir', ['-p', place])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'ignore' })
    return place
  } catch {
    return undefined
  }
}
const disk = mountSmallDisk()
afterAll(() => disk !== undefined && void execFileSync('umount', [disk]))

it.skipIf(disk === undefined)(
  'a full disk: the old file stays, and room is not wasted',
  async () => {
    const file = join(disk!, 'run')
    await replaceFile(file, zeros(20_000))
    await expect(replaceFile(file, zeros(100_000))).rejects.toThrow(
      new FileError(file, 'no space left on the device'),
    )
    expect(await readdir(disk!)).toEqual(['run'])
    expect((await stat(file)).size).toBe(20_000)
    await replaceFile(file, zeros(30_000))
  },
)

it('what a killed process has left is removed, what another is writing is not', async () => {
  const file = join(directory, 'leftovers')
  const [dead, own, alive] = [
    `${file}.999999999-1.tmp`,
    `${file}.${process.pid}-x.tmp`,
    `${file}.1-7.tmp`,
  ]
  for (const name of [dead, own, alive]) await writeFile(name, 'x')
  await replaceFile(file, pieces(1))
  const left = (await readdir(directory)).filter((name) => name.startsWith('leftovers'))
  expect(left.sort()).toEqual([file, own, alive].map((path) => basename(path)).sort())
})

it('writes to one file come one after the other, and leave the last', async () => {
  const file = join(directory, 'storm')
  const writes = Array.from({ length: 50 }, async (_, i) => replaceFile(file, pieces(i, i)))
  await Promise.all(writes)
  expect(await readWholeFile(file)).toEqual(bytes(49, 49))
})

it('of a link, the file that it leads to is replaced; a device is refused', async () => {
  const [file, name] = [join(directory, 'real'), join(directory, 'name')]
  await writeFile(file, 'x')
  await symlink(file, name)
  await replaceFile(name, pieces(7))
  expect(await readWholeFile(file)).toEqual(bytes(7))
  expect((await lstat(name)).isSymbolicLink()).toBe(true)
  const refusal = 'it is no file, but a device or a pipe'
  await expect(replaceFile('/dev/null', pieces(1))).rejects.toThrow(refusal)
  await expect(requireWritable('/dev/null')).rejects.toThrow(refusal)
  await expect(requireWritable(join(directory, 'x'.repeat(252)))).rejects.toThrow(FileError)
})

describe('readWholeFile', () => {
  it.each([
    ['a missing file', 'none', 'there is no such file or directory'],
    ['a directory', '.', 'it is a directory'],
    [
      'part of a path that is no directory',
      'run/x',
      'there is no such file: a part of its path is no directory',
    ],
  ])('%s: one clear error', async (_, name, reason) => {
    await writeFile(join(directory, 'run'), 'x')
    const file = join(directory, name)
    await expect(readWholeFile(file)).rejects.toThrow(new FileError(file, reason))
  })

  it('a pipe that nobody writes to keeps nobody waiting', async () => {
    const pipe = join(directory, 'pipe')
    execFileSync('mkfifo', [pipe])
    await expect(readWholeFile(pipe)).rejects.toThrow(
      new FileError(pipe, 'it is no file, but a device or a pipe'),
    )
  })
})

it('a path from the working directory: two at once leave each other alone', async () => {
  const before = process.cwd()
  process.chdir(directory)
  try {
    const writes = Array.from({ length: 20 }, async (_, i) => {
      await replaceFile('./here', pieces(i), './here.previous')
      await requireWritable('here')
    })
    await Promise.all(writes)
    expect(await readWholeFile('here')).toEqual(bytes(19))
    expect((await readdir('.')).filter((name) => /^here\..*tmp$/.test(name))).toEqual([])
  } finally {
    process.chdir(before)
  }
})
