// What the machine can do at most: matrix products by BLAS and by the wasm kernels, memory traffic,
// and what meeting costs; on one core and on all.
import { Worker } from 'node:worker_threads'
import { searchBlas } from '../dist/main/runtime/node/backend-choice.js'
import { compileKernels } from '../dist/main/runtime/node/compiled-kernels.js'

/** @returns GFLOP/s (blas, wasmRelaxed, wasm) and GB/s (memory) of `threads` threads together. */
export async function measureLimits(threads) {
  const { library } = await searchBlas()
  return {
    blas: library && (await together(threads, { what: 'blas', library })),
    wasmRelaxed: await together(threads, {
      what: 'wasm',
      compiled: compileKernels('kernels-relaxed'),
    }),
    wasm: await together(threads, { what: 'wasm', compiled: compileKernels('kernels') }),
    memory: await together(threads, { what: 'memory', compiled: compileKernels('kernels') }),
  }
}

async function together(threads, data) {
  const starting = new Int32Array(new SharedArrayBuffer(8))
  starting[1] = threads
  const rates = await Promise.all(
    Array.from(
      { length: threads },
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL('./workers/limit.js', import.meta.url), {
            workerData: { ...data, starting },
          })
          worker.once('message', resolve).once('error', reject)
        }),
    ),
  )
  return Number(rates.reduce((sum, rate) => sum + rate, 0).toFixed(1))
}
