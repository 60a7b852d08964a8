// Backends by name: who computes, in which type, and what it needs of the arena.

import type { Scalar } from './arena.js'
import type { Kernels } from './kernels/kernels.js'
import { createReferenceKernels, referencePreparedElements } from './kernels/reference.js'
import { createWasmKernels, wasmPreparedElements } from './kernels/wasm.js'

export interface Backend {
  scalar: Scalar
  /** What computes, in words. */
  kernels: string
  /** Floating-point operations a core does in a microsecond, roughly: to judge what is worth sharing out. */
  flopsPerMicrosecond: number
  preparedElements: (inputs: number, outputs: number) => number
  /** @param compiled The compiled wasm kernels. @param memory The arena. */
  create: (compiled: WebAssembly.Module, memory: WebAssembly.Memory) => Kernels
}

export const backends = {
  wasm: {
    scalar: 'float32',
    kernels: 'WebAssembly SIMD, 128 bits, 4x8 tiles',
    flopsPerMicrosecond: 40_000,
    preparedElements: wasmPreparedElements,
    create: createWasmKernels,
  },
  reference: {
    scalar: 'float64',
    kernels: 'plain TypeScript, float64',
    flopsPerMicrosecond: 400,
    preparedElements: referencePreparedElements,
    create: (_compiled, memory) => createReferenceKernels(memory),
  },
} as const satisfies Record<string, Backend>

export type BackendName = keyof typeof backends
export const backendNames = Object.keys(backends) as BackendName[]
