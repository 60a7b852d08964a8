// Node's answers to what a trainer asks of its platform.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallbackScope, Platform } from '../platform.js'
import { chooseBackend } from './backend-choice.js'
import { compileKernels, programOf } from './compiled-kernels.js'
import { startCoordinator } from './coordinator-thread.js'
import { availableCores } from './cores.js'
import { readWholeFile, replaceFile, requireWritable } from './files.js'
import { createHash, rest } from './hashing.js'

/** The script that the gradient workers run; tests start others. */
const GRADIENT_WORKER = new URL('../../../workers/node/gradient-worker.js', import.meta.url)

/** @param gradientWorker URL of the script that the workers run. */
export function createNodePlatform(gradientWorker = GRADIENT_WORKER): Platform {
  return {
    cores: availableCores,
    chooseBackend,
    compileKernels: (backend) => compileKernels(programOf(backend)),
    compileInference: () => compileKernels('inference'),
    startCoordinator: () => startCoordinator(gradientWorker),
    createHash,
    readFile: readWholeFile,
    replaceFile,
    requireWritable,
    warn: (message) => process.emitWarning(message, { type: 'ShardgradWarning' }),
    rest,
    createCallbackScope,
  }
}

function createCallbackScope(): CallbackScope {
  const inside = new AsyncLocalStorage<{ over: boolean }>()
  return {
    async run(callback) {
      const wait = { over: false }
      await inside.run(wait, callback)
      wait.over = true // what the callback started may still be running, and may call
    },
    isInside: () => inside.getStore()?.over === false,
  }
}
