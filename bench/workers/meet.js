// Meets the others `rounds` times and says how long that took.
import { parentPort, workerData } from 'node:worker_threads'
import { createBarrier } from '../../dist/shared/arena/barrier.js'

const { buffer, workers, rounds, spins } = workerData
const count = new Int32Array(buffer, 4096)
const meet = createBarrier(new Int32Array(buffer), workers, spins)
for (let round = 0; round < 1000; round++) meet(() => undefined)
const began = performance.now()
for (let round = 0; round < rounds; round++) meet(() => count[0]++)
parentPort.postMessage((performance.now() - began) / rounds)
