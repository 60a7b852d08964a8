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
/** What a rule adds where it must hold of what float32 makes of a number. */
export const IN_FLOAT32 = ' in float32 too, in which training computes'

/**
 * A number of which something holds, also of what float32 makes of it: training computes in that,
 * on every backend but one, and an option means the same on all.
 *
 * @param rule What holds, in words.
 * @param holds Whether it does.
 * @returns The rule.
 */
export const float32Number = (
  rule: string,
  holds: (value: number) => boolean = () => true,
): v.GenericSchema<unknown, number> =>
  v.pipe(
    finiteNumber(rule, holds),
    v.check((value) => {
      const rounded = Math.fround(value)
      return Number.isFinite(rounded) && holds(rounded) && (rounded !== 0 || value === 0)
    }, `${rule}${IN_FLOAT32}`),
  )
/**
 * A rule whose issues hold the names that it knows: `check` says which one a wrong word is near to.
 *
 * @param schema The rule.
 * @param names The names.
 * @returns The same rule.
 */
export const knowing = <Schema extends v.GenericSchema>(
  schema: Schema,
  names: readonly string[],
): Schema => ({ ...schema, requirement: names })

/**
 * An object with some options, and no others.
 *
 * @param entries The rule of each.
 * @returns The rule.
 */
export const strictObject = <Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, undefined> =>
  knowing(v.strictObject(entries), Object.keys(entries))
/**
 * One of some names.
 *
 * @param names The names.
 * @returns The rule.
 */
export const oneOf = <const Names extends readonly string[]>(
  names: Names,
): v.GenericSchema<unknown, Names[number]> =>
  knowing(
    v.custom<Names[number]>(
      (value) => names.includes(value as string),
      `one of ${names.join(', ')}`,
    ),
    names,
  )
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

/** A number above 0, in float32 too. */
export const float32Above0 = float32Number('a number above 0', (value) => value > 0)
/** A number of at least 0, in float32 too. */
export const float32AtLeast0 = float32Number('a number of at least 0', (value) => value >= 0)
/** A number of at least 0 and below 1, in float32 too. */
export const float32Below1 = float32Number(
  'a number from 0 to below 1',
  (value) => value >= 0 && value < 1,
)

/** True or false. */
export const trueOrFalse = v.custom<boolean>((value) => typeof value === 'boolean', 'true or false')

/** What stops a call that is under way. */
export const abortSignal = v.custom<AbortSignal>(
  (value) => value instanceof AbortSignal,
  'an AbortSignal',
)

/** A function. */
export const aFunction = v.custom<CallableFunction>(
  (value) => typeof value === 'function',
  'a function',
)
