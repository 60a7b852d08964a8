// The check on a document when a file is read, as far as a model's use goes: its network and its
// classes. What a trainer needs beside is checked by whoever makes one of it
// (trainer-document-schema.ts), so that inference needn't bring those checks along.

import { FileError, show } from '../../shared/errors.js'
import { misfitOfClasses } from '../options/class-names.js'
import { wholeFrom } from '../options/conditions.js'
import { networkCheck } from '../options/network-check.js'
import { type Issue, fields, isObject, listOf, maybe, must, text } from '../options/plain-checks.js'
import { FORMAT, type ModelDocument } from './document.js'

const documentCheck = fields({
  format: must(wholeFrom(1)),
  writtenBy: text('what wrote the file'),
  network: networkCheck,
  classes: maybe(listOf('a list of names, one for each class', text('the name of a class'))),
  trainer: maybe(must({ holds: isObject, words: 'an object' })),
})

/**
 * Checks what a file says of its model.
 *
 * @param file The file's name, for the error.
 * @param document Anything.
 * @returns The same; its `trainer` is not checked.
 * @throws {FileError} naming the field, the rule and the value; or that it is of a later version.
 */
export function checkDocument(file: string, document: unknown): ModelDocument {
  requireKnownFormat(file, document)
  const issue = documentCheck(document, '')
  if (issue) throw documentError(file, issue)
  const checked = document as ModelDocument
  const misfit = misfitOfClasses(checked.network, checked.classes)
  if (!misfit) return checked
  const { field: path, rule, value: given } = misfit
  throw documentError(file, { path, rule, given })
}

/** Of a later format nothing else is known. */
function requireKnownFormat(file: string, document: unknown): void {
  const { format, writtenBy } = (document ?? {}) as { format?: unknown; writtenBy?: unknown }
  if (typeof format !== 'number' || format <= FORMAT) return
  const writer = typeof writtenBy === 'string' ? writtenBy : 'a later version'
  throw new FileError(
    file,
    `written by ${writer}, whose format ${format} this version doesn't read; update shardgrad`,
  )
}

/**
 * The error of a document that breaks a rule.
 *
 * @param file The file's name.
 * @param issue Where, and which rule.
 * @returns An error to throw.
 */
export function documentError(file: string, { path, rule, given }: Issue): FileError {
  const place = path === '' ? 'its document' : `its document: ${path}`
  return new FileError(file, `${place}: expected ${rule}, got ${show(given)}`)
}
