// What a learning-rate finder has found.

/** The cost over the learning rates tried. */
export interface RateCurve {
  /** The learning rates tried, rising. */
  rates: number[]
  /**
   * The cost before the step at each rate. Ends where the cost has grown to four times its lowest,
   * or is no longer finite.
   */
  costs: number[]
  /**
   * The smaller of two common suggestions: the rate at which the cost fell fastest, and a tenth of
   * the one at which it was lowest.
   */
  suggested: number
}

/** The rate that a curve suggests; undefined if it has no cost. */
export function suggestedRate(rates: number[], costs: number[]): number | undefined {
  const falls = costs.slice(1).map((cost, i) => costs[i]! - cost)
  const [fastest, lowest] = [
    rates[falls.indexOf(Math.max(...falls))],
    rates[costs.indexOf(Math.min(...costs))],
  ]
  return fastest === undefined || lowest === undefined ? undefined : Math.min(fastest, lowest / 10)
}
