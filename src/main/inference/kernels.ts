// The compiled kernels of inference travel with the program, as three kilobytes of text, so that
// nothing has to be found or fetched.

import { inferenceText } from '../../shared/kernels/wasm/inference-text.js'

let compiled: Promise<WebAssembly.Module> | undefined

/** Unpacks and compiles the kernels, once. */
export async function compileKernels(): Promise<WebAssembly.Module> {
  return (compiled ??= unpack().then(async (bytes) => WebAssembly.compile(bytes)))
}

async function unpack(): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(inferenceText), (character) => character.charCodeAt(0))
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Response(unpacked).arrayBuffer()
}
