// JSON as a file brings it: whatever its bytes are, reading it ends in a value or a FileError, and
// takes no more memory than some times theirs.

import { FileError } from '../../shared/errors.js'

/**
 * Lists and objects that a text may have: each takes 64 bytes of memory, and two or three bytes of
 * the text.
 */
const MOST_NESTED = 4_000_000

/** What a text says. */
export interface Json {
  value: unknown
  /** How many members its objects have in all; of those with the same name `value` has the last. */
  members: number
}

/**
 * Reads JSON.
 *
 * @param file The file's name, for the error.
 * @param what What the text is, as the error names it.
 * @param bytes The text in UTF-8.
 * @returns What it says.
 * @throws {FileError} if it is no JSON.
 */
export function parseJson(file: string, what: string, bytes: Uint8Array): Json {
  const { members, nested } = countIn(bytes)
  if (nested > MOST_NESTED)
    throw new FileError(file, `${what} has more than ${MOST_NESTED} lists and objects`)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { value: JSON.parse(text) as unknown, members }
  } catch (cause) {
    throw new FileError(file, `${what} is no JSON: it was damaged, or is no model file`, { cause })
  }
}

/** Writes JSON; a number that JSON doesn't know is a text: 'NaN', 'Infinity', '-Infinity'. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
  )
}

const [QUOTE, BACKSLASH, COLON, BRACKET, BRACE] = new TextEncoder().encode('"\\:[{')

/** Counts what stands outside of the texts in it. */
function countIn(json: Uint8Array): { members: number; nested: number } {
  let members = 0
  let nested = 0
  let quoted = false
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    if (byte === QUOTE) quoted = !quoted
    else if (quoted) i += Number(byte === BACKSLASH)
    else if (byte === COLON) members++
    else if (byte === BRACKET || byte === BRACE) nested++
  }
  return { members, nested }
}
