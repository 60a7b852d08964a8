// Backends by name: who computes, in which type, and what it needs of the arena.

import type { DType } from './arena/element-types.js'
import type { BackendName } from './backend-names.js'
import type { KernelMemory } from './arena/claims.js'
import type { Kernels } from './kernels/kernels.js'
import {
  type MatrixMultiply,
  createNativeKernels,
  nativeProductElements,
} from './kernels/native/native.js'
import { createReferenceKernels } from './kernels/reference/reference.js'
import { wasmOperations } from './kernels/wasm/operations.js'
import {
  createWasmKernels,
  wasmPreparedElements,
  wasmProductElements,
} from './kernels/wasm/wasm.js'

/** What backends compute with, loaded once a thread. */
export interface Engine {
  /** The compiled wasm kernels that the backend asks for. */
  compiled: WebAssembly.Module
  /** The system's BLAS over an arena; there for `native`. */
  bindMultiply?: (memory: WebAssembly.Memory) => MatrixMultiply
  /** Whether that likes its products small. */
  prefersSmall?: boolean
}

export interface Backend extends KernelMemory {
  dtype: DType
  /** What computes, in words. */
  kernels: string
  /** Which of the compiled wasm kernels it builds on. */
  program: 'kernels' | 'kernels-relaxed'
  /**
   * Floating-point operations a core does in a microsecond, roughly: to judge what is worth sharing
   * out.
   */
  flopsPerMicrosecond: number
  /** @param memory The arena. */
  create: (engine: Engine, memory: WebAssembly.Memory) => Kernels
}

/** What each backend is. */
export const backends = {
  native: {
    dtype: 'float32',
    kernels: "the system's BLAS, WebAssembly SIMD for the rest",
    program: 'kernels',
    flopsPerMicrosecond: 90_000,
    preparedElements: () => 0, // BLAS packs its operands itself
    productElements: nativeProductElements,
    create: ({ compiled, bindMultiply, prefersSmall = false }, memory) => {
      if (!bindMultiply) throw new Error('internal: backend native without a BLAS')
      const multiplication = { multiply: bindMultiply(memory), prefersSmall }
      return createNativeKernels(wasmOperations(compiled, memory), multiplication)
    },
  },
  'wasm-relaxed': {
    dtype: 'float32',
    kernels: 'WebAssembly SIMD, 128 bits, 2x16 tiles, fused multiply-add',
    program: 'kernels-relaxed',
    flopsPerMicrosecond: 45_000,
    preparedElements: wasmPreparedElements,
    productElements: wasmProductElements,
    create: ({ compiled }, memory) => createWasmKernels(wasmOperations(compiled, memory)),
  },
  wasm: {
    dtype: 'float32',
    kernels: 'WebAssembly SIMD, 128 bits, 2x16 tiles',
    program: 'kernels',
    flopsPerMicrosecond: 40_000,
    preparedElements: wasmPreparedElements,
    productElements: wasmProductElements,
    create: ({ compiled }, memory) => createWasmKernels(wasmOperations(compiled, memory)),
  },
  reference: {
    dtype: 'float64',
    kernels: 'plain TypeScript, float64',
    program: 'kernels',
    flopsPerMicrosecond: 400,
    preparedElements: () => 0,
    productElements: () => 0,
    create: (_engine, memory) => createReferenceKernels(memory),
  },
} as const satisfies Record<BackendName, Backend>
