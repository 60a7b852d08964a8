// What does it cost to keep workers in step: a barrier in shared memory, against handing every
// worker of a pool a task and awaiting them all?
import { fileURLToPath } from 'node:url'
import benny from 'benny'
import { Piscina } from 'piscina'
import { availableCores } from '../dist/main/runtime/node/cores.js'
import { barrier } from './barrier.js'
import { bestAndMedian, printHeading } from './machine.js'

printHeading('Synchronization: what does a meeting of all workers cost?')
for (const [workers, spins, rounds] of [
  [1, true, 200_000],
  [2, true, 200_000],
  [2, false, 20_000],
  [3, false, 5_000],
]) {
  if (workers > 1 && spins && workers > availableCores()) continue
  const microseconds = 1000 * (await barrier(workers, spins, rounds))
  console.log(
    `barrier, ${workers} workers${spins ? '' : ' that sleep at once'}: ${microseconds.toFixed(2)} us`,
  )
}

for (const threads of [1, 2]) {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./workers/nothing.js', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity,
    atomics: 'disabled',
  })
  await benny.suite(
    `pool of ${threads}`,
    benny.add(
      'round trip',
      async () => Promise.all(Array.from({ length: threads }, () => pool.run(undefined))),
      { maxTime: 2 },
    ),
    benny.complete(({ results: [result] }) => {
      const { best, median } = bestAndMedian(result)
      console.log(
        `pool round trip, ${threads} threads: ${(best * 1e6).toFixed(1)} us (median ${(median * 1e6).toFixed(1)})`,
      )
    }),
  )
  await pool.destroy()
}
