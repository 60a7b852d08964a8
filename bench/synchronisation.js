// What does it cost to keep workers in step: a barrier in shared memory, against handing every worker of a pool a task and awaiting them all?
import { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import benny from 'benny'
import { Piscina } from 'piscina'
import { availableCores } from '../dist/main/cores.js'
import { bestAndMedian, printHeading, require } from './machine.js'

/** Milliseconds a barrier, best of five rounds. */
async function barrier(workers, spins, rounds) {
  let best = Infinity
  for (let attempt = 0; attempt < 5; attempt++) {
    const buffer = new SharedArrayBuffer(8192)
    const times = await Promise.all(Array.from({ length: workers }, () => new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./workers/meet.js', import.meta.url), { workerData: { buffer, workers, rounds, spins } })
      worker.once('message', resolve).once('error', reject)
    })))
    require(new Int32Array(buffer, 4096)[0] === rounds, 'a barrier was not met exactly once by all')
    best = Math.min(best, Math.max(...times))
  }
  return best
}

printHeading('Synchronisation: what does a meeting of all workers cost?')
for (const [workers, spins, rounds] of [[1, true, 200_000], [2, true, 200_000], [2, false, 20_000], [3, false, 5_000]]) {
  if (workers > 1 && spins && workers > availableCores()) continue
  const microseconds = 1000 * (await barrier(workers, spins, rounds))
  console.log(`barrier, ${workers} workers${spins ? '' : ' that sleep at once'}: ${microseconds.toFixed(2)} us`)
}

for (const threads of [1, 2]) {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./workers/nothing.js', import.meta.url)),
    minThreads: threads, maxThreads: threads, concurrentTasksPerWorker: 1, idleTimeout: Infinity, atomics: 'disabled',
  })
  await benny.suite(
    `pool of ${threads}`,
    benny.add('round trip', async () => Promise.all(Array.from({ length: threads }, () => pool.run(undefined))), { maxTime: 2 }),
    benny.complete(({ results: [result] }) => {
      const { best, median } = bestAndMedian(result)
      console.log(`pool round trip, ${threads} threads: ${(best * 1e6).toFixed(1)} us (median ${(median * 1e6).toFixed(1)})`)
    }),
  )
  await pool.destroy()
}
