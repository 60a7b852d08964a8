// `createTrainer` and `loadTrainer`, in Node.

import type { LoadTrainerOptions } from './options/load-trainer-options.js'
import type { TrainerOptions } from './options/trainer-options.js'
import { createNodePlatform } from './runtime/node/platform.js'
import { createTrainerOn, loadTrainerOn } from './trainer-calls.js'
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

/**
 * Makes a trainer from a file that `trainer.save` or a checkpoint has written. It goes on exactly
 * where that stood, with the same bits: the first call of `fit` or `epochs` goes on with the
 * training in the file, also inside an epoch, with the options that it began with. A call with
 * another `initialEpoch`, such as 0, begins a new training.
 *
 * @param file The file's path.
 * @param options What may differ: who computes.
 * @returns The trainer, with the parameters and the optimizer's state of the file.
 * @throws {FileError} if it can't be read, is damaged, or holds no trainer.
 * @throws {InputError} naming the option that is wrong.
 * @throws {BackendError} if the file's backend, or the one asked for, can't run on this machine.
 * @throws {ArenaError} if the parameters alone don't fit in a shared memory.
 */
export async function loadTrainer(
  file: string,
  options: LoadTrainerOptions = {},
): Promise<Trainer> {
  return loadTrainerOn(createNodePlatform(), file, options)
}
