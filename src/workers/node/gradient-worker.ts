// The script of a gradient worker's thread in Node: a Piscina task. Piscina hands its workers' data
// to Node's own Worker; importing it here too would cost every thread a dozen milliseconds.

import { workerData } from 'node:worker_threads'
import type { GradientWorkerData, WorkerTask } from '../../shared/protocol.js'
import { packingErrors } from '../../shared/error-transfer.js'
import { loadEngine } from './engine.js'
import { openArena, performTask } from '../gradient-run.js'
import type { ArenaAccess } from '../worker.js'

const engine = await loadEngine(workerData as GradientWorkerData)

/** The arena of the last run; a trainer stays in one until a larger job comes. */
let opened: { number: number; access: ArenaAccess } | undefined

export default packingErrors((task: WorkerTask): void => {
  const {
    arena: { number, memory },
    run,
  } = task
  if (opened?.number !== number) opened = { number, access: openArena(memory, run.backend, engine) }
  performTask(task, opened.access)
})
