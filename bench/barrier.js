// What meeting at the barrier costs: threads that do nothing else.
import { Worker } from 'node:worker_threads'
import { require } from './machine.js'

/** Milliseconds a barrier, best of five rounds. */
export async function barrier(workers, spins, rounds) {
  let best = Infinity
  for (let attempt = 0; attempt < 5; attempt++) {
    const buffer = new SharedArrayBuffer(8192)
    const times = await Promise.all(
      Array.from(
        { length: workers },
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker(new URL('./workers/meet.js', import.meta.url), {
              workerData: { buffer, workers, rounds, spins },
            })
            worker.once('message', resolve).once('error', reject)
          }),
      ),
    )
    require(new Int32Array(buffer, 4096)[0] === rounds, 'a barrier was not met exactly once by all')
    best = Math.min(best, Math.max(...times))
  }
  return best
}
