// The first thing that is wrong with a value, by a schema of valibot's.

import * as v from 'valibot'
import type { Issue } from './plain-checks.js'

/**
 * Checks a value against a schema, up to the first thing that is wrong.
 *
 * @param schema What the value must be.
 * @param value Anything.
 * @returns The value with the schema's defaults filled in, or what is wrong with it.
 */
export function examine<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): { output: v.InferOutput<Schema>; issue?: undefined } | { output?: undefined; issue: Issue } {
  const result = v.safeParse(schema, value, { abortEarly: true })
  return result.success ? { output: result.output } : { issue: issueOf(result.issues[0]) }
}

type Found = v.BaseIssue<unknown>
function issueOf({ expected, input: given, message, path, requirement, type }: Found): Issue {
  const known = Array.isArray(requirement) ? (requirement as string[]) : []
  if (type === 'strict_object')
    return expected === 'Object'
      ? { path: pathOf(path), rule: 'an object', given }
      : issueOfField(path!, known, expected === 'never' ? (given as string) : undefined)
  return { path: pathOf(path), rule: message, given, ...(expected !== 'Object' && { known }) }
}

/**
 * A field that is unknown or missing. Where one is missing and another is unknown, most likely they
 * are the same, misspelled.
 */
function issueOfField(
  path: readonly v.IssuePathItem[],
  known: readonly string[],
  unknown?: string,
): Issue {
  const fields = path.at(-1)!.input as Record<string, unknown>
  const stray = unknown ?? Object.keys(fields).find((name) => !known.includes(name))
  if (stray === undefined) return { path: pathOf(path), rule: 'a value', given: undefined }
  const place = pathOf([...path.slice(0, -1), { key: stray }])
  return { path: place, rule: 'no such field', given: fields[stray], known, stray }
}

function pathOf(path: readonly Pick<v.IssuePathItem, 'key'>[] = []): string {
  return path.reduce(
    (before, { key }) =>
      typeof key === 'number'
        ? `${before}[${key}]`
        : before === ''
          ? String(key)
          : `${before}.${String(key)}`,
    '',
  )
}
