// The rules that options are checked by: a valibot schema each, whose message says the rule as an
// error shows it.

import * as v from 'valibot'
import {
  type Condition,
  among,
  finite,
  finiteInFloat32,
  isAbove0,
  isBelow1,
  isTrueOrFalse,
  wholeFrom,
} from './conditions.js'

/**
 * A value of which a condition holds.
 *
 * @param condition The condition.
 * @returns The rule.
 */
const valueThat = <Value>({ holds, words }: Condition): v.GenericSchema<unknown, Value> =>
  v.custom<Value>(holds, words)

/**
 * A number of which two conditions hold; where the first doesn't, the second is not looked at.
 *
 * @param conditions The conditions.
 * @returns The rule.
 */
const numberThat = ([one, other]: [Condition, Condition]): v.GenericSchema<unknown, number> =>
  v.pipe(
    valueThat<number>(one),
    v.check((value: number) => other.holds(value), other.words),
  )

/**
 * A safe integer that is no smaller than `minimum`.
 *
 * @param minimum The smallest number that is right.
 * @returns The rule.
 */
export const wholeNumber = (minimum: number): v.GenericSchema<unknown, number> =>
  valueThat(wholeFrom(minimum))
/**
 * A number, neither NaN nor infinite, of which something holds.
 *
 * @param rule What holds, in words.
 * @param holds Whether it does.
 * @returns The rule.
 */
export const finiteNumber = (
  rule: string,
  holds?: (value: number) => boolean,
): v.GenericSchema<unknown, number> => valueThat(finite(rule, holds))
/**
 * A number of which something holds, also of what float32 makes of it.
 *
 * @param rule What holds, in words.
 * @param holds Whether it does.
 * @returns The rule.
 */
export const float32Number = (
  rule: string,
  holds?: (value: number) => boolean,
): v.GenericSchema<unknown, number> => numberThat(finiteInFloat32(rule, holds))
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
): v.GenericSchema<unknown, Names[number]> => knowing(valueThat<Names[number]>(among(names)), names)
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
export const above0 = valueThat<number>(isAbove0)
/** A finite number of at least 0. */
export const atLeast0 = finiteNumber('a number of at least 0', (value) => value >= 0)

/** A number above 0, in float32 too. */
export const float32Above0 = float32Number('a number above 0', (value) => value > 0)
/** A number of at least 0, in float32 too. */
export const float32AtLeast0 = float32Number('a number of at least 0', (value) => value >= 0)
/** A number of at least 0 and below 1, in float32 too. */
export const float32Below1 = numberThat(isBelow1)

/** True or false. */
export const trueOrFalse = valueThat<boolean>(isTrueOrFalse)

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

/** Where a file is. */
export const filePath = v.custom<string>(
  (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
  'the path of a file',
)
