// The pool of gradient workers in Node: Piscina, set up so that every task of a run has a thread of
// its own.

import { Piscina } from 'piscina'
import { type GradientWorkerData, THREAD_LIMITS } from '../../shared/protocol.js'
import type { Pool } from '../coordinator.js'

/**
 * @param script The worker's script, a file URL.
 * @param threads How many; all start now and stay.
 */
export function createPool(script: string, threads: number, data: GradientWorkerData): Pool {
  const piscina = new Piscina({
    filename: script,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity,
    // An idle worker parked in Atomics.wait would hear nothing, and measured no faster.
    atomics: 'disabled',
    workerData: data,
    resourceLimits: THREAD_LIMITS,
  })
  piscina.on('error', () => {
    // A thread died without a task: Piscina has replaced it, and a thread with a task rejects that
    // task.
  })
  return {
    threads,
    perform: (task) => piscina.run(task) as Promise<void>,
    close: () => piscina.destroy(),
  }
}
