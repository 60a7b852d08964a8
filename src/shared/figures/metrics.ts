// Metrics beside the cost. Each is worked out from sums over examples, which shards and blocks
// tally like their loss, so it doesn't depend on who counted what.

import { InputError } from '../errors.js'
import { hasAccuracy } from '../network/losses.js'
import type { ActivationName } from '../network/activations.js'

/** The sums that every tally begins with. */
export const Tally = {
  /** Losses, each times its example's weight. */
  loss: 0,
  /** Weights of the examples: without weights, their number. */
  weight: 1,
  /** Right answers. */
  correct: 2,
} as const
export const TALLY_FIELDS = 3

export const metricNames = [
  'accuracy',
  'topKAccuracy',
  'meanAbsoluteError',
  'precision',
  'recall',
  'f1',
  'confusionMatrix',
] as const
export type MetricName = (typeof metricNames)[number]

/**
 * Metrics by name. Those of classes need sigmoid or softmax outputs; example weights play no part
 * in any of them.
 */
export interface Metrics {
  /**
   * Share of right answers: the largest output, or with one output the right side of 1/2. There
   * without being asked for, when the outputs are sigmoid or softmax.
   */
  accuracy?: number
  /** Share of examples whose class is among the k largest outputs. */
  topKAccuracy?: number
  /** Mean over examples and outputs of |p - y|. */
  meanAbsoluteError?: number
  /**
   * Of the examples put into a class, the share that belongs there: of class 1 with one output, the
   * plain mean over the classes with several; 0 if there are none.
   */
  precision?: number
  /** Of the examples that belong to a class, the share put there; likewise. */
  recall?: number
  /** Harmonic mean of a class's precision and recall; likewise. */
  f1?: number
  /** Examples by class (rows) and by the class they were put into (columns). */
  confusionMatrix?: number[][]
}

/** Which sums a tally has beside the first ones, and where. */
export interface TallyLayout {
  fields: number
  /** Classes: the outputs, or 2 with one output. */
  classes: number
  k: number
  topK: number | undefined
  absoluteError: number | undefined
  /** Row by row, a row for each true class. */
  confusion: number | undefined
  /** What is reported. */
  names: readonly MetricName[]
}

const ofConfusion: readonly MetricName[] = ['precision', 'recall', 'f1', 'confusionMatrix']

export interface MetricOptions {
  /** Figures to work out beside cost and accuracy. */
  metrics?: readonly MetricName[]
  /**
   * The k of topKAccuracy.
   * @default 5
   */
  topK?: number
}

/** The outputs that are counted: how many, and what they went through. */
export interface ClassOutputs {
  units: number
  activation: ActivationName
}

/** @throws {InputError} if a metric of classes is asked of outputs that are none. */
export function tallyLayout(
  where: string,
  { activation, units: outputs }: ClassOutputs,
  { metrics: wanted = [], topK: k = 5 }: MetricOptions = {},
): TallyLayout {
  const wrong = hasAccuracy(activation)
    ? undefined
    : wanted.find((name) => name !== 'meanAbsoluteError')
  if (wrong)
    throw new InputError(
      `${where}: metrics`,
      `only meanAbsoluteError with ${activation} outputs, which say no class`,
      `'${wrong}'`,
    )
  const names = metricNames.filter(
    (name) => wanted.includes(name) || (name === 'accuracy' && hasAccuracy(activation)),
  )
  const classes = Math.max(2, outputs)
  let fields = TALLY_FIELDS
  const claim = (wanted: boolean, count: number): number | undefined => {
    if (!wanted) return undefined
    fields += count
    return fields - count
  }
  const topK = claim(names.includes('topKAccuracy'), 1)
  const absoluteError = claim(names.includes('meanAbsoluteError'), 1)
  const confusion = claim(
    names.some((name) => ofConfusion.includes(name)),
    classes * classes,
  )
  return { fields, classes, k, topK, absoluteError, confusion, names }
}

