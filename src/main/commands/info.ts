// `shardgrad info`: what this machine offers, and the default choices.

import { cpus } from 'node:os'
import { backendNames } from '../../shared/backend-names.js'
import { backends } from '../../shared/backends.js'
import { chooseBackend, describeBlas, searchBlas } from '../runtime/node/backend-choice.js'
import { adviseOn, describeRefusal } from '../runtime/node/blas-advice.js'
import { relaxedSimdWorks } from '../runtime/node/compiled-kernels.js'
import { availableCores } from '../runtime/node/cores.js'
import type { BlasLibrary } from '../../shared/kernels/native/blas-library.js'
import { printJson } from './report.js'
import { print } from './status-line.js'

export interface InfoOptions {
  /** Also say which libraries were tried, and how the one found was built. */
  verbose?: boolean
  json?: boolean
}

export async function info({ verbose, json }: InfoOptions): Promise<void> {
  const { library, refusals } = await searchBlas()
  const relaxedSimd = relaxedSimdWorks()
  const cannot = { native: !library, 'wasm-relaxed': !relaxedSimd, wasm: false, reference: false }
  const { backend, reason } = await chooseBackend('auto', 1e6)
  const { why, remedy } = adviseOn(refusals)
  const facts = {
    cores: availableCores(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
    simd: simdWorks(),
    relaxedSimd,
    blas: library ? whatItIs(library) : null,
    ...(!library && { blasTried: refusals, installBlas: remedy }),
    backends: backendNames.map((name) => ({
      name,
      available: !cannot[name],
      dtype: backends[name].dtype,
      kernels: backends[name].kernels,
    })),
    defaults: {
      backend,
      backendReason: `${reason}; a small network gets wasm-relaxed or wasm`,
      workers:
        'as many as make it quicker, at most one for each core; they may outnumber the shards',
      shards: 'up to 8 of at least 64 examples; from 2048 examples up to 64 of at least 128',
    },
  }
  if (json) {
    printJson({ event: 'info', ...facts })
    return
  }
  print(`cores      ${facts.cores} (${facts.processor})`)
  print(
    `node       ${facts.node}, WebAssembly SIMD ${facts.simd ? 'works' : 'is missing'}, relaxed SIMD ${relaxedSimd ? 'works' : 'is missing'}`,
  )
  print(`blas       ${library ? describeBlas(library) : why}`)
  if (!library) print(`           to get one: ${remedy}`)
  if (verbose) {
    if (library) print(`           ${library.configuration}`)
    for (const refusal of refusals) print(`           tried ${describeRefusal(refusal)}`)
  }
  for (const { name, available, dtype, kernels } of facts.backends)
    print(`backend    ${name}: ${dtype}, ${kernels}${available ? '' : ' (not on this machine)'}`)
  print(`default    backend ${backend}: ${facts.defaults.backendReason}`)
  print(`           workers: ${facts.defaults.workers}`)
  print(`           shards: ${facts.defaults.shards}`)
}

/** All but its speed, which is another each time it is measured. */
function whatItIs({ name, file, configuration, core, coreReason }: BlasLibrary): object {
  return { name, file, configuration, core, coreReason }
}

/** Whether the engine accepts a function that uses a 128-bit vector. */
function simdWorks(): boolean {
  return WebAssembly.validate(
    Uint8Array.of(
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      1,
      5,
      1,
      96,
      0,
      1,
      123,
      3,
      2,
      1,
      0,
      10,
      10,
      1,
      8,
      0,
      65,
      0,
      253,
      15,
      253,
      98,
      11,
    ),
  )
}
