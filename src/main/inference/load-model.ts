// `loadModel` wherever WebAssembly runs, without Node: of bytes, or of an address.

import { FileError, InputError, messageOf, show } from '../../shared/errors.js'
import { decodeModelFile } from '../files/model-file.js'
import { compileKernels } from './kernels.js'
import type { TrainedModel } from './model.js'
import { type LoadModelOptions, checkLoadOptions } from './load-model-options.js'
import { openModel } from './open-model.js'

declare global {
  // There with the DOM's types and with Node's; without either, loadModel still compiles.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges with theirs
  interface URL {}
}

/** What errors call a file that came as bytes. */
const UNNAMED = 'model'

/**
 * Loads a trained model, to predict on the calling thread: no worker starts, and no memory is
 * shared. The file is one that `trainer.save` wrote, or a safetensors file of another program, with
 * tensors called `layers.0.weight` and `layers.0.bias`.
 *
 * @param source The file's bytes, or a URL to fetch it from.
 * @param options What the file doesn't say, and kernels that are compiled already.
 * @returns The model.
 * @throws {InputError} if an option or `source` is wrong.
 * @throws {FileError} if the file can't be fetched, is no model file, was cut off or damaged, is of
 * a later version, or its tensors are not those of its network.
 */
export async function loadModel(
  source: ArrayBuffer | Uint8Array | URL,
  options: LoadModelOptions = {},
): Promise<TrainedModel> {
  const checked = checkLoadOptions(options)
  const { file, bytes } = await bytesOf(source)
  const model = await decodeModelFile(file, bytes)
  return openModel(model, checked, checked.kernels ?? (await compileKernels()))
}

async function bytesOf(
  source: ArrayBuffer | Uint8Array | URL,
): Promise<{ file: string; bytes: Uint8Array }> {
  if (source instanceof Uint8Array) return { file: UNNAMED, bytes: source }
  if (source instanceof ArrayBuffer) return { file: UNNAMED, bytes: new Uint8Array(source) }
  if (source instanceof URL) return { file: source.href, bytes: await fetchBytes(source) }
  throw new InputError('loadModel: source', 'a URL, an ArrayBuffer or a Uint8Array', show(source))
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  let response: Response
  try {
    response = await fetch(url)
    if (response.ok) return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new FileError(url.href, `it cannot be fetched: ${messageOf(cause)}`, { cause })
  }
  throw new FileError(
    url.href,
    `it cannot be fetched: ${response.status} ${response.statusText}`.trim(),
  )
}
