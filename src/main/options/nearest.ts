// Which name was meant by a wrong one.

import leven from 'leven'

/** No name is nearly as long; comparing longer words would take time for nothing. */
const LONGEST_WORD = 40
/** Letters that may be wrong, at most. */
const MOST_WRONG = 3

/**
 * The name that a word is nearly: all but one letter in three, and at most three, are right.
 * Capitals, hyphens, underscores and spaces don't count; letters in the wrong order count less.
 *
 * @param word What was given.
 * @param names What is known.
 * @returns Undefined if none is near, or if the word is one of them.
 */
export function nearest(word: unknown, names: readonly string[]): string | undefined {
  if (typeof word !== 'string' || word.length > LONGEST_WORD || names.includes(word))
    return undefined
  const letters = plain(word)
  const distances = names.map((name) => distance(letters, plain(name)))
  const least = Math.min(...distances)
  return least <= Math.min(MOST_WRONG, letters.length / 3)
    ? names[distances.indexOf(least)]
    : undefined
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, '')
}

/** Swapped letters are two changes, but one mistake. */
function distance(one: string, other: string): number {
  const changes = leven(one, other)
  return changes > 0 && sorted(one) === sorted(other) ? changes - 1 : changes
}

function sorted(word: string): string {
  return Array.from(word).sort().join('')
}
