// Files, read whole and replaced at one stroke.

import {
  type FileHandle,
  copyFile,
  link,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FileError } from '../../../shared/errors.js'
import type { FilePiece } from '../platform.js'

/** Bytes that one call reads or writes; the system takes no more than 2 GB. */
const MOST_AT_ONCE = 1 << 30

/**
 * Reads a file.
 *
 * @param path Where it is; a URL is one of `file:`.
 * @returns All of its bytes.
 * @throws {FileError} if there is no such file, or it can't be read.
 */
export async function readWholeFile(path: string | URL): Promise<Uint8Array> {
  const file = String(path)
  return ofFile(file, async () => {
    const status = await stat(path) // before it is opened: opening a pipe waits for a writer
    if (status.isDirectory()) throw new FileError(file, reasons.EISDIR!)
    if (!status.isFile()) throw new FileError(file, NO_FILE)
    await using handle = await open(path, 'r')
    return await readAll(handle, status.size)
  })
}

async function readAll(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size;) {
    const length = Math.min(MOST_AT_ONCE, size - at)
    const { bytesRead } = await handle.read(bytes, at, length, at)
    if (bytesRead === 0) return bytes.subarray(0, at) // it has become shorter
    at += bytesRead
  }
  return bytes
}

/**
 * Puts a file in the place of another, if there is one, at one stroke: written beside it, forced to
 * the disk, renamed, and the renaming forced to the disk too. Whoever reads it finds the old one or
 * the new one, whole, also after a crash. Of a link, the file that it leads to is replaced.
 *
 * @param file Its path.
 * @param pieces What it shall hold.
 * @param keep Where the old one is then found, if there was one.
 * @throws {FileError} if it can't be written; the old one is then still there.
 */
export async function replaceFile(
  file: string,
  pieces: Iterable<FilePiece>,
  keep?: string,
): Promise<void> {
  const place = resolve(file)
  const before = underWay.get(place)
  const work = (async () => {
    await before?.catch(() => undefined)
    await ofFile(file, async () => replace(await targetOf(file), pieces, keep && resolve(keep)))
  })()
  underWay.set(place, work)
  try {
    await work
  } finally {
    if (underWay.get(place) === work) underWay.delete(place)
  }
}

/** What is being written, by path: one after the other, so that the last to come stays. */
const underWay = new Map<string, Promise<void>>()

async function replace(
  file: string,
  pieces: Iterable<FilePiece>,
  keep: string | undefined,
): Promise<void> {
  await withTemporary(file, async (temporary) => {
    await writeThrough(temporary, pieces)
    if (keep !== undefined) await keepAs(file, keep)
    await rename(temporary, file)
    await syncDirectory(dirname(file))
  })
}

/**
 * Whether `replaceFile` can be expected to work: writes an empty file beside it, and removes it.
 *
 * @param file Its path.
 * @throws {FileError} if its directory is missing or can't be written to, or if it is a directory,
 * a device or a pipe.
 */
export async function requireWritable(file: string): Promise<void> {
  await ofFile(file, async () => {
    await withTemporary(await targetOf(file), async (temporary) => writeThrough(temporary, []))
  })
}

/** Where a file really is. @throws {FileError} if something stands there that is none. */
async function targetOf(file: string): Promise<string> {
  const target = await realpath(file).catch(() => resolve(file))
  const found = await stat(target).catch(() => undefined)
  if (found?.isDirectory()) throw new FileError(file, reasons.EISDIR!)
  if (found && !found.isFile()) throw new FileError(file, NO_FILE)
  if (!found && !(await stat(dirname(target)).catch(() => undefined)))
    throw new FileError(file, 'its directory does not exist')
  return target
}

/** What this process is writing, before it is renamed. */
const temporaries = new Set<string>()
let temporariesMade = 0

/** Writes a file that nobody else has, in the same directory, from where it can be renamed. */
async function withTemporary(
  file: string,
  use: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${file}.${process.pid}-${temporariesMade++}.tmp`
  temporaries.add(temporary)
  try {
    await removeLeftovers(file)
    await use(temporary)
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined)
    temporaries.delete(temporary)
  }
}

/** Removes what has been left beside a file by processes that were ended while they wrote it. */
async function removeLeftovers(file: string): Promise<void> {
  const directory = dirname(file)
  const begin = `${basename(file)}.`
  for (const entry of await readdir(directory)) {
    const pid = entry.startsWith(begin) && /^(\d+)-\d+\.tmp$/.exec(entry.slice(begin.length))?.[1]
    const path = join(directory, entry)
    if (pid && !temporaries.has(path) && (Number(pid) === process.pid || !isRunning(Number(pid))))
      await rm(path, { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

/** Writes a file, each piece while the next one is made, and waits until the disk has it. */
async function writeThrough(file: string, pieces: Iterable<FilePiece>): Promise<void> {
  await using handle = await open(file, 'wx') // never through a link, never over what is there
  let writing = Promise.resolve()
  for (const { at, bytes } of pieces) {
    await writing
    writing = writeAll(handle, bytes, at)
    writing.catch(() => undefined) // it is awaited, but not at once
  }
  await writing
  await handle.sync()
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(MOST_AT_ONCE, bytes.length - done)
    done += (await handle.write(bytes, done, length, at + done)).bytesWritten
  }
}

/** Gives a file a second name, at which the one before it is replaced at one stroke too. */
async function keepAs(file: string, keep: string): Promise<void> {
  await withTemporary(keep, async (temporary) => {
    try {
      await link(file, temporary)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return // the first one
      await copyFile(file, temporary) // a file system without links
    }
    await rename(temporary, keep)
  })
}

/** Forces to the disk what has been renamed in a directory, where that can be asked for. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    await using handle = await open(directory, 'r')
    await handle.sync()
  } catch {
    // Windows opens no directories, and needs it not.
  }
}

const NO_FILE = 'it is no file, but a device or a pipe'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'there is no such file: a part of its path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'no space left for this user',
}

/** @throws {FileError} in place of an error of the file system. */
async function ofFile<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const code = codeOf(cause)
    if (cause instanceof FileError || code === undefined) throw cause
    throw new FileError(
      file,
      reasons[code] ?? `the system refuses it: ${(cause as Error).message}`,
      { cause },
    )
  }
}

function codeOf(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : undefined
}
