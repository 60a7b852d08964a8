// The options of `fit`, `epochs` and `findLearningRate`, checked.

import type * as v from 'valibot'
import { InputError } from '../../shared/errors.js'
import { check } from './check.js'
import { requireTopK } from './metric-rules.js'
import { epochsSchema, fitSchema } from './training-schema.js'

/**
 * Checks the options of a call to train, each by itself.
 *
 * @param where The call.
 * @param options As the caller gave them.
 * @returns All of them, with the defaults of those that have one.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkTrainingFields(
  where: 'fit' | 'epochs' | 'findLearningRate',
  options: unknown,
): v.InferOutput<typeof fitSchema> {
  return check(where, where === 'fit' ? fitSchema : epochsSchema, options)
}

/**
 * Fills in the defaults of a call to train.
 *
 * @param where The call.
 * @param options As the caller gave them.
 * @returns All of them, with the defaults of those that have one.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkTrainingOptions(
  where: 'fit' | 'epochs' | 'findLearningRate',
  options: unknown,
): v.InferOutput<typeof fitSchema> {
  const checked = checkTrainingFields(where, options)
  const { epochs, initialEpoch } = checked
  if (initialEpoch >= epochs)
    throw new InputError(
      `${where}: initialEpoch`,
      `a number below epochs, ${epochs}`,
      String(initialEpoch),
    )
  requireTopK(where, checked)
  return checked
}
