// Which class each example belongs to, and which the network takes it for.

import { largestOf } from '../../shared/figures/answers.js'
import type { LabelArray, NumberArray } from '../data/arrays.js'

/**
 * The class of each row: its number where there is one number a row, else where the row is largest;
 * -1 where a value is not a number.
 *
 * @param rows (count, columns), row-major, or (count).
 * @param count How many rows.
 * @returns (count).
 */
export function classesOf(rows: NumberArray | LabelArray, count: number): number[] {
  const columns = rows.length / count
  return Array.from({ length: count }, (_, row) =>
    columns === 1 ? rows[row]! : largestOf(rows, row * columns, columns),
  )
}
