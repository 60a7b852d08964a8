// From a file that has been read to a model.

import { FileError, InputError, show } from '../../shared/errors.js'
import type { Network } from '../../shared/model/network.js'
import { type ModelFile, readModelParameters } from '../files/model-file.js'
import type { LoadModelOptions } from './load-model-options.js'
import { type TrainedModel, createModel } from './model.js'

/**
 * Makes a model of a file.
 *
 * @param file The file.
 * @param options What it doesn't say.
 * @param kernels The compiled kernels of inference.
 * @returns The model.
 * @throws {FileError} if its parameters are missing or wrong, or it doesn't say what it is.
 * @throws {InputError} if it says what it is, and `options` do too.
 */
export function openModel(
  file: ModelFile,
  { network: given }: LoadModelOptions,
  kernels: WebAssembly.Module,
): TrainedModel {
  const { document, metadata } = file
  const network = networkOf(file, given)
  const parameters = readModelParameters(file, network)
  try {
    return createModel({
      network,
      classes: document?.classes,
      metadata,
      document,
      parameters,
      kernels,
    })
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new FileError(file.file, 'its model needs more memory than there is', { cause })
  }
}

function networkOf({ file, document }: ModelFile, given: Network | undefined): Network {
  if (document && given)
    throw new InputError('loadModel: network', `none, since ${file} says its own`, show(given))
  const network = document?.network ?? given
  if (network) return network
  throw new FileError(
    file,
    'it does not say what its network is, as files of other programs do not; say it: loadModel(file, { network })',
  )
}
