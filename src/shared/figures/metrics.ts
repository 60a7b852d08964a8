// Metrics beside the cost. Each is worked out from sums over examples, which are tallied shard by
// shard (or block by block) like the loss, so it doesn't depend on which worker counted; or from
// all examples together, once an epoch. A new metric is its field and its entry in the table here,
// and an entry among the sums if it needs another.

import { InputError } from '../errors.js'
import { exactLog } from '../numerics/exact.js'
import { type Answers, NO_CLASS, largestOf, rankOf, sideOf } from './answers.js'
import { areaUnderCurve } from './area-under-curve.js'

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
 * Metrics by name. Outputs answer in one of three ways. Softmax outputs, and sigmoid outputs of
 * examples with class labels, say one class: the largest output's. Other sigmoid outputs answer a
 * yes-or-no question each, yes from 1/2 on, if all targets are 0 or 1. All others are numbers.
 *
 * An output that is not a number says nothing: it is never right. Example weights play no part.
 */
export interface Metrics {
  /**
   * Share of right answers: of examples whose class is right, or of yes-or-no questions rightly
   * answered, over all examples and outputs. There without being asked for where there are answers.
   */
  accuracy?: number
  /**
   * Share of examples whose class is among the k largest outputs; `topK` is k. Of equal outputs the
   * first counts as larger, as for the accuracy. Not with several yes-or-no questions.
   */
  topKAccuracy?: number
  /** Mean over examples and outputs of |p - y|, p the output and y the target. */
  meanAbsoluteError?: number
  /**
   * The root of the mean over examples of (p - y)^2; with several outputs, the plain mean of their
   * roots. As scikit-learn's root_mean_squared_error.
   */
  rootMeanSquaredError?: number
  /**
   * The coefficient of determination: 1 - (sum of (p - y)^2) / (sum of (y - mean of y)^2). With
   * several outputs, the plain mean of theirs. Where y is always the same, 1 if p is that too, else
   * 0. Not a number of fewer than two examples. As scikit-learn's r2_score.
   */
  r2?: number
  /**
   * Of the examples put into a class, the share that belongs there; 0 if none was put there. The
   * plain mean over the classes; of a yes-or-no question it is that of the yes, and with several
   * questions the plain mean over them.
   */
  precision?: number
  /** Of the examples that belong to a class, the share put there; mean as for `precision`. */
  recall?: number
  /** Harmonic mean of a class's precision and recall; mean as for `precision`. */
  f1?: number
  /**
   * Mean over the examples of -ln p, p the share that the output of the example's class has of the
   * sum of the outputs; of yes-or-no questions, the mean over examples and questions of -ln of the
   * probability that the right answer got. An output counts as at least e and at most 1 - e, with
   * e = 2^-23 in float32 and 2^-52 in float64. As scikit-learn's log_loss.
   */
  logLoss?: number
  /**
   * The area under the ROC curve: the share of pairs, one example of a class and one of another,
   * that the class's output puts in the right order; equal ones count half. The plain mean over the
   * classes, each against the rest, or over the yes-or-no questions. Those with no example, or with
   * all of them, are left out; not a number if none is left. As scikit-learn's roc_auc_score
   * (multi_class='ovr', average='macro').
   */
  auc?: number
  /**
   * Examples by class (rows) and by the class they were put into (columns); those put into none are
   * in no column. Not with several yes-or-no questions.
   */
  confusionMatrix?: number[][]
}

/** The names of the metrics. */
export type MetricName = keyof Metrics

/** How many numbers a sum has. */
interface TallyShape {
  outputs: number
  /** What is asked: which class, or a yes-or-no question for each output. */
  questions: number
  /** Possible answers to a question. */
  classes: number
}

/** What a tally adds up for metrics, beside the first sums. */
interface RowSum {
  kind: 'eachRow'
  fields: (shape: TallyShape) => number
  /** Adds one example's to the numbers that begin at `at`. */
  add: (tally: Float64Array, at: number, row: Row) => void
}

/** What is worked out from all rows at once, when an epoch or an evaluation is over. */
interface WholeSum {
  kind: 'allRows'
  fields: (shape: TallyShape) => number
  /** Whether the outputs of all rows are needed. */
  keepsOutputs: boolean
  /** Writes the numbers that begin at `at`. */
  write: (tally: Float64Array, at: number, rows: AllRows) => void
}

/** One example's outputs and targets, from where they begin. */
interface Row extends TallyShape {
  answers: Answers
  values: Float32Array | Float64Array
  outputsAt: number
  targetsAt: number
  k: number
}

