// Rows of inputs on their way into a model: as a trainer stores them, and then reads them.

import { InputError } from '../../shared/errors.js'
import { applyToRows } from '../../shared/formulas/preprocessing/apply.js'
import { paddedWidth } from '../../shared/batches/padding.js'
import { storesPreprocessed } from '../../shared/model/network.js'
import { type NumberArray, rowsOf } from '../data/arrays.js'
import type { CheckedExamples } from '../data/examples.js'

/**
 * Puts rows of inputs where the first layer finds them.
 *
 * @param examples Inputs of the right type and shape.
 * @param first The first row.
 * @param end The row after the last.
 * @param into (end - first, columns), padded.
 * @throws {InputError} naming the first row with a number that is not finite, or a value that is no
 * category.
 */
export function loadRows(
  { count, inputs, shape, where }: CheckedExamples,
  first: number,
  end: number,
  into: Float32Array,
): void {
  const { inputs: columns, preprocessing, scale } = shape
  const given = rowsOf(inputs, count, first, end)
  const rows = { where, firstRow: first }
  if (storesPreprocessed(shape)) {
    const stored = applyToRows(preprocessing, given, { columns, scale, ...rows })
    spread(stored, { ...rows, count: end - first, scale: 1 }, into)
  } else spread(given, { ...rows, count: end - first, scale }, into)
}

/** What there is to know of rows of numbers. */
interface RowsToSpread {
  where: string
  /** The number of the first row in an error. */
  firstRow: number
  count: number
  scale: number
}

/** Each number is rounded to float32, times the scale, which is too, rounded once more. */
function spread(
  values: NumberArray,
  { where, firstRow, count, scale }: RowsToSpread,
  into: Float32Array,
): void {
  const columns = values.length / count
  const width = paddedWidth(columns)
  const factor = Math.fround(scale)
  for (let row = 0; row < count; row++) {
    const [from, to] = [row * columns, row * width]
    for (let j = 0; j < columns; j++) {
      const value = Math.fround(values[from + j]!)
      if (!Number.isFinite(value))
        throw new InputError(
          `${where}, row ${firstRow + row}`,
          'finite numbers',
          String(values[from + j]),
        )
      into[to + j] = value * factor
    }
  }
}
