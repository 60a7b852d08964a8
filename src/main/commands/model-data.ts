// The examples that a command gives a model: those of a data set, if they fit.

import { InputError, shorten } from '../../shared/errors.js'
import type { Network } from '../../shared/model/network.js'
import type { Examples } from '../data/arrays.js'
import { loadDataSet } from '../data/data-sets.js'
import { counted } from './report.js'

/** Examples of a data set. */
export interface ModelData {
  /** Those to test with if the data set has some; else all. */
  examples: Examples
  count: number
  /** Outputs that a network for it has. */
  outputs: number
  /** Which examples they are, in words. */
  what: string
}

/**
 * Loads a data set for a model.
 *
 * @param file The model's, as an error names it.
 * @param name The data set's.
 * @throws {InputError} if there is no such data set, or its columns are not the model's.
 */
export async function loadDataFor(
  { inputs }: Network,
  file: string,
  name: string,
): Promise<ModelData> {
  const { columns, outputs, test, ...all } = await loadDataSet(name)
  if (columns !== inputs)
    throw new InputError(
      shorten(name),
      `${counted(inputs, 'column')} of inputs, as many as ${shorten(file)} takes`,
      String(columns),
    )
  const { inputs: rows, targets, sampleWeights } = test ?? all
  const count = rows.length / columns
  return {
    examples: { inputs: rows, targets, sampleWeights },
    count,
    outputs,
    what: test ? counted(count, 'test example') : `all ${counted(count, 'example')}`,
  }
}
