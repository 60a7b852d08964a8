// Trainers that share their threads. Starting threads is most of what a small trainer costs; a test
// of what is computed has no need of its own. The pool and the gradient workers are the real ones;
// the coordinator runs on the test's thread, where it blocks nothing either.

import { afterAll } from 'vitest'
import type { Trainer, TrainerOptions } from '../../dist/main/index.js'
import { checkTrainerOptions } from '../../dist/main/options/trainer-options.js'
import { chooseBackend } from '../../dist/main/runtime/node/backend-choice.js'
import { compileKernels, programOf } from '../../dist/main/runtime/node/compiled-kernels.js'
import type { CoordinatorThread } from '../../dist/main/runtime/node/coordinator-thread.js'
import { createTrainerWith } from '../../dist/main/trainer.js'
import type { BackendName } from '../../dist/shared/backend-names.js'
import { widthsOf } from '../../dist/shared/network/network.js'
import { createCoordinator } from '../../dist/workers/coordinator.js'
import { createPool } from '../../dist/workers/node/pool.js'

/** The script that trainers' gradient workers run. */
export const gradientWorker = new URL('../../dist/workers/node/gradient-worker.js', import.meta.url)

type Coordinator = ReturnType<typeof createCoordinator>

/** By script and backend; all end with the test file. */
const coordinators = new Map<string, Coordinator>()
afterAll(async () => {
  await Promise.all([...coordinators.values()].map((coordinator) => coordinator.close()))
})

/** Runs of several trainers go one after the other, in the order they were asked for. */
function inTurn({ equip, run, close }: Coordinator): Coordinator {
  let last: Promise<unknown> = Promise.resolve()
  return {
    equip,
    async run(...work) {
      const turn = last.then(() => run(...work))
      last = turn.catch(() => undefined)
      return turn
    },
    close,
  }
}

async function coordinatorFor(script: URL, backend: BackendName): Promise<Coordinator> {
  const { blas } = await chooseBackend(backend, [])
  const key = `${script.href} ${backend}`
  let found = coordinators.get(key)
  if (!found) {
    found = inTurn(
      createCoordinator((threads, equipment) => createPool(script.href, threads, equipment)),
    )
    found.equip({ compiled: compileKernels(programOf(backend)), blas })
    coordinators.set(key, found)
  }
  return found
}

/** `createTrainer`, on threads that it shares with the other trainers of the test file. */
export async function createTrainer(
  options: TrainerOptions,
  script = gradientWorker,
): Promise<Trainer> {
  const recipe = checkTrainerOptions(options)
  const choice = await chooseBackend(recipe.backend, widthsOf(recipe.network))
  const { run } = await coordinatorFor(script, choice.backend)
  const shared: CoordinatorThread = {
    equip: () => undefined,
    run,
    close: async () => Promise.resolve(),
  }
  return createTrainerWith(recipe, choice, shared)
}
