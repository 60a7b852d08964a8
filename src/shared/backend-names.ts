// The names of the backends, apart from what they compute with: whoever only names one doesn't load
// the kernels.

/** All backends, fastest first. */
export const backendNames = ['native', 'wasm-relaxed', 'wasm', 'reference'] as const
/**
 * Who computes: `native`, the system's BLAS for products, WebAssembly for the rest; `wasm-relaxed`,
 * WebAssembly SIMD with fused multiply-add; `wasm`, WebAssembly SIMD, the same bits on every
 * machine; all three in float32. `reference`: plain TypeScript in float64, slow.
 */
export type BackendName = (typeof backendNames)[number]
