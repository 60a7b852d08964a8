// Trainers that share their threads. Starting threads is most of what a small trainer costs; a test
// of what is computed has no need of its own. The pool and the gradient workers are the real ones;
// the coordinator runs on the test's thread, where it blocks nothing either.

import { afterAll } from 'vitest'
import type { Trainer, TrainerOptions } from '../../dist/main/index.js'
import { createNodePlatform } from '../../dist/main/runtime/node/platform.js'
import type { Coordinator, Platform } from '../../dist/main/runtime/platform.js'
import { createTrainerOn } from '../../dist/main/trainer-calls.js'
import type { GradientWorkerData } from '../../dist/shared/protocol.js'
import { createCoordinator } from '../../dist/workers/coordinator.js'
import { createPool } from '../../dist/workers/node/pool.js'
import { type Way, inWay } from './ways.js'

/** The script that trainers' gradient workers run. */
export const gradientWorker = new URL('../../dist/workers/node/gradient-worker.js', import.meta.url)

/** By script and what the workers compute with; all end with the test file. */
const coordinators = new Map<string, ReturnType<typeof createCoordinator>>()
const programs = new Map<WebAssembly.Module, number>()
afterAll(async () => {
  await Promise.all([...coordinators.values()].map((coordinator) => coordinator.close()))
})

function coordinatorFor(script: URL, equipment: GradientWorkerData): Coordinator {
  const { blas, compiled } = equipment
  if (!programs.has(compiled)) programs.set(compiled, programs.size)
  const key = `${script.href} ${programs.get(compiled)!} ${blas?.file ?? 'no library'}`
  let found = coordinators.get(key)
  if (!found) {
    found = inTurn(createCoordinator((threads, data) => createPool(script.href, threads, data)))
    found.equip(equipment)
    coordinators.set(key, found)
  }
  return found
}

/** Runs of several trainers go one after the other, in the order they were asked for. */
function inTurn(
  coordinator: ReturnType<typeof createCoordinator>,
): ReturnType<typeof createCoordinator> {
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...coordinator,
    async run(...work) {
      const turn = last.then(() => coordinator.run(...work))
      last = turn.catch(() => undefined)
      return turn
    },
  }
}

/**
 * Node's platform, on threads that are shared with the other trainers of the test file.
 * @param way How its runs are shared out, whatever it would choose itself.
 */
export function platformOf(script = gradientWorker, way?: Way): Platform {
  return {
    ...createNodePlatform(script),
    startCoordinator() {
      let shared: Coordinator | undefined
      return {
        equip(equipment) {
          shared = coordinatorFor(script, equipment)
        },
        run: async (...work) => (way ? inWay(way, shared!) : shared!.run)(...work),
        close: async () => Promise.resolve(),
      }
    },
  }
}

/** `createTrainer`, on threads that it shares with the other trainers of the test file. */
export async function createTrainer(
  options: TrainerOptions,
  script = gradientWorker,
  way?: Way,
): Promise<Trainer> {
  return createTrainerOn(platformOf(script, way), options)
}
