// `shardgrad info`: what this machine offers, and the default choices.

import { cpus } from 'node:os'
import { backendNames, backends } from '../shared/backends.js'
import { availableCores } from './cores.js'
import { print, printJson } from './report.js'

export function info({ json }: { json?: boolean }): void {
  const facts = {
    cores: availableCores(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
    simd: simdWorks(),
    backends: backendNames.map((name) => ({ name, scalar: backends[name].scalar, kernels: backends[name].kernels })),
    defaults: { backend: 'wasm', workers: 'one for each core, as far as the job pays for them', shards: 'up to 8 of at least 16 examples; from 2048 examples up to 64 of at least 256' },
  }
  if (json) return printJson({ event: 'info', ...facts })
  print(`cores      ${facts.cores} (${facts.processor})`)
  print(`node       ${facts.node}, WebAssembly SIMD ${facts.simd ? 'works' : 'is missing'}`)
  for (const { name, scalar, kernels } of facts.backends) print(`backend    ${name}: ${scalar}, ${kernels}`)
  print(`default    backend ${facts.defaults.backend}; workers: ${facts.defaults.workers}`)
  print(`           shards: ${facts.defaults.shards}`)
}

/** Whether the engine accepts a function that uses a 128-bit vector. */
function simdWorks(): boolean {
  return WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11))
}
