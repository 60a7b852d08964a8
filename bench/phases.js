// What the time of a step goes to, and how near it is to what the machine can do: every workload,
// every backend, one worker and one for each core.
//
// Usage: npm run bench:phases [-- --workloads a,b]. Prints, and writes bench/results/phases.json if
// all workloads were measured.
import { parseArgs } from 'node:util'
import { measure } from '../dist/main/commands/bench.js'
import { searchBlas } from '../dist/main/runtime/node/backend-choice.js'
import { availableCores } from '../dist/main/runtime/node/cores.js'
import { describePhases } from '../dist/main/inspect/phases.js'
import { barrier } from './barrier.js'
import { measureLimits } from './limits.js'
import { machine, printHeading } from './machine.js'
import { workloadsNamed } from './peers/workloads.js'
import { waitForQuiet } from './quiet.js'
import { writeResults } from './results.js'

const { workloads: names } = parseArgs({ options: { workloads: { type: 'string' } } }).values
const cores = availableCores()
const { library } = await searchBlas()
const backends = [...(library ? ['native'] : []), 'wasm-relaxed', 'wasm']

printHeading('Phases: what does the time of a step go to?')
const quiet = await waitForQuiet()
const limits = {
  one: await measureLimits(1),
  all: await measureLimits(cores),
  barrierMicroseconds: Number(
    (1000 * (await barrier(Math.min(2, cores), true, 200_000))).toFixed(2),
  ),
}
console.log(
  `limits: one core ${describe(limits.one)}; ${cores} cores ${describe(limits.all)}; barrier ${limits.barrierMicroseconds} us`,
)
const results = []
for (const { name, dims, activation, batchSize } of workloadsNamed(names?.split(',') ?? [])) {
  for (const backend of backends) {
    for (const result of await measure({
      dims,
      activation,
      batchSize,
      backend,
      workers: [...new Set([1, cores])],
      phases: true,
    })) {
      console.log(
        `${name}, ${backend}, ${result.workers}: ${result.microsecondsPerStep.toFixed(1)} us, ${result.gflops.toFixed(1)} GFLOP/s`,
      )
      console.log(describePhases(result.phases))
      results.push({ workload: name, ...result })
    }
  }
}
const crowds = []
for (const { name, dims, activation, batchSize } of workloadsNamed(names?.split(',') ?? [])) {
  if (batchSize * dims[1] > 2 ** 20) continue // minutes, for nothing else than others show
  for (const { workers, teamSize, phases } of await measure({
    dims,
    activation,
    batchSize,
    backend: backends[0],
    workers: [1, 8, 16],
    phases: true,
  })) {
    console.log(
      `${name}, ${workers} workers on ${cores} cores: the same bits, ${phases.meetings} meetings a step`,
    )
    crowds.push({ workload: name, workers, teamSize, meetings: phases.meetings })
  }
}
if (names === undefined)
  write({
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    blas: library?.configuration,
    quiet,
    limits,
    results,
    crowds,
  })

function describe({ blas, wasmRelaxed, wasm, memory }) {
  return `${blas ? `BLAS ${blas}, ` : ''}wasm-relaxed ${wasmRelaxed}, wasm ${wasm} GFLOP/s, memory ${memory} GB/s`
}

/** Four digits are what was measured. */
function write(report) {
  const digits = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
  writeResults('phases', JSON.parse(JSON.stringify(report, digits)))
}
