// Loads what a worker computes with: the compiled kernels and, for backend native, the BLAS.

import type { Engine } from '../../shared/backends.js'
import { prefersSmall } from '../../shared/kernels/native/blas-library.js'
import type { GradientWorkerData } from '../../shared/protocol.js'

/** Loads the system's BLAS if the backend needs one. */
export async function loadEngine({ compiled, blas }: GradientWorkerData): Promise<Engine> {
  if (!blas) return { compiled }
  const { loadBlas } = await import('../../shared/node/blas.js')
  return { compiled, bindMultiply: await loadBlas(blas), prefersSmall: prefersSmall(blas) }
}
