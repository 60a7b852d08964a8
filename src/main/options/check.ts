// Checks a value against a schema. An error says where, which rule was broken, and what was given.

import * as v from 'valibot'
import { InputError, show } from '../../shared/errors.js'
import { nearest } from './nearest.js'
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
  const [first] = result.issues
  const issue = strayOption(first) ?? first
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
  throw new InputError(
    path === '' ? where : `${where}: ${path}`,
    ruleOf(issue),
    show(given),
    meantBy(issue),
  )
}

/** Where an option is missing, one that is unknown: most likely it is the same, misspelled. */
function strayOption(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> | undefined {
  const last = issue.path?.at(-1)
  if (issue.type !== 'strict_object' || last?.origin !== 'key') return undefined
  const given = last.input as Record<string, unknown>
  const key = Object.keys(given).find((name) => !namesKnownBy(issue).includes(name))
  if (key === undefined) return undefined
  const path = [...issue.path!.slice(0, -1), { ...last, key, value: given[key] }]
  return { ...issue, expected: 'never', input: key, path: path as [v.IssuePathItem] }
}

/** The name that a wrong one was meant to be, unless it belongs to something else. */
function meantBy(issue: v.BaseIssue<unknown>): string | undefined {
  const isName =
    issue.expected === 'never'
      ? placeOf(issue.input as string) === undefined
      : issue.expected !== 'Object'
  return isName ? nearest(issue.input, namesKnownBy(issue)) : undefined
}

function namesKnownBy({ requirement }: v.BaseIssue<unknown>): readonly string[] {
  return Array.isArray(requirement) ? (requirement as string[]) : []
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
