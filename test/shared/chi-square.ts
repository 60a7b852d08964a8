// Pearson's chi-square, for tests of what is drawn at random.

/** How far the numbers of times are from what is expected of each. */
export const chiSquare = (seen: Iterable<number>, expected: number): number => {
  let sum = 0
  for (const times of seen) sum += (times - expected) ** 2 / expected
  return sum
}

/**
 * What an even distribution stays below but for one time in 3.5 million: five deviations, by Wilson
 * and Hilferty, "The distribution of chi-square" (1931).
 */
export const mostChiSquare = (degrees: number): number => {
  const variance = 2 / (9 * degrees)
  return degrees * (1 - variance + 5 * Math.sqrt(variance)) ** 3
}
