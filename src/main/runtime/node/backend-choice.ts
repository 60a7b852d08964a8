// Chooses the backend: the one asked for, if this machine can run it; otherwise the fastest one
// that runs here and suits the size of the network.

import type { BackendName } from '../../../shared/backend-names.js'
import { BackendError, shorten } from '../../../shared/errors.js'
import type { BlasLibrary } from '../../../shared/kernels/native/blas-library.js'
import { type BlasRefusal, findBlas } from '../../../shared/node/blas.js'
import type { BackendChoice } from '../platform.js'
import { relaxedSimdWorks } from './compiled-kernels.js'

/**
 * Flops of one example, forward and backward, below which calls into a library cost more than they
 * save.
 */
const FLOPS_WORTH_A_CALL = 2500

/**
 * @param flops Floating-point operations of one example, forward and backward.
 * @throws {BackendError} if the backend asked for can't run here; it says what was tried.
 */
export async function chooseBackend(
  requested: BackendName | 'auto',
  flops: number,
): Promise<BackendChoice> {
  switch (requested) {
    case 'auto':
      return chooseFastest(flops)
    case 'native':
      return requireNative()
    case 'wasm-relaxed':
      return requireRelaxed()
    default:
      return { backend: requested, reason: 'as asked for' }
  }
}

async function chooseFastest(flops: number): Promise<BackendChoice> {
  const small = flops < FLOPS_WORTH_A_CALL
  const { library, refusals } = small ? { library: undefined, refusals: [] } : await searchBlas()
  if (library) return native(library, `${library.name} was found`)
  const why = small
    ? 'so small a network does not pay for calls into a library'
    : describeRefusals(refusals)
  return relaxedSimdWorks()
    ? { backend: 'wasm-relaxed', reason: why }
    : { backend: 'wasm', reason: `${why}; this engine has no relaxed SIMD` }
}

async function requireNative(): Promise<BackendChoice> {
  const { library, refusals } = await searchBlas()
  if (!library)
    throw new BackendError('native', `${describeRefusals(refusals)}. ${installCommand()}`)
  return native(library, 'as asked for')
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

let search: ReturnType<typeof findBlas> | undefined

/** Looks for a BLAS once a process. */
export async function searchBlas(): ReturnType<typeof findBlas> {
  return (search ??= findBlas())
}

/** The library in words: its name, file and build. */
export function describeBlas({ name, file, configuration }: BlasLibrary): string {
  return [name, file, configuration]
    .filter((part, i, all) => part !== '' && all.indexOf(part) === i)
    .join(', ')
}

/** What was tried and why it was not used. */
export function describeRefusals(refusals: BlasRefusal[]): string {
  return `no BLAS was found (tried ${refusals.map(({ file, reason }) => `${shorten(file)}: ${shorten(reason.split('\n')[0]!)}`).join('; ')})`
}

/** The one command that gives this system a BLAS. */
export function installCommand(): string {
  const command = {
    linux:
      'apt-get install libopenblas0-pthread (Debian, Ubuntu) or dnf install openblas-threads (Fedora)',
    darwin: 'brew install openblas',
  }[process.platform as string]
  return command === undefined
    ? 'Put libopenblas where the system looks for libraries'
    : `To install one: ${command}`
}
