// Checks a value against a schema. An error says where, which rule was broken, and what was given.

import * as v from 'valibot'
import { InputError, show } from '../../shared/errors.js'
import { owners, placeOf } from './owners.js'

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
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const path = (issue.path ?? []).reduce(
    (before, { key }) =>
      typeof key === 'number'
        ? `${before}[${key}]`
        : before === ''
          ? String(key)
          : `${before}.${String(key)}`,
    '',
  )
  // Of an unknown option, its value.
  const given: unknown = issue.expected === 'never' ? issue.path?.at(-1)?.value : issue.input
  throw new InputError(path === '' ? where : `${where}: ${path}`, ruleOf(issue), show(given))
}

/** The rule that an issue says was broken, in words. */
function ruleOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object') {
    if (issue.expected === 'Object') return 'an object'
    if (issue.expected !== 'never') return 'a value'
    const place = placeOf(String(issue.path?.at(-1)?.key))
    return place === undefined ? 'no such option' : `no such option here (${place})`
  }
  return issue.type === 'literal' ? (issue.expected ?? issue.message) : issue.message
}

/**
 * Refuses options that have been put among the fields of something else.
 *
 * @param where The call, as an error names it.
 * @param given What should have none of them.
 * @throws {InputError} naming the option, and where it belongs.
 */
export function refuseOptions(where: string, given: object): void {
  for (const name of owners.keys()) {
    if (!Object.hasOwn(given, name)) continue
    const value = (given as Record<string, unknown>)[name]
    throw new InputError(`${where}: ${name}`, `no such field here (${placeOf(name)!})`, show(value))
  }
}
