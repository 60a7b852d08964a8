// Checked examples on their way into the arena: in slices, so that the caller's event loop is never
// held up for long. Their values are checked as they are stored.

import type { ExamplesLayout, MatrixLayout } from '../../shared/arena/arena.js'
import { InputError } from '../../shared/errors.js'
import { applyToRows } from '../../shared/formulas/preprocessing/apply.js'
import { storesPreprocessed } from '../../shared/model/network.js'
import { IN_FLOAT32 } from '../options/conditions.js'
import { type LabelArray, type NumberArray, rowsOf } from './arrays.js'
import type { CheckedExamples } from './examples.js'

/** What is copied, or computed by a step of preprocessing, between two turns of the event loop. */
const ELEMENTS_PER_SLICE = 1 << 20

/** One of the matrices that examples consist of. */
interface Source {
  name: 'inputs' | 'targets' | 'sampleWeights'
  /** What is stored from one row to another. */
  rows: (first: number, end: number) => NumberArray | LabelArray
  /** How many elements of it are a slice, about. */
  elementsPerSlice: number
}

/**
 * Copies examples to their place in the arena, slice by slice; with scale and preprocessing
 * applied, if there is preprocessing.
 *
 * @param memory The arena.
 * @param layout Their place.
 * @param examples What to copy.
 * @param rest Called between slices, to let the event loop turn.
 * @throws {InputError} naming the first row with a number that is not finite, a value that is no
 * category, a label out of range or a weight below 0.
 */
export async function storeExamples(
  memory: WebAssembly.Memory,
  layout: ExamplesLayout,
  examples: CheckedExamples,
  rest: () => Promise<void>,
): Promise<void> {
  const { targets, sampleWeights, where } = examples
  const store = async (place: MatrixLayout, source: Source): Promise<void> =>
    storeMatrix({ memory, place, source, examples, rest })
  await store(layout.inputs, inputsOf(examples))
  if (layout.targets && targets) await store(layout.targets, asGiven('targets', targets, examples))
  if (layout.sampleWeights && sampleWeights) {
    requireWeights(`${where}: sampleWeights`, sampleWeights)
    await store(layout.sampleWeights, asGiven('sampleWeights', sampleWeights, examples))
  }
}

/** The inputs as they came, or preprocessed where they are stored so. */
function inputsOf(examples: CheckedExamples): Source {
  const { inputs, shape, where } = examples
  const source = asGiven('inputs', inputs, examples)
  if (!storesPreprocessed(shape)) return source
  const { inputs: columns, preprocessing, scale } = shape
  return {
    ...source,
    rows: (firstRow, end) =>
      applyToRows(preprocessing, source.rows(firstRow, end), {
        columns,
        scale,
        where: `${where}: inputs`,
        firstRow,
      }),
    elementsPerSlice: Math.ceil(ELEMENTS_PER_SLICE / (1 + preprocessing.length)),
  }
}

function asGiven(
  name: Source['name'],
  values: NumberArray | LabelArray,
  { count }: CheckedExamples,
): Source {
  return {
    name,
    rows: (first, end) => rowsOf(values, count, first, end),
    elementsPerSlice: ELEMENTS_PER_SLICE,
  }
}

/** @throws {InputError} naming the first row with a weight below 0, or one that float32 makes 0. */
function requireWeights(where: string, weights: NumberArray): void {
  const wrong = weights.findIndex(
    (weight) => weight < 0 || (weight !== 0 && Math.fround(weight) === 0),
  )
  if (wrong < 0) return
  const weight = weights[wrong]!
  const rule = 'numbers of at least 0'
  throw new InputError(
    `${where}, row ${wrong}`,
    weight < 0 ? rule : `${rule}${IN_FLOAT32}`,
    String(weight),
  )
}

interface MatrixToStore {
  memory: WebAssembly.Memory
  place: MatrixLayout
  source: Source
  /** Whose it is. */
  examples: CheckedExamples
  rest: () => Promise<void>
}

async function storeMatrix({
  memory,
  place: { columns, offset, type },
  source: { name, rows, elementsPerSlice },
  examples: { count, outputs, where },
  rest,
}: MatrixToStore): Promise<void> {
  const rowsPerSlice = Math.max(1, Math.floor(elementsPerSlice / columns))
  const matrix = new arrayTypes[type](memory.buffer, offset, count * columns)
  for (let first = 0; first < count; first += rowsPerSlice) {
    const end = Math.min(count, first + rowsPerSlice)
    const slice = rows(first, end)
    const stored = matrix.subarray(first * columns, end * columns)
    stored.set(slice)
    const wrong = type === 'labels' ? indexOutOfRange(slice, outputs) : indexNotFinite(stored)
    if (wrong !== undefined) {
      const rule = type === 'labels' ? `class labels from 0 to ${outputs - 1}` : 'finite numbers'
      throw new InputError(
        `${where}: ${name}, row ${first + Math.floor(wrong / columns)}`,
        rule,
        String(slice[wrong]),
      )
    }
    if (end < count) await rest()
  }
}

const arrayTypes = {
  uint8: Uint8Array,
  float32: Float32Array,
  float64: Float64Array,
  labels: Int32Array,
}

function indexNotFinite(values: ArrayLike<number>): number | undefined {
  if (values instanceof Uint8Array) return undefined
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i
  return undefined
}

function indexOutOfRange(labels: ArrayLike<number>, classes: number): number | undefined {
  for (let i = 0; i < labels.length; i++) if (labels[i]! < 0 || labels[i]! >= classes) return i
  return undefined
}
