// The result of the learning-rate finder.

/** The cost over the learning rates tried. */
export interface RateCurve {
  /** The learning rates tried, rising by the same factor from each to the next. */
  rates: number[]
  /**
   * The cost before the step at each rate, as many as there are rates. Ends where the cost has
   * grown to more than four times its lowest, or is no longer finite.
   */
  costs: number[]
  /**
   * The smaller of two common suggestions: the rate at which the cost fell fastest, and a tenth of
   * the one at which it was lowest.
   */
  suggested: number
}

/**
 * The smaller of the rate at which the cost fell fastest, and a tenth of the one at which it was
 * lowest.
 *
 * @param rates The learning rates tried.
 * @param costs The cost at each.
 * @returns The rate; undefined if there are fewer than two.
 */
export function suggestedRate(rates: number[], costs: number[]): number | undefined {
  const falls = costs.slice(1).map((cost, i) => costs[i]! - cost)
  const [fastest, lowest] = [
    rates[falls.indexOf(Math.max(...falls))],
    rates[costs.indexOf(Math.min(...costs))],
  ]
  return fastest === undefined || lowest === undefined ? undefined : Math.min(fastest, lowest / 10)
}
