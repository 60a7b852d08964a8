// A trainer without threads: its one worker runs on the test's own thread, on a real arena, and a
// test may take part in every meeting and every claim.

import type { Trainer, TrainerOptions } from '../../dist/main/index.js'
import { checkTrainerOptions } from '../../dist/main/options/trainer-options.js'
import { chooseBackend } from '../../dist/main/runtime/node/backend-choice.js'
import { compileKernels, programOf } from '../../dist/main/runtime/node/compiled-kernels.js'
import { createTrainerWith } from '../../dist/main/trainer.js'
import { widthsOf } from '../../dist/shared/network/network.js'
import { createCoordinator } from '../../dist/workers/coordinator.js'
import { createSynchronization, openArena, performTask } from '../../dist/workers/gradient-run.js'
import { loadEngine } from '../../dist/workers/node/engine.js'

/** How the worker meets and claims; by default as every worker does. */
export type Synchronize = typeof createSynchronization

export async function createTrainerInProcess(
  options: TrainerOptions,
  synchronize: Synchronize = createSynchronization,
): Promise<Trainer> {
  const recipe = checkTrainerOptions({ ...options, workers: 1 })
  const choice = await chooseBackend(recipe.backend, widthsOf(recipe.network))
  const equipment = { compiled: compileKernels(programOf(choice.backend)), blas: choice.blas }
  const engine = await loadEngine(equipment)
  const coordinator = createCoordinator(() => ({
    threads: 1,
    perform: async (task) => {
      await Promise.resolve()
      performTask(task, openArena(task.arena.memory, task.run.backend, engine), synchronize)
    },
    close: () => Promise.resolve(),
  }))
  coordinator.equip(equipment)
  return createTrainerWith(recipe, choice, {
    equip: coordinator.equip,
    run: coordinator.run,
    close: coordinator.close,
  })
}
