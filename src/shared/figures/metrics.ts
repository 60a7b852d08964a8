// Metrics beside the cost. Each is worked out from sums over examples, which are tallied shard by
// shard (or block by block) like the loss, so it doesn't depend on which worker counted. A new
// metric is its field and its entry in the table here, and an entry among the sums if it needs
// another.

import { InputError } from '../errors.js'
import { hasAccuracy } from '../formulas/losses.js'
import type { ActivationName } from '../formulas/activations.js'

/** The sums that every tally begins with. */
export const Tally = {
  /** Losses, each times its example's weight. */
  loss: 0,
  /** Weights of the examples: without weights, their number. */
  weight: 1,
  /** Right answers. */
  correct: 2,
  /** Of a step: the regularization term, times the weight. No example adds to it. */
  penalty: 3,
} as const
export const TALLY_FIELDS = 4

/** The cost, of a tally whose loss and penalty are means. */
export function costOf(figures: ArrayLike<number>): number {
  return figures[Tally.loss]! + figures[Tally.penalty]!
}

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
  /** Share of examples whose class is among the k largest outputs; `topK` is k. */
  topKAccuracy?: number
  /** Mean over examples and outputs of |p - y|, p the output and y the target. */
  meanAbsoluteError?: number
  /**
   * Of the examples put into a class, the share that belongs there; 0 if none was put there. With
   * one output it is that of class 1, with several the plain mean over the classes.
   */
  precision?: number
  /** Of the examples that belong to a class, the share put there; over classes as `precision`. */
  recall?: number
  /** Harmonic mean of a class's precision and recall; over classes as `precision`. */
  f1?: number
  /** Examples by class (rows) and by the class they were put into (columns). */
  confusionMatrix?: number[][]
}

/** The names of the metrics. */
export type MetricName = keyof Metrics

/** What a tally adds up for metrics, beside the first sums. */
interface Sum {
  /** How many numbers. */
  fields: (classes: number) => number
  /** Adds one example's to the numbers that begin at `at`. */
  add: (tally: Float64Array, at: number, row: Row) => void
}

/** One example's outputs and targets: `columns` values of each, from where they begin. */
interface Row {
  values: ArrayLike<number>
  outputsAt: number
  targetsAt: number
  columns: number
  /** The outputs, or 2 with one output. */
  classes: number
  k: number
}

const sums = {
  /** Examples whose class is among the k largest outputs. */
  topK: {
    fields: () => 1,
    add(tally, at, { values, outputsAt, targetsAt, columns, k }) {
      const truth = classOf(values, targetsAt, columns)
      if (rankOf(values, outputsAt, columns, truth) < k) tally[at]! += 1
    },
  },
  /** |p - y|, over examples and outputs. */
  absoluteError: {
    fields: () => 1,
    add(tally, at, { values, outputsAt, targetsAt, columns }) {
      for (let j = 0; j < columns; j++)
        tally[at]! += Math.abs(values[outputsAt + j]! - values[targetsAt + j]!)
    },
  },
  /** Examples by true class, row by row, and by the class they were put into. */
  confusion: {
    fields: (classes) => classes * classes,
    add(tally, at, { values, outputsAt, targetsAt, columns, classes }) {
      const truth = classOf(values, targetsAt, columns)
      tally[at + truth * classes + classOf(values, outputsAt, columns)]! += 1
    },
  },
} as const satisfies Record<string, Sum>
type SumName = keyof typeof sums
const sumNames = Object.keys(sums) as SumName[]

/** What metrics are worked out from. */
interface Figures {
  examples: number
  outputs: number
  /** Right answers. */
  correct: number
  topK: number
  absoluteError: number
  /** Examples by class and by the class they were put into. */
  confusion: number[][]
  /** Of the classes that are judged: of class 1 with one output. */
  scores: ClassScores[]
}

/** All there is to know of a metric. */
export interface Metric<Value> {
  /** The sum it needs beside those of every tally. */
  from?: SumName
  /** Whether it needs outputs that say a class. */
  ofClasses: boolean
  /** Which is better; of what can't be watched, neither. */
  better: 'higher' | 'lower' | undefined
  value: (figures: Figures) => Value
}

/** A table of metrics by name. */
export type MetricTable = {
  readonly [Name in MetricName]: Metric<NonNullable<Metrics[Name]>>
}

const meanOf = (scores: ClassScores[], which: keyof ClassScores): number =>
  scores.reduce((sum, score) => sum + score[which], 0) / scores.length

/** In the order in which they are reported. */
export const metrics: MetricTable = {
  accuracy: {
    ofClasses: true,
    better: 'higher',
    value: ({ correct, examples }) => correct / examples,
  },
  topKAccuracy: {
    from: 'topK',
    ofClasses: true,
    better: 'higher',
    value: ({ topK, examples }) => topK / examples,
  },
  meanAbsoluteError: {
    from: 'absoluteError',
    ofClasses: false,
    better: 'lower',
    value: ({ absoluteError, examples, outputs }) => absoluteError / (examples * outputs),
  },
  precision: {
    from: 'confusion',
    ofClasses: true,
    better: 'higher',
    value: ({ scores }) => meanOf(scores, 'precision'),
  },
  recall: {
    from: 'confusion',
    ofClasses: true,
    better: 'higher',
    value: ({ scores }) => meanOf(scores, 'recall'),
  },
  f1: {
    from: 'confusion',
    ofClasses: true,
    better: 'higher',
    value: ({ scores }) => meanOf(scores, 'f1'),
  },
  confusionMatrix: {
    from: 'confusion',
    ofClasses: true,
    better: undefined,
    value: ({ confusion }) => confusion,
  },
}
export const metricNames = Object.keys(metrics) as MetricName[]

