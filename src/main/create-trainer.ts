// `createTrainer`, in Node.

import type { TrainerOptions } from './options/trainer-options.js'
import { createNodePlatform } from './runtime/node/platform.js'
import { createTrainerOn } from './trainer-calls.js'
import type { Trainer } from './trainer.js'

/**
 * Makes a trainer for a network. Close it when you no longer need it, since its threads and its
 * memory stay until then: `await trainer.close()`, or declare it with `await using`. Only a call
 * under way keeps the process alive.
 *
 * @param options The network, the loss, and how to train.
 * @returns The trainer, with the parameters that its seed gives.
 * @throws {InputError} naming the option that is wrong, before anything starts.
 * @throws {BackendError} if the backend asked for can't run on this machine.
 * @throws {ArenaError} if the parameters alone don't fit in a shared memory.
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  return createTrainerOn(createNodePlatform(), options)
}
