// A platform without threads, the stand-in for Node: the coordinator and its one worker run on the
// test's own thread, on a real arena, and a test may take part in every meeting and every claim.

import type { Trainer, TrainerOptions } from '../../dist/main/index.js'
import { createNodePlatform } from '../../dist/main/runtime/node/platform.js'
import type { Platform } from '../../dist/main/runtime/platform.js'
import { createTrainerOn } from '../../dist/main/trainer-calls.js'
import { createCoordinator } from '../../dist/workers/coordinator.js'
import {
  type Surroundings,
  type createSynchronization,
  openArena,
  performTask,
} from '../../dist/workers/gradient-run.js'
import { loadEngine } from '../../dist/workers/node/engine.js'

/** How the worker meets and claims; by default as every worker does. */
export type Synchronize = typeof createSynchronization

export function createStandInPlatform(surroundings: Surroundings = {}): Platform {
  return {
    ...createNodePlatform(),
    cores: () => 1,
    startCoordinator: () =>
      createCoordinator((_, equipment) => {
        const engine = loadEngine(equipment)
        return {
          threads: 1,
          async perform(task) {
            const { arena, run } = task
            performTask(task, openArena(arena.memory, run.backend, await engine), surroundings)
          },
          close: () => Promise.resolve(),
        }
      }),
  }
}

export async function createTrainerInProcess(
  options: TrainerOptions,
  synchronize?: Synchronize,
): Promise<Trainer> {
  const platform = createStandInPlatform(synchronize ? { synchronize } : {})
  return createTrainerOn(platform, { ...options, workers: 1 })
}
