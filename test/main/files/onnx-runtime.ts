// What another program makes of an ONNX file: onnxruntime, in WebAssembly.

import { InferenceSession, Tensor, env } from 'onnxruntime-web'

env.wasm.numThreads = 1

/** The outputs of a model of so many columns of inputs, row after row. */
export async function outputsOf(
  file: Uint8Array,
  inputs: Float32Array,
  columns: number,
): Promise<Float32Array> {
  const session = await InferenceSession.create(file)
  try {
    const given = new Tensor('float32', inputs, [inputs.length / columns, columns])
    const { outputs } = await session.run({ inputs: given })
    return outputs!.data as Float32Array
  } finally {
    await session.release()
  }
}
