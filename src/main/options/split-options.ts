// The options of `trainTestSplit`, checked.

import * as v from 'valibot'
import { check } from './check.js'
import { finiteNumber, strictObject } from './rules.js'

/** How `trainTestSplit` splits. */
export interface SplitOptions {
  /**
   * The share of the rows to test with, above 0 and below 1; their number is rounded up.
   * @default 0.1
   */
  test?: number
  /**
   * Which rows are drawn follows from it: a whole number.
   * @default 0
   */
  seed?: number
}

const splitSchema = strictObject({
  test: v.optional(
    finiteNumber('a share of the rows between 0 and 1', (share) => share > 0 && share < 1),
    0.1,
  ),
  seed: v.optional(
    v.custom<number>((value) => Number.isSafeInteger(value), 'a whole number'),
    0,
  ),
})

/**
 * Fills in the defaults of a split.
 *
 * @param where The call, as an error names it.
 * @param options As the caller gave them.
 * @returns All of them.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkSplitOptions(where: string, options: unknown): Required<SplitOptions> {
  return check(where, splitSchema, options)
}
