// The options of `checkGradients`, checked; but not its parameters, which are checked where they
// are used.

import * as v from 'valibot'
import { check } from './check.js'
import { abortSignal, above0, strictObject } from './rules.js'

const gradientCheckSchema = strictObject({
  tolerance: v.optional(above0, 1e-6),
  parameters: v.optional(
    v.custom<object>((value) => typeof value === 'object' && value !== null, '{ weights, biases }'),
  ),
  signal: v.optional(abortSignal),
})

/**
 * Fills in the defaults of `checkGradients`.
 *
 * @param options As the caller gave them.
 * @returns The tolerance, and the signal if there is one.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkGradientCheckOptions(options: unknown): {
  tolerance: number
  signal?: AbortSignal
} {
  return check('checkGradients', gradientCheckSchema, options)
}
