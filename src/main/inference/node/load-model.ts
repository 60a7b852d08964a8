// `loadModel`, in Node: of a file on the disk.

import { InputError, show } from '../../../shared/errors.js'
import { readModelFile } from '../../files/node/read-file.js'
import { compileKernels } from '../../runtime/node/compiled-kernels.js'
import type { TrainedModel } from '../model.js'
import { type LoadModelOptions, checkLoadOptions } from '../load-model-options.js'
import { openModel } from '../open-model.js'

declare global {
  // There with the DOM's types and with Node's; without either, loadModel still compiles.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges with theirs
  interface URL {}
}

/**
 * Loads a trained model, to predict on the calling thread: no worker starts, and no memory is
 * shared. The file is one that `trainer.save` wrote, or a safetensors file of another program, with
 * tensors called `layers.0.weight` and `layers.0.bias`.
 *
 * @param file Where it is: a path, as text or as a `file:` URL.
 * @param options What the file doesn't say.
 * @returns The model.
 * @throws {InputError} if an option is wrong, or `file` is no path.
 * @throws {FileError} if the file can't be read, is no model file, was cut off or damaged, is of a
 * later version, or its tensors are not those of its network.
 */
export async function loadModel(
  file: string | URL,
  options: LoadModelOptions = {},
): Promise<TrainedModel> {
  const checked = checkLoadOptions(options)
  if (typeof file !== 'string' && !(file instanceof URL))
    throw new InputError('loadModel: file', 'a path, as text or as a URL', show(file))
  const model = await readModelFile(file)
  return openModel(model, checked, checked.kernels ?? compileKernels('inference'))
}
