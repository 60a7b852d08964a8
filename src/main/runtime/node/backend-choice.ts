// Chooses the backend: the one asked for, if this machine can run it; otherwise the fastest one
// that runs here and suits the size of the network.

import type { BackendName } from '../../../shared/backend-names.js'
import { BackendError, shorten } from '../../../shared/errors.js'
import type { BlasLibrary } from '../../../shared/kernels/native/blas-library.js'
import { findBlas } from '../../../shared/node/blas.js'
import type { BackendChoice } from '../platform.js'
import { adviseOn, describeRefusal } from './blas-advice.js'
import { relaxedSimdWorks } from './compiled-kernels.js'

/**
 * Flops of one example, forward and backward, below which calls into a library cost more than they
 * save.
 */
const FLOPS_WORTH_A_CALL = 2500

/**
 * @param flops Floating-point operations of one example, forward and backward.
 * @param search Looks for a BLAS.
 * @throws {BackendError} if the backend asked for can't run here; it says what was tried.
 */
export async function chooseBackend(
  requested: BackendName | 'auto',
  flops: number,
  search = searchBlas,
): Promise<BackendChoice> {
  switch (requested) {
    case 'auto':
      return flops < FLOPS_WORTH_A_CALL
        ? chooseWasm('too small a network to pay for calls into a BLAS')
        : chooseFastest(await search())
    case 'native':
      return requireNative(await search())
    case 'wasm-relaxed':
      return requireRelaxed()
    default:
      return { backend: requested, reason: 'as asked for' }
  }
}

function chooseFastest({ library, refusals }: BlasSearch): BackendChoice {
  if (library) return native(library, `${nameOf(library)} was found`)
  const { why, remedy } = adviseOn(refusals)
  return { ...chooseWasm(why), hint: `quicker with a BLAS: ${remedy}` }
}

function chooseWasm(why: string): BackendChoice {
  return relaxedSimdWorks()
    ? { backend: 'wasm-relaxed', reason: why }
    : { backend: 'wasm', reason: `${why}; no relaxed SIMD here` }
}

function requireNative({ library, refusals }: BlasSearch): BackendChoice {
  if (library) return native(library, 'as asked for')
  const { why, remedy } = adviseOn(refusals)
  const tried =
    refusals.length === 1
      ? `${why} (${describeRefusal(refusals[0]!)})`
      : `${why} (shardgrad info --verbose says what was tried)`
  throw new BackendError('native', `${tried}. To get one: ${remedy}`, refusals)
}

function native(blas: BlasLibrary, reason: string): BackendChoice {
  return { backend: 'native', reason, blas, library: describeBlas(blas) }
}

function requireRelaxed(): BackendChoice {
  if (!relaxedSimdWorks()) {
    throw new BackendError(
      'wasm-relaxed',
      `this engine (Node ${process.version}) has no relaxed SIMD for WebAssembly; backend wasm runs everywhere`,
    )
  }
  return { backend: 'wasm-relaxed', reason: 'as asked for' }
}

type BlasSearch = Awaited<ReturnType<typeof findBlas>>
let search: Promise<BlasSearch> | undefined

/** Looks for a BLAS once a process. */
export async function searchBlas(): Promise<BlasSearch> {
  return (search ??= findBlas())
}

/** The library in words: its name, version, kernels (and why those) and file. */
export function describeBlas(library: BlasLibrary): string {
  const { file, core, coreReason } = library
  const why = coreReason === undefined ? '' : ` (${coreReason})`
  const kernels = core === undefined ? [] : [`${core} kernels${why}`]
  return [nameOf(library), ...kernels, shorten(file)].join(', ')
}

/** With the version, if the library says it. */
function nameOf({ name, configuration }: BlasLibrary): string {
  const version = /\d+(\.\d+)+/.exec(configuration)
  return version ? `${name} ${version[0]}` : name
}
