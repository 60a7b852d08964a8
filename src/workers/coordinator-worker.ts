// The thread of the coordinator in Node: a Comlink endpoint.

import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { CoordinatorData } from '../shared/protocol.js'
import { createCoordinator } from './coordinator.js'
import { createPool } from './pool.js'

const { gradientWorker, program, blas } = workerData as CoordinatorData
const compiled = readFile(new URL(`../shared/kernels/${program}.wasm`, import.meta.url)).then((bytes) => WebAssembly.compile(bytes))

expose(
  createCoordinator(async (threads) => createPool(gradientWorker, threads, { compiled: await compiled, blas })),
  nodeEndpoint(parentPort!),
)
