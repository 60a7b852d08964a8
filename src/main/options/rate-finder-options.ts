// The options of `findLearningRate`, checked.

import * as v from 'valibot'
import { InputError } from '../../shared/errors.js'
import { check } from './check.js'
import { abortSignal, float32Above0, strictObject, wholeNumber } from './rules.js'

/** How `findLearningRate` searches. */
export interface RateFinderOptions {
  /**
   * The first learning rate, above 0.
   * @default 1e-5
   */
  from?: number
  /**
   * The last learning rate, above `from`.
   * @default 10
   */
  to?: number
  /**
   * Steps from one to the other, at least 2, each over all the examples.
   * @default 100
   */
  steps?: number
  /**
   * Aborting it ends the search after the current step: the call then rejects with the signal's
   * reason, and the trainer is as it was.
   * @default none
   */
  signal?: AbortSignal
}

const rateFinderSchema = strictObject({
  from: v.optional(float32Above0, 1e-5),
  to: v.optional(float32Above0, 10),
  steps: v.optional(wholeNumber(2), 100),
  signal: v.optional(abortSignal),
})

/**
 * Fills in the defaults of `findLearningRate`.
 *
 * @param options As the caller gave them.
 * @returns All of them but the signal, which may be missing.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkRateFinderOptions(
  options: unknown,
): Required<Omit<RateFinderOptions, 'signal'>> & Pick<RateFinderOptions, 'signal'> {
  const checked = check('findLearningRate', rateFinderSchema, options)
  if (checked.to <= checked.from)
    throw new InputError(
      'findLearningRate: to',
      `a rate above from, ${checked.from}`,
      String(checked.to),
    )
  return checked
}
