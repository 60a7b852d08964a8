// The options of `loadTrainer`, checked.

import * as v from 'valibot'
import { check } from './check.js'
import { filePath, strictObject } from './rules.js'
import type { TrainerOptions, TrainerRecipe } from './trainer-options.js'
import { trainerSchema } from './trainer-schema.js'

/** What may differ when a trainer is made from a file. */
export interface LoadTrainerOptions {
  /**
   * Threads that share the work, at least 1; 'auto' takes as many as make it faster. The weights
   * don't depend on it.
   * @default 'auto'
   */
  workers?: TrainerOptions['workers']
  /**
   * Who computes. Another one than the file's goes on just as well, but with other last bits.
   * @default the file's
   */
  backend?: TrainerOptions['backend']
}

/** The file's own backend, unless another is asked for. */
const loadTrainerSchema = strictObject({
  workers: trainerSchema.entries.workers,
  backend: v.optional(v.unwrap(trainerSchema.entries.backend)),
})

/**
 * Fills in the defaults of `loadTrainer`.
 *
 * @param file As the caller gave it.
 * @param options As the caller gave them.
 * @returns The options.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkLoadTrainerOptions(
  file: unknown,
  options: unknown,
): Pick<TrainerRecipe, 'workers'> & Pick<LoadTrainerOptions, 'backend'> {
  check('loadTrainer: file', filePath, file)
  return check('loadTrainer', loadTrainerSchema, options)
}
