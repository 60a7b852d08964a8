// Files in memory, in place of a platform's.

import type { FilePiece, Platform } from '../../dist/main/runtime/platform.js'
import { FileError } from '../../dist/shared/errors.js'

export function memoryFiles(files = new Map<string, Uint8Array>()): Pick<
  Platform,
  'readFile' | 'replaceFile' | 'requireWritable'
> & {
  files: Map<string, Uint8Array>
} {
  return {
    files,
    readFile: async (file) => {
      const bytes = files.get(file)
      if (!bytes) throw new FileError(file, 'there is no such file or directory')
      return Promise.resolve(bytes)
    },
    replaceFile: async (file, pieces, keep) => {
      const before = files.get(file)
      if (keep !== undefined && before) files.set(keep, before)
      files.set(file, joinPieces(pieces))
      return Promise.resolve()
    },
    requireWritable: async () => Promise.resolve(),
  }
}

/** A file from its pieces. */
export function joinPieces(pieces: Iterable<FilePiece>): Uint8Array<ArrayBuffer> {
  const parts = Array.from(pieces, ({ at, bytes }) => ({ at, bytes: bytes.slice() }))
  const file = new Uint8Array(Math.max(...parts.map(({ at, bytes }) => at + bytes.length)))
  for (const { at, bytes } of parts) file.set(bytes, at)
  return file
}
