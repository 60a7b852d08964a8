// The caller's side of the coordinator's thread, in Node.

import { Worker } from 'node:worker_threads'
import { type Remote, releaseProxy, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { Arena, CoordinatorData, CoordinatorEndpoint, GradientWorkerData, Run, RunResult } from '../shared/protocol.js'

export interface CoordinatorThread {
  /** Says what the workers are started with; before the first run. */
  equip: (data: GradientWorkerData) => void
  /** Resolves with how the run ended; a coordinator that dies counts as failed. */
  run: (run: Run, arena: Arena) => Promise<RunResult | { kind: 'coordinatorFailed'; reason: string }>
  close: () => Promise<void>
}

/** @param gradientWorker URL of the script that the workers run. */
export function startCoordinator(gradientWorker: URL): CoordinatorThread {
  const data: CoordinatorData = { gradientWorker: gradientWorker.href }
  const thread = new Worker(new URL('../workers/coordinator-worker.js', import.meta.url), { workerData: data })
  const endpoint: Remote<CoordinatorEndpoint> = wrap<CoordinatorEndpoint>(nodeEndpoint(thread))
  const death = new Promise<{ kind: 'coordinatorFailed'; reason: string }>((resolve) => {
    thread.once('error', (error) => resolve({ kind: 'coordinatorFailed', reason: error.message }))
    thread.once('exit', (code) => resolve({ kind: 'coordinatorFailed', reason: `its thread ended with code ${code}` }))
  })
  thread.unref() // only a call under way keeps the process alive
  return {
    equip(equipment) {
      void Promise.race([endpoint.equip(equipment), death])
    },
    async run(run, arena) {
      thread.ref()
      try {
        return await Promise.race([endpoint.run(run, arena), death])
      } finally {
        thread.unref()
      }
    },
    async close() {
      thread.ref()
      await Promise.race([endpoint.close(), death])
      endpoint[releaseProxy]()
      await thread.terminate()
    },
  }
}
