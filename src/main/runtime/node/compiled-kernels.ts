// Compiles the wasm kernels, and finds out whether the engine can run the relaxed ones.

import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { type Backend, backends } from '../../../shared/backends.js'
import type { BackendName } from '../../../shared/backend-names.js'

/** Those of a backend, or those of models that only predict. */
export type Program = Backend['program'] | 'inference'

const compiled = new Map<Program, WebAssembly.Module>()

/**
 * The kernels of a backend. What `native` doesn't leave to the library is quicker with fused
 * multiply-add, where the engine has it.
 */
export function programOf(backend: BackendName): Backend['program'] {
  return backend === 'native' && relaxedSimdWorks() ? 'kernels-relaxed' : backends[backend].program
}

/**
 * Compiles kernels, once a process: a dozen kilobytes, a few milliseconds. The module then serves
 * every thread.
 */
export function compileKernels(program: Program): WebAssembly.Module {
  let found = compiled.get(program)
  if (!found) {
    const bytes = readFileSync(
      new URL(`../../../shared/kernels/wasm/${program}.wasm`, import.meta.url),
    )
    found = withRelaxedSimd(() => new WebAssembly.Module(bytes))
    compiled.set(program, found)
  }
  return found
}

/** A function of three zeros, multiplied and added in one. */
// prettier-ignore
const RELAXED_MODULE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10,
  19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
)

/** Whether the engine has relaxed SIMD, or can be made to have it. */
export function relaxedSimdWorks(): boolean {
  return withRelaxedSimd(() => WebAssembly.validate(RELAXED_MODULE))
}

/**
 * Node 20 has relaxed SIMD behind a flag of V8; it stays on no longer than compiling takes, since
 * with it on, threads start without their code cache.
 */
function withRelaxedSimd<Result>(compile: () => Result): Result {
  if (WebAssembly.validate(RELAXED_MODULE)) return compile()
  setFlagsFromString('--experimental-wasm-relaxed-simd')
  try {
    return compile()
  } finally {
    setFlagsFromString('--no-experimental-wasm-relaxed-simd')
  }
}