/** All examples of an epoch or an evaluation. */
export interface AllRows {
  count: number
  /** The outputs, or classes. */
  columns: number
  /** (count, columns), packed; empty unless they were kept. */
  outputs: ArrayLike<number>
  target: (row: number, column: number) => number
  /** Whether an example belongs to a class, or the answer to a question is yes. */
  belongs: (row: number, column: number) => boolean
}

const sums = {
  /** Examples whose class is among the k largest outputs. */
  topK: {
    kind: 'eachRow',
    fields: () => 1,
    add(tally, at, { answers, values, outputsAt, targetsAt, outputs, k }) {
      if (answers === 'oneClass') {
        const truth = largestOf(values, targetsAt, outputs)
        if (rankOf(values, outputsAt, outputs, truth) < k) tally[at]! += 1
        return
      }
      const side = sideOf(values[outputsAt]!)
      if (side === sideOf(values[targetsAt]!) || (side !== NO_CLASS && k > 1)) tally[at]! += 1
    },
  },
  /** |p - y|, over examples and outputs. */
  absoluteError: {
    kind: 'eachRow',
    fields: () => 1,
    add(tally, at, { values, outputsAt, targetsAt, outputs }) {
      for (let j = 0; j < outputs; j++)
        tally[at]! += Math.abs(values[outputsAt + j]! - values[targetsAt + j]!)
    },
  },
  /** (p - y)^2, of each output. */
  squaredError: {
    kind: 'eachRow',
    fields: ({ outputs }) => outputs,
    add(tally, at, { values, outputsAt, targetsAt, outputs }) {
      for (let j = 0; j < outputs; j++)
        tally[at + j]! += (values[outputsAt + j]! - values[targetsAt + j]!) ** 2
    },
  },
  /** (y - mean of y)^2, of each output. */
  deviation: {
    kind: 'allRows',
    fields: ({ outputs }) => outputs,
    keepsOutputs: false,
    write(tally, at, { columns, count, target }) {
      for (let j = 0; j < columns; j++) {
        const first = target(0, j) // from which the mean of equal targets is no rounding away
        let [mean, squares] = [0, 0]
        for (let row = 0; row < count; row++) mean += (target(row, j) - first) / count
        for (let row = 0; row < count; row++) squares += (target(row, j) - first - mean) ** 2
        tally[at + j] = squares
      }
    },
  },
  /** -ln of the probability of what is right. */
  logLoss: {
    kind: 'eachRow',
    fields: () => 1,
    add(tally, at, { answers, values, outputsAt, targetsAt, outputs }) {
      if (answers === 'oneClass') {
        const truth = largestOf(values, targetsAt, outputs)
        let sum = 0
        for (let j = 0; j < outputs; j++) sum += uncertain(values, values[outputsAt + j]!)
        tally[at]! -= exactLog(uncertain(values, values[outputsAt + truth]!) / sum)
        return
      }
      for (let j = 0; j < outputs; j++) {
        const p = values[outputsAt + j]!
        const right = sideOf(values[targetsAt + j]!) === 1 ? p : 1 - p
        tally[at]! -= exactLog(uncertain(values, right)) / outputs
      }
    },
  },
  /** The area under the curve of each class, or question. */
  areas: {
    kind: 'allRows',
    fields: ({ outputs }) => outputs,
    keepsOutputs: true,
    write(tally, at, { columns, count, outputs, belongs }) {
      const scores = new Float64Array(count)
      for (let j = 0; j < columns; j++) {
        let [positives, negatives] = [0, 0]
        for (let row = 0; row < count; row++) {
          const score = outputs[row * columns + j]!
          if (belongs(row, j)) scores[positives++] = score
          else scores[count - ++negatives] = score
        }
        tally[at + j] =
          positives > 0 && negatives > 0
            ? areaUnderCurve(scores.subarray(0, positives), scores.subarray(positives))
            : NO_AREA
      }
    },
  },
  /**
   * Of each question, a table of the examples: by true class, row by row, and by the class they
   * were put into, with a last column for none.
   */
  confusion: {
    kind: 'eachRow',
    fields: ({ questions, classes }) => questions * classes * (classes + 1),
    add(tally, at, { answers, values, outputsAt, targetsAt, outputs, questions, classes }) {
      for (let question = 0; question < questions; question++) {
        const [truth, put] =
          answers === 'oneClass'
            ? [largestOf(values, targetsAt, outputs), largestOf(values, outputsAt, outputs)]
            : [sideOf(values[targetsAt + question]!), sideOf(values[outputsAt + question]!)]
        const column = put === NO_CLASS ? classes : put
        tally[at + (question * classes + truth) * (classes + 1) + column]! += 1
      }
    },
  },
} satisfies Record<string, RowSum | WholeSum>
type SumName = keyof typeof sums
const sumNames = Object.keys(sums) as SumName[]

