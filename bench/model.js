// A model of the step time, fitted to bench/results/phases.json, and what it says of more cores
// than were measured:
//
//   T(W) = c C ceil(K / W) / K  +  bytes(W) / min(W r, R)  +  b W
//
// C: gather, forward and backward of one worker; K: shards; c: how much slower a core is while the
// others work too; bytes(W): what summation, update and preparation move; r: at what rate one
// worker does; R: what the memory gives all of them; b: a barrier of two. C is measured for each
// workload, c and r are fitted to the measurements with two workers, R and b are measured.
import { parameterLayout } from '../dist/shared/arena/parameter-layout.js'
import { backends } from '../dist/shared/backends.js'
import { flopsOf, tensorsOf } from '../dist/shared/model/network.js'
import { shardCount, slotCount } from '../dist/shared/batches/shards.js'
import { networkOf } from './peers/workloads.js'

export const WORKERS = [1, 2, 4, 8, 16, 32, 64]

/**
 * Bytes that the second half of a step moves: slots and parameters read, the next parameters and
 * what is prepared of them written (a write reads first).
 */
function bytesOf({ dims, batchSize, backend }, workers) {
  const layout = parameterLayout(tensorsOf(networkOf({ dims })))
  const prepared = layout.tensors
    .filter(({ list }) => list === 'weights')
    .reduce((sum, { rows, columns }) => sum + backends[backend].preparedElements(rows, columns), 0)
  const shards = shardCount(batchSize)
  return 4 * (layout.elements * (slotCount(shards, Math.min(workers, shards)) + 3) + 2 * prepared)
}

const passesOf = ({ microseconds: { gather, forward, backward } }) => gather + forward + backward
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * @param report phases.json.
 * @param backend Of which backend.
 */
export function fitModel({ limits, results }, backend) {
  const of = (workload, workers) =>
    results.find(
      (result) =>
        result.backend === backend && result.workload === workload && result.workers === workers,
    )
  const names = [...new Set(results.map(({ workload }) => workload))]
  const slowdown = median(
    names.map((name) => (2 * passesOf(of(name, 2).phases)) / passesOf(of(name, 1).phases)),
  )
  const rate = median(
    names.map((name) => bytesOf(of(name, 2), 2) / 2 / of(name, 2).phases.microseconds.sum),
  ) // bytes a microsecond and worker
  return names.map((name) => {
    const one = of(name, 1)
    const shards = shardCount(one.batchSize)
    const predict = (workers) => {
      const passes =
        (passesOf(one.phases) * (workers > 1 ? slowdown : 1) * Math.ceil(shards / workers)) / shards
      const sum =
        bytesOf(one, workers) / Math.min(Math.min(workers, shards) * rate, 1000 * limits.all.memory)
      const meeting = limits.barrierMicroseconds * Math.min(workers, shards) * (workers > 1 ? 1 : 0)
      const microseconds = passes + sum + meeting
      return {
        workers,
        microseconds,
        gflops: flopsOf(networkOf(one), one.batchSize) / microseconds / 1000,
        sumShare: sum / microseconds,
      }
    }
    return {
      name,
      backend,
      shards,
      slowdown,
      rate,
      predictions: WORKERS.map(predict),
      measuredTwo: of(name, 2).microsecondsPerStep,
    }
  })
}
