// How the commands report training: a live line on a terminal, plain lines elsewhere, JSON lines
// for programs.

import { type Advice, describeAdvice } from './advice.js'
import { type EpochReport, type History, finalIndex } from '../training/history.js'
import type { TrainerInfo } from '../runtime/trainer-info.js'
import { sparkline } from './sparkline.js'
import { createStatusLine, print } from './status-line.js'
import type { Progress } from '../training/fit-options.js'

export interface Reporter {
  /** Says what the trainer works with, unless that has been said; all others begin with it. */
  start: () => void
  progress: (progress: Progress) => void
  /** @param saved The file that the model went to. */
  end: (
    history: History,
    parametersHash: string,
    advice: Advice | undefined,
    saved: string | undefined,
  ) => void
  /** Says something that ends nothing. */
  note: (message: string) => void
  /** Leaves the live line without a closing report. */
  stop: () => void
  /**
   * Instead of the closing report, after so many epochs.
   * @param saved The file that training can go on from.
   */
  interrupted: (epochsDone: number, saved: string | undefined) => void
}

/**
 * @param json Whether a program reads.
 * @param epochs How many there will be.
 * @param info What the trainer works with, once it has begun.
 */
export function createReporter(json: boolean, epochs: number, info: () => TrainerInfo): Reporter {
  const { start, ...reporter } = json ? jsonReporter() : personReporter(epochs)
  let started = false
  const startOnce = (): void => {
    if (!started) start(info())
    started = true
  }
  return {
    ...reporter,
    start: startOnce,
    progress(progress) {
      startOnce()
      reporter.progress(progress)
    },
    end(...figures) {
      startOnce()
      reporter.end(...figures)
    },
  }
}

interface ReporterOf extends Omit<Reporter, 'start'> {
  start: (info: TrainerInfo) => void
}

/** Writes one JSON object a line to standard output; typed arrays as arrays. */
export function printJson(value: object): void {
  const line = JSON.stringify(value, (_, part: unknown) =>
    part instanceof Float32Array || part instanceof Float64Array ? Array.from(part) : part,
  )
  process.stdout.write(`${line}\n`)
}

const printed = new Set<string>()

/** Writes a line for a person, unless this process has written it before. */
function printOnce(line: string): void {
  if (!printed.has(line)) print(line)
  printed.add(line)
}

/** Such as 1 epoch, or 2 epochs. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function jsonReporter(): ReporterOf {
  return {
    start: (info) => printJson({ event: 'start', ...info }),
    progress({ epochs }) {
      for (const report of epochs) printJson({ event: 'epoch', ...report })
    },
    note: (message) => printJson({ event: 'warning', message }),
    end: (history, parametersHash, advice, saved) =>
      printJson({
        event: 'end',
        parametersHash,
        seconds: history.seconds,
        epochs: history.epoch.length,
        bestEpoch: history.bestEpoch,
        ...finalFigures(history),
        advice,
        saved,
      }),
    stop: () => undefined,
    interrupted: (epochs, saved) => printJson({ event: 'stopped', epochs, saved }),
  }
}

function personReporter(epochs: number): ReporterOf {
  const status = createStatusLine()
  let last: EpochReport | undefined
  const everyEpochs = Math.ceil(epochs / 10)
  return {
    start(info) {
      print(`${info.parameters} parameters, ${counted(info.workers, 'worker')} (${info.reason})`)
      print(`backend ${info.backend}: ${info.backendReason}`)
      if (info.backendHint !== undefined) printOnce(info.backendHint)
      status.show('starting')
    },
    progress({ epochs: reports, step, steps }) {
      last = reports.at(-1) ?? last
      const figures = last ? describeFigures(last) : []
      status.show(`epoch ${last?.epoch ?? 0}/${epochs}`, `step ${step}/${steps}`, ...figures)
      if (status.live) return
      for (const report of reports)
        if (report.epoch % everyEpochs === 0) print(describeEpoch(report, epochs))
    },
    note(message) {
      status.end()
      print(message)
    },
    end(history, parametersHash, advice, saved) {
      status.end()
      const { cost, loss, accuracy, validationCost, validationAccuracy, ...metrics } =
        finalFigures(history)
      print(`trained ${counted(history.epoch.length, 'epoch')} in ${history.seconds.toFixed(2)} s`)
      if (history.bestEpoch !== undefined)
        print(`the parameters are those of epoch ${history.bestEpoch}, the best`)
      print(describeCosts({ cost, loss, accuracy }))
      if (history.cost.length > 1) print(`cost over the epochs ${sparkline(history.cost, 50)}`)
      if (validationCost !== undefined) {
        print(`held-out cost ${describeNumber(validationCost)}`)
        if (validationAccuracy !== undefined)
          print(`held-out accuracy ${percent(validationAccuracy)}`)
      }
      for (const [name, value] of Object.entries(metrics))
        for (const line of describeMetric(name, value)) print(line)
      print(`parameters ${parametersHash}`)
      if (saved !== undefined) print(`saved ${saved}`)
      if (advice) print(describeAdvice(advice))
    },
    stop: status.end,
    interrupted(done, saved) {
      const after = done === 0 ? 'in the first epoch' : `after epoch ${done}`
      print(`stopped ${after}${saved === undefined ? '' : `; saved ${saved}`}`)
    },
  }
}

function describeEpoch(report: EpochReport, epochs: number): string {
  return [`epoch ${report.epoch}/${epochs}`, ...describeFigures(report)].join('  ')
}

function describeFigures({
  cost,
  accuracy,
  validationAccuracy,
  examplesPerSecond,
}: EpochReport): string[] {
  return [
    `cost ${describeNumber(cost)}`,
    ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
    ...(validationAccuracy === undefined ? [] : [`held out ${percent(validationAccuracy)}`]),
    `${examplesPerSecond.toLocaleString('en')} examples/s`,
  ]
}

export function describeNumber(value: number): string {
  return value.toPrecision(5)
}

/** The cost, without the L2 term too if it has one, and the accuracy if there is one. */
export function describeCosts({
  cost,
  loss = cost,
  accuracy,
}: Pick<EpochReport, 'cost'> & Partial<Pick<EpochReport, 'loss' | 'accuracy'>>): string {
  const plain = loss === cost ? '' : ` (${describeNumber(loss)} without the L2 term)`
  const share = accuracy === undefined ? '' : `, accuracy ${percent(accuracy)}`
  return `cost ${describeNumber(cost)}${plain}${share}`
}

type Figures = Pick<EpochReport, 'cost' | 'loss'> & Partial<EpochReport>

/**
 * The figures that belong to the parameters at the end: of the last epoch, or of the best one if
 * that has been restored.
 */
export function finalFigures(history: History): Figures {
  const index = finalIndex(history)
  const figures = Object.entries(history).filter(
    ([name, values]) =>
      Array.isArray(values) && values.length > 0 && name !== 'epoch' && name !== 'learningRate',
  )
  return Object.fromEntries(
    figures.map(([name, values]) => [name, (values as unknown[])[index]]),
  ) as Figures
}

export function describeMetric(name: string, value: unknown): string[] {
  const words = name
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^validation/, 'held-out')
  if (typeof value === 'number') return [`${words} ${describeNumber(value)}`]
  const rows = value as number[][]
  const width = Math.max(...rows.flat().map((count) => String(count).length)) + 1
  return [
    `${words} (rows: the class; columns: what it was taken for)`,
    ...rows.map((row) => row.map((count) => String(count).padStart(width)).join('')),
  ]
}
