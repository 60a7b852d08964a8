// Checks on plain data, without a library: what travels to browsers has to be small.

import type { Condition } from './conditions.js'

/** What is wrong with a value, in words. */
export interface Issue {
  /** Such as `network.layers[0].units`; empty if it is the value itself. */
  path: string
  rule: string
  given: unknown
  /** The names that are known here, where what is wrong is a name. */
  known?: readonly string[]
  /** The name of a field that is none of them; without, the wrong name is what was given. */
  stray?: string
}

/** Finds the first thing that is wrong with a value, which stands at a path. */
export type Check = (given: unknown, path: string) => Issue | undefined

/** Conditions that must hold, the first of them first. */
export const must =
  (...conditions: readonly Condition[]): Check =>
  (given, path) => {
    const broken = conditions.find(({ holds }) => !holds(given))
    return broken && { path, rule: broken.words, given, known: broken.names }
  }

/** A value that may be left out. */
export const maybe =
  (check: Check): Check =>
  (given, path) =>
    given === undefined ? undefined : check(given, path)

/** A list: what it is called, and what each of its elements must be. */
export const listOf =
  (rule: string, each: Check): Check =>
  (given, path) =>
    Array.isArray(given)
      ? first(given, (element, i) => each(element, `${path}[${i}]`))
      : { path, rule, given }

/** A text. */
export const text = (words: string): Check =>
  must({ holds: (value) => typeof value === 'string', words })

/** An object with some fields, and no others. */
export const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (given, path) => {
    if (!isObject(given)) return { path, rule: 'an object', given }
    const own: Record<string, unknown> = { ...given }
    const known = Object.keys(checks)
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
    const stray = Object.keys(own).find((name) => !known.includes(name))
    return stray === undefined
      ? first(known, (name) => checks[name]!(own[name], at(name)))
      : { path: at(stray), rule: 'no such field', given: own[stray], known, stray }
  }

/** An object whose field `key` says which of some kinds it is. */
export const kindOf =
  (key: string, kinds: Readonly<Record<string, Check>>, rule: string): Check =>
  (given, path) => {
    if (!isObject(given)) return { path, rule, given }
    const known = Object.keys(kinds)
    const kind = given[key]
    return known.includes(kind as string)
      ? kinds[kind as string]!(given, path)
      : { path: `${path}.${key}`, rule, given: kind, known }
  }

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The first issue of some. */
function first<Value>(
  values: readonly Value[],
  issueOf: (value: Value, i: number) => Issue | undefined,
): Issue | undefined {
  for (const [i, value] of values.entries()) {
    const issue = issueOf(value, i)
    if (issue) return issue
  }
  return undefined
}
