// The caller's side of the coordinator's thread, in Node.

import { Worker } from 'node:worker_threads'
import { type Remote, releaseProxy, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { packError } from '../../../shared/error-transfer.js'
import {
  type CoordinatorData,
  type CoordinatorEndpoint,
  type RunResult,
  THREAD_LIMITS,
} from '../../../shared/protocol.js'
import type { Coordinator, CoordinatorDeath } from '../platform.js'

/** @param gradientWorker URL of the script that the workers run. */
export function startCoordinator(gradientWorker: URL): Coordinator {
  const data: CoordinatorData = { gradientWorker: gradientWorker.href }
  const thread = new Worker(
    new URL('../../../workers/node/coordinator-worker.js', import.meta.url),
    {
      workerData: data,
      resourceLimits: THREAD_LIMITS,
      // Of the caller's, --input-type would keep it from starting, and a loader slow it down.
      execArgv: [],
    },
  )
  const endpoint: Remote<CoordinatorEndpoint> = wrap<CoordinatorEndpoint>(nodeEndpoint(thread))
  let death: CoordinatorDeath | undefined
  const deathListeners = new Set<(death: CoordinatorDeath) => void>()
  const onDeath = (reason: unknown): void => {
    death ??= { kind: 'coordinatorFailed', error: packError(reason) }
    for (const listener of deathListeners) listener(death)
  }
  thread.once('error', onDeath)
  thread.once('exit', (code) => onDeath(new Error(`its thread ended with code ${code}`)))
  /**
   * What the coordinator answers, or that it died. (Promise.race with one promise for the death
   * would keep every call in memory.)
   */
  const orDeath = async <Answer>(answer: Promise<Answer>): Promise<Answer | CoordinatorDeath> =>
    new Promise((resolve, reject) => {
      if (death) return resolve(death)
      deathListeners.add(resolve)
      answer.then(resolve, reject).finally(() => deathListeners.delete(resolve))
    })
  thread.unref() // only a call under way keeps the process alive
  return {
    equip(equipment) {
      void orDeath(endpoint.equip(equipment))
    },
    async run(run, arena) {
      thread.ref()
      try {
        return await orDeath<RunResult>(endpoint.run(run, arena))
      } catch (error) {
        // It lives, but could not start its workers.
        return { kind: 'coordinatorFailed', error: packError(error) }
      } finally {
        thread.unref()
      }
    },
    async close() {
      thread.ref()
      await orDeath(endpoint.close())
      endpoint[releaseProxy]()
      await thread.terminate()
    },
  }
}
