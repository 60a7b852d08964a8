// The rules that options are checked by: a valibot schema each, whose message says the rule as an
// error shows it.

import * as v from 'valibot'

/**
 * A safe integer that is no smaller than `minimum`.
 *
 * @param minimum The smallest number that is right.
 * @returns The rule.
 */
export const wholeNumber = (minimum: number): v.GenericSchema<unknown, number> =>
  v.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= minimum,
    `a whole number of at least ${minimum}`,
  )
/**
 * A number, neither NaN nor infinite, of which something holds.
 *
 * @param rule What holds, in words.
 * @param holds Whether it does.
 * @returns The rule.
 */
export const finiteNumber = (
  rule: string,
  holds: (value: number) => boolean = () => true,
): v.GenericSchema<unknown, number> =>
  v.custom<number>(
    (value) => typeof value === 'number' && Number.isFinite(value) && holds(value),
    rule,
  )
/**
 * One of some names.
 *
 * @param names The names.
 * @returns The rule.
 */
export const oneOf = <const Names extends readonly string[]>(
  names: Names,
): v.GenericSchema<unknown, Names[number]> =>
  v.custom<Names[number]>((value) => names.includes(value as string), `one of ${names.join(', ')}`)
/**
 * `'auto'`, or a number that keeps another rule.
 *
 * @param schema The other rule.
 * @param rule Both, in words.
 * @returns The rule.
 */
export const autoOr = (
  schema: v.GenericSchema<unknown, number>,
  rule: string,
): v.GenericSchema<unknown, number | 'auto'> =>
  v.custom<number | 'auto'>((value) => value === 'auto' || v.is(schema, value), rule)

/** A finite number above 0. */
export const above0 = finiteNumber('a number above 0', (value) => value > 0)
/** A finite number of at least 0. */
export const atLeast0 = finiteNumber('a number of at least 0', (value) => value >= 0)
/** A number of at least 0 and below 1. */
export const below1 = finiteNumber('a number from 0 to below 1', (value) => value >= 0 && value < 1)
/** True or false. */
export const trueOrFalse = v.custom<boolean>((value) => typeof value === 'boolean', 'true or false')

/** A function. */
export const aFunction = v.custom<CallableFunction>(
  (value) => typeof value === 'function',
  'a function',
)
