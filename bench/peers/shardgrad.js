// Training-step time of shardgrad itself on the workloads of workloads.json.
//
// Usage: node bench/peers/shardgrad.js BACKEND WORKERS [WORKLOAD ...]. Prints a JSON line per
// workload.
import { measure } from '../../dist/main/commands/bench.js'
import { figureOf, workloadsNamed } from './workloads.js'

const [backend, workers, ...names] = process.argv.slice(2)

for (const workload of workloadsNamed(names)) {
  const { dims, activation, batchSize } = workload
  const [result] = await measure({
    dims,
    activation,
    batchSize,
    backend,
    workers: [Number(workers)],
  })
  console.log(
    JSON.stringify({
      peer: `shardgrad-${result.backend}`,
      threads: result.workers,
      ...figureOf(workload, result.microsecondsPerStep / 1e6),
    }),
  )
}
