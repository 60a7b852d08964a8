// What a step takes with more cores than were measured, by the model that chooses the workers
// (src/main/runtime/workforce.ts): what one worker computes, as bench/results/phases.json has it,
// shared out; the bytes that workers bring in from each other's caches; and the meetings. One
// number is fitted to the measurements with two workers: how much slower a core is while the other
// works.
import { quickestWay } from '../dist/main/runtime/workforce.js'
import { parameterLayout } from '../dist/shared/arena/parameter-layout.js'
import { blockCount, shardCount, unitsPerShard } from '../dist/shared/batches/shards.js'
import { columnsOf, flopsOf, tensorsOf } from '../dist/shared/model/network.js'
import { networkOf } from './peers/workloads.js'

export const WORKERS = [1, 2, 4, 8, 16, 32, 64]

/** A workload's step, as the model has it. */
function jobOf({ dims, batchSize }) {
  const network = networkOf({ dims })
  const [inputs, ...outputs] = columnsOf(network)
  const shards = shardCount(batchSize)
  return {
    flops: flopsOf(network, batchSize),
    examples: batchSize,
    inputs,
    outputs: outputs.reduce((sum, columns) => sum + columns, 0),
    blocks: blockCount(batchSize),
    training: {
      shards,
      units: shards * unitsPerShard(batchSize, shards),
      parameters: parameterLayout(tensorsOf(network)).elements,
    },
  }
}

const computing = ({ phases: { microseconds } }) =>
  Object.entries(microseconds).reduce((sum, [name, each]) => sum + (name === 'wait' ? 0 : each), 0)
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * @param report phases.json.
 * @param backend Of which backend.
 */
export function fitModel({ results }, backend) {
  const of = (workload, workers) =>
    results.find(
      (result) =>
        result.backend === backend && result.workload === workload && result.workers === workers,
    )
  const names = [...new Set(results.map(({ workload }) => workload))]
  const slowdown = median(
    names.map((name) => (2 * computing(of(name, 2))) / computing(of(name, 1))),
  )
  return names.map((name) => {
    const one = of(name, 1)
    const job = jobOf(one)
    const predictions = WORKERS.map((workers) => {
      const alone = computing(one) * (workers > 1 ? slowdown : 1)
      const way = quickestWay(workers, job, alone)
      return {
        ...way,
        speedup: computing(one) / way.microseconds,
      }
    })
    const { shards, units } = job.training
    const measuredTwo = of(name, 2).microsecondsPerStep
    return { name, backend, shards, units, slowdown, predictions, measuredTwo }
  })
}
