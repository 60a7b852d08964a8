// Reads a model file from the disk.

import { readWholeFile } from '../../runtime/node/files.js'
import { createHash, rest } from '../../runtime/node/hashing.js'
import { type ModelFile, decodeModelFile } from '../model-file.js'
import { digestInSlices } from '../sha256.js'

/**
 * Reads a model file.
 *
 * @param path Where it is; a URL is one of `file:`.
 * @returns What it says and holds.
 * @throws {FileError} if it can't be read, is no model file, was cut off or damaged, or is of a
 * later version.
 */
export async function readModelFile(path: string | URL): Promise<ModelFile> {
  const bytes = await readWholeFile(path)
  return decodeModelFile(String(path), bytes, digestInSlices({ createHash, rest }))
}
