// `shardgrad export`: a model as an ONNX file.

import { InputError, show } from '../../shared/errors.js'
import { exportOnnx } from '../files/onnx.js'
import { loadModel } from '../inference/node/load-model.js'
import { replaceFile, requireWritable } from '../runtime/node/files.js'
import { print } from './status-line.js'

/**
 * Writes the file, at one stroke.
 *
 * @param file The model's.
 * @param onnxFile What to write.
 * @param signal Ends it before anything is written.
 * @throws {InputError} unless `onnxFile` ends in .onnx.
 * @throws {FileError} if `file` is no model, or `onnxFile` can't be written.
 */
export async function exportModel(
  file: string,
  onnxFile: string,
  signal: AbortSignal,
): Promise<void> {
  // So that a model is not written over where the two are mixed up.
  if (!onnxFile.toLowerCase().endsWith('.onnx'))
    throw new InputError('export', 'a file that ends in .onnx', show(onnxFile))
  await requireWritable(onnxFile)
  const bytes = exportOnnx(await loadModel(file))
  signal.throwIfAborted()
  await replaceFile(onnxFile, [{ at: 0, bytes }])
  print(`wrote ${onnxFile}: ${bytes.length} bytes`)
}
