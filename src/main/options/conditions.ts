// What numbers and names must be, in code and in words. rules.ts makes of it what most options are
// checked by; plain-checks.ts checks networks and files by it, without a library, so that what only
// predicts stays small.

/** Something that holds of a value, or doesn't. */
export interface Condition {
  holds: (value: unknown) => boolean
  /** As an error says what was expected. */
  words: string
  /** The names that are right, if it is about names. */
  names?: readonly string[]
}

/**
 * A safe integer that is no smaller than `minimum`.
 *
 * @param minimum The smallest number that is right.
 * @returns The condition.
 */
export const wholeFrom = (minimum: number): Condition => ({
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= minimum,
  words: `a whole number of at least ${minimum}`,
})

/**
 * A number, neither NaN nor infinite, of which something holds.
 *
 * @param words What holds, in words.
 * @param holds Whether it does.
 * @returns The condition.
 */
export const finite = (
  words: string,
  holds: (value: number) => boolean = () => true,
): Condition => ({
  holds: (value) => typeof value === 'number' && Number.isFinite(value) && holds(value),
  words,
})

/** What a condition's words add where it must hold of what float32 makes of a number. */
export const IN_FLOAT32 = ' in float32 too, in which training computes'

/**
 * A number of which something holds, also of what float32 makes of it: training computes in that,
 * on every backend but one, and an option means the same on all.
 *
 * @param words What holds, in words.
 * @param holds Whether it does.
 * @returns Two conditions: of the number, and of what float32 makes of it.
 */
export const finiteInFloat32 = (
  words: string,
  holds: (value: number) => boolean = () => true,
): [Condition, Condition] => [
  finite(words, holds),
  finite(`${words}${IN_FLOAT32}`, (value) => {
    const rounded = Math.fround(value)
    return Number.isFinite(rounded) && holds(rounded) && (rounded !== 0 || value === 0)
  }),
]

/**
 * One of some names.
 *
 * @param names The names.
 * @returns The condition.
 */
export const among = (names: readonly string[]): Condition => ({
  holds: (value) => names.includes(value as string),
  words: `one of ${names.join(', ')}`,
  names,
})

/** A finite number above 0. */
export const isAbove0 = finite('a number above 0', (value) => value > 0)
/** A number of at least 0 and below 1, in float32 too. */
export const isBelow1 = finiteInFloat32(
  'a number from 0 to below 1',
  (value) => value >= 0 && value < 1,
)
/** True or false. */
export const isTrueOrFalse: Condition = {
  holds: (value) => typeof value === 'boolean',
  words: 'true or false',
}
/** A deviation of weights: the largest number drawn is below 9 deviations, and must be finite. */
export const isDeviation = finiteInFloat32(
  'a number above 0, at most 1e37',
  (value) => value > 0 && value <= 1e37,
)
