// Errors on their way from one thread to another. A structured clone of an Error loses its code and
// any name that the language doesn't know, so what crosses is plain data, and the error is rebuilt
// from it where it arrives.

import { show } from './errors.js'

/** An error as plain data. */
export interface ErrorData {
  kind: 'error'
  name: string
  message: string
  stack: string | undefined
  code: string | number | undefined
  cause: ErrorData | undefined
}

/** Causes of causes that cross, at most: a circle of them has no end. */
const MOST_CAUSES = 8

/** What was thrown, an error or not, as plain data; what is that already stays as it is. */
export function packError(thrown: unknown, causes = MOST_CAUSES): ErrorData {
  if (isErrorData(thrown)) return thrown
  if (!isError(thrown)) return packValue(thrown)
  const cause = read(thrown, 'cause')
  const [stack, code] = [read(thrown, 'stack'), read(thrown, 'code')]
  return {
    kind: 'error',
    name: textOf(read(thrown, 'name')) || 'Error',
    message: textOf(read(thrown, 'message')),
    stack: isText(stack) ? stack : undefined,
    code: isText(code) || typeof code === 'number' ? code : undefined,
    cause: cause === undefined || causes === 0 ? undefined : packError(cause, causes - 1),
  }
}

/** Something thrown that is no Error: its message says what it is. */
function packValue(thrown: unknown): ErrorData {
  const message = isText(thrown) ? thrown : show(thrown)
  return {
    kind: 'error',
    name: 'Error',
    message,
    stack: undefined,
    code: undefined,
    cause: undefined,
  }
}

/** An Error with the original's name, message, stack, code and cause. */
export function rebuildError({ name, message, stack, code, cause }: ErrorData): Error {
  const error = new Error(message, cause && { cause: rebuildError(cause) })
  const define = (key: string, value: unknown, enumerable: boolean): void =>
    void Object.defineProperty(error, key, {
      value,
      enumerable,
      writable: true,
      configurable: true,
    })
  define('name', name, false)
  define('stack', stack ?? `${name}: ${message}`, false) // this thread's stack would mislead
  if (code !== undefined) define('code', code, true)
  return error
}

/** A thread's task whose errors leave the thread as plain data. */
export function packingErrors<Given extends unknown[], Result>(
  task: (...given: Given) => Result | Promise<Result>,
): (...given: Given) => Promise<Result> {
  return async (...given) => {
    try {
      return await task(...given)
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- see the top of this file
      throw packError(error)
    }
  }
}

function isErrorData(value: unknown): value is ErrorData {
  if (typeof value !== 'object' || value === null || isError(value)) return false
  return (
    read(value, 'kind') === 'error' && ['name', 'message'].every((key) => isText(read(value, key)))
  )
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false // a proxy that throws even here
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** A field, or undefined if reading it throws. */
function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return undefined // a getter's or a proxy's own fault must not hide the error it belongs to
  }
}

function textOf(value: unknown): string {
  if (value === undefined) return ''
  return isText(value) ? value : show(value)
}