/** Which sums a tally has beside the first ones, and where. */
export interface TallyLayout {
  fields: number
  /** Classes: the outputs, or 2 with one output. */
  classes: number
  k: number
  /** Where each sum that is needed begins. */
  places: Partial<Record<SumName, number>>
  /** What is reported. */
  names: readonly MetricName[]
}

/** Which metrics are worked out. */
export interface MetricOptions {
  /**
   * Metrics to work out beside cost and accuracy.
   * @default none
   */
  metrics?: readonly MetricName[]
  /**
   * The k of topKAccuracy, a whole number of at least 1. Only with topKAccuracy among the metrics.
   * @default 5
   */
  topK?: number
}

/** The outputs that are counted: how many, and what they went through. */
export interface ClassOutputs {
  units: number
  activation: ActivationName
}

/**
 * @param table The metrics there are.
 * @throws {InputError} if a metric of classes is asked of outputs that are none.
 */
export function tallyLayout(
  where: string,
  { activation, units: outputs }: ClassOutputs,
  { metrics: wanted = [], topK: k = 5 }: MetricOptions = {},
  table: MetricTable = metrics,
): TallyLayout {
  const saysClass = hasAccuracy(activation)
  const all = Object.keys(table) as MetricName[]
  const wrong = saysClass ? undefined : wanted.find((name) => table[name].ofClasses)
  if (wrong)
    throw new InputError(
      `${where}: metrics`,
      `only ${all.filter((name) => !table[name].ofClasses).join(', ')} with ${activation} outputs, ` +
        'which say no class',
      `'${wrong}'`,
    )
  const names = all.filter((name) => wanted.includes(name) || (name === 'accuracy' && saysClass))
  const classes = Math.max(2, outputs)
  const places: TallyLayout['places'] = {}
  let fields = TALLY_FIELDS
  for (const sum of sumNames) {
    if (!names.some((name) => table[name].from === sum)) continue
    places[sum] = fields
    fields += sums[sum].fields(classes)
  }
  return { fields, classes, k, places, names }
}

/** Ready for the next sums. (`fill` would take as long as a small network's whole layer.) */
export function clearTally(tally: Float64Array): void {
  for (let field = 0; field < tally.length; field++) tally[field] = 0
}

/** Rows to count, as they lie in an array: from where the first begins, one every `width`. */
export interface TalliedRows {
  values: ArrayLike<number>
  /** Where the first row's outputs begin. */
  outputsAt: number
  targetsAt: number
  rows: number
  columns: number
  width: number
}

/** Filled in row by row. */
const row: Row = { values: [], outputsAt: 0, targetsAt: 0, columns: 0, classes: 0, k: 0 }

/** Adds what the metrics need of some rows to a tally. */
export function tallyMetrics(
  { classes, k, places }: TallyLayout,
  { values, outputsAt, targetsAt, rows, columns, width }: TalliedRows,
  tally: Float64Array,
): void {
  row.values = values
  row.columns = columns
  row.classes = classes
  row.k = k
  for (const name of sumNames) {
    const at = places[name]
    if (at === undefined) continue
    for (let i = 0; i < rows; i++) {
      row.outputsAt = outputsAt + i * width
      row.targetsAt = targetsAt + i * width
      sums[name].add(tally, at, row)
    }
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
  { classes, names, places }: TallyLayout,
  tally: ArrayLike<number>,
  examples: number,
  outputs: number,
  table: MetricTable = metrics,
): Metrics {
  const sumAt = (at: number | undefined): number => (at === undefined ? NaN : tally[at]!)
  const confusion = places.confusion === undefined ? [] : matrixAt(tally, places.confusion, classes)
  const scores = confusion.map((_, c) => scoresOf(confusion, c))
  const figures: Figures = {
    examples,
    outputs,
    correct: tally[Tally.correct]!,
    topK: sumAt(places.topK),
    absoluteError: sumAt(places.absoluteError),
    confusion,
    scores: outputs === 1 ? scores.slice(1) : scores,
  }
  return Object.fromEntries(names.map((name) => [name, table[name].value(figures)]))
}

function matrixAt(tally: ArrayLike<number>, at: number, classes: number): number[][] {
  return Array.from({ length: classes }, (_, truth) =>
    Array.from({ length: classes }, (_, put) => tally[at + truth * classes + put]!),
  )
}

interface ClassScores {
  precision: number
  recall: number
  f1: number
}

/** Of one class: from the examples rightly put there, all put there, all that belong there. */
function scoresOf(confusion: number[][], one: number): ClassScores {
  const right = confusion[one]![one]!
  const put = confusion.reduce((sum, other) => sum + other[one]!, 0)
  const belonging = confusion[one]!.reduce((sum, count) => sum + count, 0)
  const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
  return {
    precision: ratio(right, put),
    recall: ratio(right, belonging),
    f1: ratio(2 * right, put + belonging),
  }
}