/** Ready for the next sums. (`fill` would take as long as a small network's whole layer.) */
export function clearTally(tally: Float64Array): void {
  for (let field = 0; field < tally.length; field++) tally[field] = 0
}

/**
 * Adds what the metrics need of some rows to a tally.
 * @param outputs (rows, columns), beginning at `outputsAt`, a row every `width` elements.
 * @param targets Likewise.
 */
export function tallyMetrics(
  layout: TallyLayout,
  outputs: ArrayLike<number>,
  outputsAt: number,
  targets: ArrayLike<number>,
  targetsAt: number,
  rows: number,
  columns: number,
  width: number,
  tally: Float64Array,
): void {
  const { absoluteError, classes, confusion, k, topK } = layout
  for (let row = 0; row < rows; row++) {
    const [p, y] = [outputsAt + row * width, targetsAt + row * width]
    if (absoluteError !== undefined) {
      for (let j = 0; j < columns; j++)
        tally[absoluteError]! += Math.abs(outputs[p + j]! - targets[y + j]!)
    }
    if (topK === undefined && confusion === undefined) continue
    const truth = classOf(targets, y, columns)
    if (topK !== undefined && rankOf(outputs, p, columns, truth) < k) tally[topK]! += 1
    if (confusion !== undefined)
      tally[confusion + truth * classes + classOf(outputs, p, columns)]! += 1
  }
}

/**
 * The class that a row says, its values beginning at `at`: the largest of several, or the side of
 * 1/2 of one.
 */
export function classOf(values: ArrayLike<number>, at: number, columns: number): number {
  if (columns === 1) return values[at]! >= 0.5 ? 1 : 0
  let largest = 0
  for (let j = 1; j < columns; j++) if (values[at + j]! > values[at + largest]!) largest = j
  return largest
}

/** How many classes have a larger output. */
function rankOf(outputs: ArrayLike<number>, at: number, columns: number, wanted: number): number {
  if (columns === 1) return classOf(outputs, at, 1) === wanted ? 0 : 1
  let rank = 0
  for (let j = 0; j < columns; j++) if (outputs[at + j]! > outputs[at + wanted]!) rank++
  return rank
}

/** The metrics asked for, from sums over so many examples with so many outputs each. */
export function metricsOf(
  layout: TallyLayout,
  sums: ArrayLike<number>,
  examples: number,
  outputs: number,
): Metrics {
  const { absoluteError, classes, confusion, names, topK } = layout
  const metrics: Metrics = {}
  if (names.includes('accuracy')) metrics.accuracy = sums[Tally.correct]! / examples
  if (topK !== undefined) metrics.topKAccuracy = sums[topK]! / examples
  if (absoluteError !== undefined)
    metrics.meanAbsoluteError = sums[absoluteError]! / (examples * outputs)
  if (confusion === undefined) return metrics
  const matrix = Array.from({ length: classes }, (_, truth) =>
    Array.from({ length: classes }, (_, put) => sums[confusion + truth * classes + put]!),
  )
  const scores = matrix.map((row, c) =>
    scoresOf(
      row[c]!,
      matrix.reduce((sum, other) => sum + other[c]!, 0),
      row.reduce((sum, count) => sum + count, 0),
    ),
  )
  const judged = outputs === 1 ? scores.slice(1) : scores
  for (const name of ['precision', 'recall', 'f1'] as const) {
    if (names.includes(name))
      metrics[name] = judged.reduce((sum, score) => sum + score[name], 0) / judged.length
  }
  if (names.includes('confusionMatrix')) metrics.confusionMatrix = matrix
  return metrics
}

/** Of one class: examples rightly put there, all put there, all that belong there. */
function scoresOf(
  right: number,
  put: number,
  belonging: number,
): { precision: number; recall: number; f1: number } {
  const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
  return {
    precision: ratio(right, put),
    recall: ratio(right, belonging),
    f1: ratio(2 * right, put + belonging),
  }
}
