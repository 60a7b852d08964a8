// Predictions as lines of text: CSV (RFC 4180) or JSON.

import { NO_CLASS } from '../../shared/figures/answers.js'
import { classCount, classReader, isOneSigmoid } from '../../shared/model/classes.js'
import type { TrainedModel } from '../inference/model.js'

export const predictionFormats = ['csv', 'jsonl'] as const
export type PredictionFormat = (typeof predictionFormats)[number]

export interface PredictionLines {
  /** The line before all others; undefined if there is none. */
  header: string | undefined
  /** The line of an example's outputs. */
  line: (outputs: Float32Array) => string
}

type Model = Pick<TrainedModel, 'network' | 'classes'>

/**
 * How predictions are written. Softmax outputs and a single sigmoid output say a class: its name,
 * then the probability of every class. Other outputs are numbers, under the names of the classes if
 * there are some.
 *
 * @param model Whose outputs they are.
 * @param format In CSV a header names the columns; in JSON every line has the names.
 */
export function predictionLines(model: Model, format: PredictionFormat): PredictionLines {
  const names = namesOf(model)
  const single = isOneSigmoid(model.network)
  const classOf = classReader(model.network)
  const values = (outputs: Float32Array): number[] =>
    single ? [shortest(1 - outputs[0]!), shortest(outputs[0]!)] : Array.from(outputs, shortest)
  const saysClass = classOf !== undefined
  const className = (outputs: Float32Array): string | undefined => {
    const place = classOf!(outputs, 0)
    return place === NO_CLASS ? undefined : names[place]!
  }
  if (format === 'csv') {
    return {
      header: csvLine(saysClass ? ['class', ...names] : names),
      line: (outputs) =>
        csvLine([...(saysClass ? [className(outputs) ?? ''] : []), ...values(outputs).map(String)]),
    }
  }
  return {
    header: undefined,
    line(outputs) {
      const named = Object.fromEntries(values(outputs).map((value, j) => [names[j]!, value]))
      return JSON.stringify(
        saysClass
          ? { class: className(outputs) ?? null, probabilities: named }
          : { outputs: named },
      )
    },
  }
}

/** Of the classes, or of the outputs. */
function namesOf({ network, classes }: Model): readonly string[] {
  if (classes) return classes
  const saysClass = classReader(network) !== undefined
  return Array.from({ length: classCount(network) }, (_, j) =>
    saysClass ? String(j) : `output ${j}`,
  )
}

/** Of the numbers that are the same in float32, the one with the fewest digits. */
function shortest(value: number): number {
  const single = Math.fround(value)
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(single.toPrecision(digits))
    if (Math.fround(rounded) === single) return rounded
  }
  return Number(single.toPrecision(9))
}

function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')
}
