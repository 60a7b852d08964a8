// Which class each example belongs to, and which the network takes it for.

import type { LabelArray, NumberArray } from '../examples.js'

/** The class of each of `count` rows: its number where there is one number a row, else where the row is largest. */
export function classesOf(rows: NumberArray | LabelArray, count: number): number[] {
  const columns = rows.length / count
  return Array.from({ length: count }, (_, row) => {
    if (columns === 1) return rows[row]!
    let largest = 0
    for (let column = 1; column < columns; column++) if (rows[row * columns + column]! > rows[row * columns + largest]!) largest = column
    return largest
  })
}