/** In place of the area of a class that no example belongs to, or every one. */
const NO_AREA = -1

/** A probability that is neither 0 nor 1, but as near as such numbers tell apart. */
function uncertain(values: Float32Array | Float64Array, p: number): number {
  const least = values instanceof Float32Array ? 2 ** -23 : 2 ** -52
  return Math.min(Math.max(p, least), 1 - least)
}

/** What metrics are worked out from. */
interface Figures {
  examples: number
  outputs: number
  /** Answers to be right. */
  answers: number
  /** Right ones. */
  correct: number
  /** The numbers of a sum; none if it wasn't needed. */
  sum: (name: SumName) => number[]
  /** Of each question, examples by class, and by the class they were put into. */
  confusion: number[][][]
  /** Of what is judged: of every class, or of the yes of every question. */
  scores: ClassScores[]
}

/** All there is to know of a metric. */
export interface Metric<Value> {
  /** The sums it needs beside those of every tally. */
  from?: readonly SumName[]
  /** The outputs it is for: of any kind, those that answer, or those with one question alone. */
  of: 'any' | 'answers' | 'oneQuestion'
  /** Which is better; of what can't be watched, neither. */
  better: 'higher' | 'lower' | undefined
  value: (figures: Figures) => Value
}

/** A table of metrics by name. */
export type MetricTable = {
  readonly [Name in MetricName]: Metric<NonNullable<Metrics[Name]>>
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** In the order in which they are reported. */
export const metrics: MetricTable = {
  accuracy: {
    of: 'answers',
    better: 'higher',
    value: ({ correct, answers }) => correct / answers,
  },
  topKAccuracy: {
    from: ['topK'],
    of: 'oneQuestion',
    better: 'higher',
    value: ({ sum, examples }) => sum('topK')[0]! / examples,
  },
  meanAbsoluteError: {
    from: ['absoluteError'],
    of: 'any',
    better: 'lower',
    value: ({ sum, examples, outputs }) => sum('absoluteError')[0]! / (examples * outputs),
  },
  rootMeanSquaredError: {
    from: ['squaredError'],
    of: 'any',
    better: 'lower',
    value: ({ sum, examples }) =>
      mean(sum('squaredError').map((squares) => Math.sqrt(squares / examples))),
  },
  r2: {
    from: ['squaredError', 'deviation'],
    of: 'any',
    better: 'higher',
    value({ sum, examples }) {
      if (examples < 2) return NaN
      const errors = sum('squaredError')
      return mean(
        sum('deviation').map((deviation, j) =>
          deviation === 0 ? Number(errors[j] === 0) : 1 - errors[j]! / deviation,
        ),
      )
    },
  },
  precision: {
    from: ['confusion'],
    of: 'answers',
    better: 'higher',
    value: ({ scores }) => mean(scores.map(({ precision }) => precision)),
  },
  recall: {
    from: ['confusion'],
    of: 'answers',
    better: 'higher',
    value: ({ scores }) => mean(scores.map(({ recall }) => recall)),
  },
  f1: {
    from: ['confusion'],
    of: 'answers',
    better: 'higher',
    value: ({ scores }) => mean(scores.map(({ f1 }) => f1)),
  },
  logLoss: {
    from: ['logLoss'],
    of: 'answers',
    better: 'lower',
    value: ({ sum, examples }) => sum('logLoss')[0]! / examples,
  },
  auc: {
    from: ['areas'],
    of: 'answers',
    better: 'higher',
    value: ({ sum }) => mean(sum('areas').filter((area) => area !== NO_AREA)),
  },
  confusionMatrix: {
    from: ['confusion'],
    of: 'oneQuestion',
    better: undefined,
    value: ({ confusion }) => confusion[0]!.map((row) => row.slice(0, -1)),
  },
}
export const metricNames = Object.keys(metrics) as MetricName[]

/** Which sums a tally has beside the first ones, and where. */
export interface TallyLayout extends TallyShape {
  fields: number
  answers: Answers
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

/**
 * @param outputs How many.
 * @param answers What they say.
 * @param table The metrics there are.
 * @throws {InputError} if a metric is asked of outputs that it is not for.
 */
export function tallyLayout(
  where: string,
  outputs: number,
  answers: Answers,
  { metrics: wanted = [], topK: k = 5 }: MetricOptions = {},
  table: MetricTable = metrics,
): TallyLayout {
  const questions = answers === 'oneClass' ? 1 : outputs
  const classes = answers === 'oneClass' ? outputs : 2
  const all = Object.keys(table) as MetricName[]
  const suits = (name: MetricName): boolean =>
    table[name].of === 'any' ||
    (answers !== 'numbers' && (table[name].of === 'answers' || questions === 1))
  const wrong = wanted.find((name) => !suits(name))
  if (wrong)
    throw new InputError(
      `${where}: metrics`,
      `some of ${all.filter(suits).join(', ')} for ${
        answers === 'numbers'
          ? 'outputs that are numbers and say no class'
          : `${outputs} yes-or-no questions`
      }`,
      `'${wrong}'`,
    )
  const shape = { outputs, questions, classes }
  const names = all.filter(
    (name) => wanted.includes(name) || (name === 'accuracy' && answers !== 'numbers'),
  )
  const places: TallyLayout['places'] = {}
  let fields = TALLY_FIELDS
  for (const sum of sumNames) {
    if (!names.some((name) => table[name].from?.includes(sum))) continue
    places[sum] = fields
    fields += sums[sum].fields(shape)
  }
  return { ...shape, fields, answers, k, places, names }
}

/** Ready for the next sums. (`fill` would take as long as a small network's whole layer.) */
export function clearTally(tally: Float64Array): void {
  for (let field = 0; field < tally.length; field++) tally[field] = 0
}

/** Rows to count, as they lie in an array: from where the first begins, one every `width`. */
export interface TalliedRows {
  values: Float32Array | Float64Array
  /** Where the first row's outputs begin. */
  outputsAt: number
  targetsAt: number
  rows: number
  width: number
}

/** Filled in row by row. */
const row: Row = {
  answers: 'numbers',
  values: new Float64Array(),
  outputsAt: 0,
  targetsAt: 0,
  outputs: 0,
  questions: 0,
  classes: 0,
  k: 0,
}

/** Adds what the metrics need of some rows to a tally. */
export function tallyMetrics(
  { answers, outputs, questions, classes, k, places }: TallyLayout,
  { values, outputsAt, targetsAt, rows, width }: TalliedRows,
  tally: Float64Array,
): void {
  row.answers = answers
  row.values = values
  row.outputs = outputs
  row.questions = questions
  row.classes = classes
  row.k = k
  for (const name of sumNames) {
    const at = places[name]
    const sum: RowSum | WholeSum = sums[name]
    if (at === undefined || sum.kind !== 'eachRow') continue
    for (let i = 0; i < rows; i++) {
      row.outputsAt = outputsAt + i * width
      row.targetsAt = targetsAt + i * width
      sum.add(tally, at, row)
    }
  }
}

/** Whether the metrics need the outputs of all rows. */
export function keepsOutputs({ places }: TallyLayout): boolean {
  return sumNames.some((name) => {
    const sum: RowSum | WholeSum = sums[name]
    return places[name] !== undefined && sum.kind === 'allRows' && sum.keepsOutputs
  })
}

/** Writes what the metrics need of all rows together into their tally. */
export function tallyAllRows({ places }: TallyLayout, rows: AllRows, tally: Float64Array): void {
  for (const name of sumNames) {
    const at = places[name]
    const sum: RowSum | WholeSum = sums[name]
    if (at !== undefined && sum.kind === 'allRows') sum.write(tally, at, rows)
  }
}

/** The metrics asked for, from sums over so many examples. */
export function metricsOf(
  layout: TallyLayout,
  tally: ArrayLike<number>,
  examples: number,
  table: MetricTable = metrics,
): Metrics {
  const { answers, names, outputs, places, questions } = layout
  const sum = (name: SumName): number[] => {
    const at = places[name]
    const fields = sums[name].fields(layout)
    return at === undefined ? [] : Array.from({ length: fields }, (_, i) => tally[at + i]!)
  }
  const confusion = confusionOf(layout, sum('confusion'))
  const figures: Figures = {
    examples,
    outputs,
    answers: examples * questions,
    correct: tally[Tally.correct]!,
    sum,
    confusion,
    scores: confusion.flatMap((table) => {
      const scores = table.map((_, c) => scoresOf(table, c))
      return answers === 'oneClass' ? scores : scores.slice(1)
    }),
  }
  return Object.fromEntries(names.map((name) => [name, table[name].value(figures)]))
}

/** The tables of each question; none if they weren't needed. */
function confusionOf({ questions, classes }: TallyLayout, counts: number[]): number[][][] {
  if (counts.length === 0) return []
  const width = classes + 1
  return Array.from({ length: questions }, (_, question) =>
    Array.from({ length: classes }, (_, truth) => {
      const at = (question * classes + truth) * width
      return counts.slice(at, at + width)
    }),
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
