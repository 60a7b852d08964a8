// A training that goes on where another process, or another call, has left it: with the same
// options and the same examples, or else its bits would be those of neither.

import { InputError } from '../../shared/errors.js'
import type { ExamplesDigest } from '../data/examples-digest.js'
import type { EpochsOptions } from './fit-options.js'
import type { LastingOptions, TrainingPosition } from './position.js'

/** The options that decide what is computed. How many epochs there are to be may change. */
const lastingNames = [
  'epochs',
  'initialEpoch',
  'batchSize',
  'accumulationSteps',
  'shuffle',
  'validation',
  'classWeights',
  'metrics',
  'topK',
  'earlyStopping',
] as const satisfies readonly (keyof LastingOptions)[]

/**
 * The options of a call that a later one needs to go on.
 *
 * @param options Checked, with the defaults filled in.
 * @returns A copy: plain data.
 */
export function lastingOptionsOf(options: EpochsOptions): LastingOptions {
  const { validation, ...others } = options
  const lasting: Record<string, unknown> = {}
  for (const name of lastingNames) {
    const value = name === 'validation' ? shareOf(validation) : (others as LastingOptions)[name]
    if (value !== undefined) lasting[name] = structuredClone(value)
  }
  return lasting as unknown as LastingOptions
}

/**
 * The options of a call that goes on: those it is given, and where it is given none, those that
 * training began with.
 *
 * @param where The call, as an error names it.
 * @param given As the caller gave them.
 * @param position Where training stands.
 * @returns All of them, to be checked.
 * @throws {InputError} naming an option that is given and another one than before.
 */
export function goOnWith(
  where: string,
  given: EpochsOptions,
  position: TrainingPosition,
): EpochsOptions {
  const { options: before } = position
  for (const name of lastingNames) {
    const value = name === 'validation' ? shareOf(given.validation) : given[name]
    if (name === 'epochs' || name === 'initialEpoch' || value === undefined) continue
    if (sameData(value, before[name])) continue
    throw new InputError(
      `${where}: ${name}`,
      `${written(before[name])}, with which this training began`,
      written(value),
    )
  }
  const done = epochsDone(position)
  const { initialEpoch = done } = given
  if (initialEpoch !== done && initialEpoch !== before.initialEpoch)
    throw new InputError(
      `${where}: initialEpoch`,
      `${done}, where this training stands`,
      written(initialEpoch),
    )
  const epochs = given.epochs ?? before.epochs
  if (typeof epochs === 'number' && epochs < done)
    throw new InputError(`${where}: epochs`, `at least ${done}, which are done`, String(epochs))
  const lasting = Object.fromEntries(
    lastingNames.map((name) => [name, given[name] ?? before[name]]),
  )
  return { ...given, ...lasting, initialEpoch: before.initialEpoch }
}

/**
 * How many epochs are done, those before `initialEpoch` included.
 *
 * @param position Where training stands.
 */
export function epochsDone({ history, options }: TrainingPosition): number {
  return history.epoch.at(-1) ?? options.initialEpoch
}

/**
 * Requires the examples that training began with.
 *
 * @param where The examples, as an error names them.
 * @param before Those that training began with; undefined if there were none.
 * @param now Those that were given; undefined if none were.
 * @throws {InputError} unless they are the same.
 */
export function requireSameExamples(
  where: string,
  before: ExamplesDigest | undefined,
  now: ExamplesDigest | undefined,
): void {
  if (before?.sha256 === now?.sha256) return
  throw new InputError(
    where,
    before ? `the ${before.count} examples that this training began with` : 'none, as before',
    now ? `${now.count} ${before ? 'others' : 'examples'}` : 'none',
  )
}

/**
 * Requires a position that a training with these examples can have. Whoever writes files by hand
 * may have it wrong.
 *
 * @param where The call, as an error names it.
 * @param position Where training stands.
 * @param stepsPerEpoch Steps of an epoch.
 * @param fields How many sums an epoch has.
 * @throws {InputError} naming the field of the file's document that is wrong.
 */
export function requirePossible(
  where: string,
  position: TrainingPosition,
  stepsPerEpoch: number,
  fields: number,
): void {
  const { step, sums } = position
  const refuse = (field: string, rule: string, given: number): never => {
    throw new InputError(`${where}: training.${field} of the file`, rule, String(given))
  }
  const done = epochsDone(position)
  if (Math.floor(step / stepsPerEpoch) !== done)
    refuse('step', `a step after ${done} epochs of ${stepsPerEpoch} steps`, step)
  if (sums.length !== 0 && sums.length !== fields) refuse('sums', `${fields} sums`, sums.length)
}

/**
 * Whether two values are the same plain data, whatever the order of their fields.
 *
 * @param a Plain data.
 * @param b Plain data.
 */
export function sameData(a: unknown, b: unknown): boolean {
  return written(a) === written(b)
}

/**
 * Plain data as a text.
 *
 * @param value Plain data.
 * @returns JSON, the fields in alphabetical order; without those that are undefined.
 */
export function written(value: unknown): string {
  if (value === undefined) return 'none'
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

function shareOf(validation: EpochsOptions['validation']): number | undefined {
  return typeof validation === 'number' ? validation : undefined
}
