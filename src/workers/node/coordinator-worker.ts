// The script of the coordinator's thread in Node: a Comlink endpoint.

import { parentPort, workerData } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { CoordinatorData } from '../../shared/protocol.js'
import { packingErrors } from '../../shared/error-transfer.js'
import { createCoordinator } from '../coordinator.js'
import { createPool } from './pool.js'

const { gradientWorker } = workerData as CoordinatorData

const coordinator = createCoordinator((threads, data) => createPool(gradientWorker, threads, data))
expose({ ...coordinator, run: packingErrors(coordinator.run) }, nodeEndpoint(parentPort!))
