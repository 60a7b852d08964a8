// `shardgrad predict`: what a model says of the rows of a data set, or of those that come on
// standard input, a line each on standard output.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { InputError, messageOf, show } from '../../shared/errors.js'
import { columnsOf } from '../../shared/model/network.js'
import { rowsOf } from '../data/arrays.js'
import { loadModel } from '../inference/node/load-model.js'
import type { TrainedModel } from '../inference/model.js'
import { loadDataFor } from './model-data.js'
import { type PredictionFormat, predictionLines } from './prediction-lines.js'
import { counted } from './report.js'

export interface PredictOptions {
  format: PredictionFormat
}

/** Rows that are predicted between two turns of the event loop. */
const ROWS_AT_A_TIME = 256

/**
 * Predicts, and writes a line for every row.
 *
 * @param name A data set, or `-` for standard input: a JSON array of numbers a line, answered as
 * they come.
 * @param signal Ends it.
 * @throws {FileError} of a file that is no model.
 * @throws {InputError} on rows that don't fit it.
 */
export async function predict(
  file: string,
  name: string,
  { format }: PredictOptions,
  signal: AbortSignal,
): Promise<void> {
  const model = await loadModel(file)
  const { header, line } = predictionLines(model, format)
  const batches =
    name === '-' ? predictLines(model, signal) : await predictDataSet(model, file, name)
  if (header !== undefined) await write([header], signal)
  const columns = columnsOf(model.network).at(-1)!
  for await (const outputs of batches) {
    const lines = Array.from({ length: outputs.length / columns }, (_, row) =>
      line(outputs.subarray(row * columns, (row + 1) * columns)),
    )
    await write(lines, signal)
  }
  signal.throwIfAborted()
}

/** The outputs of a data set's rows, some rows at a time. */
async function predictDataSet(
  model: TrainedModel,
  file: string,
  name: string,
): Promise<AsyncIterable<Float32Array>> {
  const { examples, count } = await loadDataFor(model.network, file, name)
  return (async function* () {
    for (let from = 0; from < count; from += ROWS_AT_A_TIME) {
      const to = Math.min(count, from + ROWS_AT_A_TIME)
      yield model.predict(rowsOf(examples.inputs, count, from, to))
      await setImmediate()
    }
  })()
}

/** The outputs of the rows that come on standard input, each as soon as it is there. */
async function* predictLines(
  model: TrainedModel,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  let number = 0
  for await (const text of createInterface({ input: process.stdin, signal })) {
    number++
    if (text.trim() !== '') yield predictLine(model, text, `standard input, line ${number}`)
  }
}

/** @throws {InputError} of a line that is no row for the model. */
function predictLine(model: TrainedModel, text: string, where: string): Float32Array {
  const { inputs } = model.network
  const row = parse(text)
  if (!Array.isArray(row) || !row.every((value) => typeof value === 'number'))
    throw new InputError(where, `a JSON array of ${counted(inputs, 'number')}`, show(text))
  if (row.length !== inputs)
    throw new InputError(
      where,
      `${counted(inputs, 'number')}, as many as the model takes`,
      `${row.length}`,
    )
  try {
    return model.predict(Float64Array.from(row))
  } catch (error) {
    throw new InputError(where, 'a row that the model takes', messageOf(error))
  }
}

/** Undefined if it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Writes lines to standard output, as fast as they are read there. */
async function write(lines: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (process.stdout.write(lines.map((line) => `${line}\n`).join(''))) return
  try {
    await once(process.stdout, 'drain', { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
