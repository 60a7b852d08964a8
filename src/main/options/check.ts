// Checks a value against a schema. An error says where, which rule was broken, and what was given.

import type * as v from 'valibot'
import { InputError, show } from '../../shared/errors.js'
import { examine } from './issues.js'
import { nearest } from './nearest.js'
import { owners, placeOf } from './owners.js'
import type { Issue } from './plain-checks.js'

/**
 * Checks a value against a schema, up to the first thing that is wrong.
 *
 * @param where The call, as an error names it.
 * @param schema What the value must be.
 * @param value What was given.
 * @returns The value with the schema's defaults filled in.
 * @throws {InputError} naming the call, the option, the rule and the value.
 */
export function check<Schema extends v.GenericSchema>(
  where: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const { output, issue } = examine(schema, value)
  if (issue) throw inputError(where, issue)
  return output
}

/**
 * The error of a call that was given something wrong.
 *
 * @param where The call, as an error names it.
 * @param issue What is wrong.
 * @returns An error that also says what was meant, or where an option belongs that is unknown here.
 */
export function inputError(
  where: string,
  { path, rule, given, known = [], stray }: Issue,
): InputError {
  const place = stray === undefined ? undefined : placeOf(stray)
  const noSuch = place === undefined ? 'no such option' : `no such option here (${place})`
  return new InputError(
    path === '' ? where : `${where}: ${path}`,
    stray === undefined ? rule : noSuch,
    show(given),
    place === undefined ? nearest(stray ?? given, known) : undefined,
  )
}

/**
 * Refuses options that have been put among the fields of something else, and its own fields
 * misspelled.
 *
 * @param where The call, as an error names it.
 * @param given What should have none of them; other fields are its owner's affair.
 * @param fields Its own.
 * @throws {InputError} naming the option, and where it belongs or what was meant.
 */
export function refuseOptions(where: string, given: object, fields: readonly string[]): void {
  for (const name of owners.keys()) {
    if (!Object.hasOwn(given, name)) continue
    const value = (given as Record<string, unknown>)[name]
    throw new InputError(`${where}: ${name}`, `no such field here (${placeOf(name)!})`, show(value))
  }
  for (const name of Object.keys(given)) {
    const meant = nearest(name, fields)
    if (meant === undefined || Object.hasOwn(given, meant)) continue
    const value = (given as Record<string, unknown>)[name]
    throw new InputError(`${where}: ${name}`, 'no such field', show(value), meant)
  }
}
