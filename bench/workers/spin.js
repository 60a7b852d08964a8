// Does the same small piece of work again and again for a while, and says what share of the time
// the pieces would have taken had each been as quick as the quickest tenth: what is missing from 1
// went to others.
import { parentPort, workerData } from 'node:worker_threads'
import { shareKept } from '../quiet.js'

const STEPS = 20_000

const { milliseconds, starting } = workerData
for (let piece = 0; piece < 1000; piece++) spin(piece) // compiled, and the core at its clock
Atomics.add(starting, 0, 1)
while (Atomics.load(starting, 0) < starting[1]); // all threads begin together
const times = []
for (const end = performance.now() + milliseconds; performance.now() < end;) {
  const began = performance.now()
  spin(times.length)
  times.push(performance.now() - began)
}
parentPort.postMessage(shareKept(times))

function spin(seed) {
  let x = seed | 1
  for (let step = 0; step < STEPS; step++) x = Math.imul(x, 1664525) + 1013904223
  return x
}
