// Which backends and data sets this machine has. Tests cover all of them; the ones it lacks are
// skipped, and said so once, before the first test.

import { existsSync } from 'node:fs'
import { type BackendName, backendNames } from '../dist/shared/backend-names.js'
import { findBlas } from '../dist/shared/node/blas.js'
import { relaxedSimdWorks } from '../dist/main/runtime/node/compiled-kernels.js'

/** The system's BLAS, if there is one. */
export const { library: blas } = await findBlas()

/** Why a backend is not tested here. */
const missing: Partial<Record<BackendName, string>> = {
  ...(!blas && {
    native: 'no BLAS here: native is not tested; apt-get install libopenblas0-pthread',
  }),
  ...(!relaxedSimdWorks() && {
    'wasm-relaxed': `no relaxed SIMD in Node ${process.version}: wasm-relaxed is not tested; Node 20 and later on x64 or arm64 have it`,
  }),
}

export const has = (backend: BackendName): boolean => !(backend in missing)

/** Every backend that runs here. */
export const backendsHere: BackendName[] = backendNames.filter(has)

/**
 * What `auto` promises for a network that pays for calls into a library, and for one that doesn't.
 */
export const automatic: { large: BackendName; small: BackendName } = {
  large: has('native') ? 'native' : has('wasm-relaxed') ? 'wasm-relaxed' : 'wasm',
  small: has('wasm-relaxed') ? 'wasm-relaxed' : 'wasm',
}

/** Whether Debian's package dataset-fashion-mnist is installed. */
export const hasFashionMnist = existsSync('/usr/share/datasets/fashion-mnist')

/** Vitest's global set-up. */
export default function sayWhatIsMissing(): void {
  for (const why of Object.values(missing)) console.warn(why)
  if (!hasFashionMnist)
    console.warn(
      'no Fashion-MNIST here: the data set fashion-mnist is not tested; apt-get install dataset-fashion-mnist',
    )
}
