// `trainTestSplit`: some examples to train on, some to test with.

import { refuseOptions } from '../options/check.js'
import { type SplitOptions, checkSplitOptions } from '../options/split-options.js'
import { InputError, show } from '../../shared/errors.js'
import { permutation } from '../../shared/batches/shuffle.js'
import {
  type Examples,
  type LabelArray,
  type NumberArray,
  exampleFields,
  isLabelArray,
  isNumberArray,
} from './arrays.js'

/**
 * Draws examples at random, by the seed, to test with; the rest is for training.
 *
 * @param examples All of them; they stay as they are.
 * @param columns Columns of the inputs.
 * @param options How many to draw, and by which seed.
 * @returns Copies of both parts.
 * @throws {InputError} on wrong options, a wrong shape, or if no row would be left to train on.
 */
export function trainTestSplit(
  examples: Examples,
  columns: number,
  options: SplitOptions = {},
): {
  /** The examples to train on. */
  training: Examples
  /** The examples to test with. */
  test: Examples
} {
  const where = 'trainTestSplit'
  const { test, seed } = checkSplitOptions(where, options)
  const given: unknown = examples
  if (typeof given !== 'object' || given === null)
    throw new InputError(where, '{ inputs, targets }', show(given))
  refuseOptions(where, given, exampleFields)
  const { inputs, targets, sampleWeights } = examples
  if (!(Number.isSafeInteger(columns) && columns >= 1))
    throw new InputError(`${where}: columns`, 'a whole number of at least 1', show(columns))
  if (!isNumberArray(inputs) || inputs.length % columns !== 0)
    throw new InputError(`${where}: inputs`, `a typed array of rows of ${columns}`, show(inputs))
  const count = inputs.length / columns
  if (
    !(isNumberArray(targets) || isLabelArray(targets)) ||
    targets.length === 0 ||
    targets.length % count !== 0
  ) {
    throw new InputError(
      `${where}: targets`,
      `a typed array with as many for each of ${count} rows`,
      show(targets),
    )
  }
  if (
    sampleWeights !== undefined &&
    !(isNumberArray(sampleWeights) && sampleWeights.length === count)
  ) {
    throw new InputError(
      `${where}: sampleWeights`,
      `a typed array of ${count}, one for each row`,
      show(sampleWeights),
    )
  }
  const kept = count - Math.ceil(count * test)
  if (kept < 1)
    throw new InputError(
      `${where}: inputs`,
      `rows of which a share of ${test} leaves some to train on`,
      `${count}`,
    )

  const order = permutation(seed, -1, count)
  const rows = Array.from({ length: count }, (_, position) => order(position))
  const take = (chosen: number[]): Examples => ({
    inputs: takeRows(inputs, count, chosen),
    targets: takeRows(targets, count, chosen),
    ...(sampleWeights && { sampleWeights: takeRows(sampleWeights, count, chosen) }),
  })
  return { training: take(rows.slice(0, kept)), test: take(rows.slice(kept)) }
}

function takeRows<Values extends NumberArray | LabelArray>(
  values: Values,
  count: number,
  rows: number[],
): Values {
  const columns = values.length / count
  // The slice of a Buffer's own would be no copy.
  const taken = Uint8Array.prototype.slice.call(values, 0, rows.length * columns) as Values
  rows.forEach((row, i) =>
    taken.set(values.subarray(row * columns, (row + 1) * columns), i * columns),
  )
  return taken
}
