// The thread of a gradient worker in Node: a Piscina task.

import { workerData } from 'piscina'
import type { GradientWorkerData, WorkerTask } from '../shared/protocol.js'
import { type ArenaAccess, openArena, performTask } from './gradient-run.js'

const { compiled } = workerData as GradientWorkerData

/** The arena of the last run; a trainer stays in one until a larger job comes. */
let opened: { number: number; access: ArenaAccess } | undefined

export default (task: WorkerTask): void => {
  const { arena: { number, memory }, run } = task
  if (opened?.number !== number) opened = { number, access: openArena(memory, run.backend, compiled) }
  performTask(task, opened.access)
}
