// The figures of epochs: of one, as it is reported, and of all, as `fit` gives them.

import type { Metrics } from '../../shared/figures/metrics.js'

type ValidationMetrics = {
  [Name in keyof Metrics as `validation${Capitalize<Name>}`]: Metrics[Name]
}

/** Figures of an epoch, counted from 1; those of validation are there if there is one. */
export interface EpochReport extends Metrics, ValidationMetrics {
  epoch: number
  /** Mean over the epoch's steps, each before its update. */
  cost: number
  validationCost?: number
  /** Of the epoch's last step. */
  learningRate: number
  examplesPerSecond: number
}

/** The figures of every epoch, one array each; metrics have one if they were asked for. */
export type History = Required<
  Pick<
    EpochArrays,
    'epoch' | 'cost' | 'accuracy' | 'validationCost' | 'validationAccuracy' | 'learningRate'
  >
> &
  EpochArrays & {
    /** Time the workers trained; starting threads and copying examples aside. */
    seconds: number
    /** The epoch whose parameters early stopping has restored. */
    bestEpoch?: number
  }
type EpochArrays = {
  [Name in Exclude<keyof EpochReport, 'examplesPerSecond'>]?: Exclude<
    EpochReport[Name],
    undefined
  >[]
}

export const emptyHistory = (): History => ({
  epoch: [],
  cost: [],
  accuracy: [],
  validationCost: [],
  validationAccuracy: [],
  learningRate: [],
  seconds: 0,
})

/** Adds an epoch to the arrays of a history. */
export function appendTo(history: History, report: EpochReport): void {
  const arrays: Record<string, unknown[] | undefined> = history as object as Record<
    string,
    unknown[]
  >
  for (const [field, value] of Object.entries(report)) {
    if (field !== 'examplesPerSecond') (arrays[field] ??= []).push(value)
  }
}

/** Metrics under the names that those of validation have. */
export function ofValidation(metrics: Metrics): ValidationMetrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [validationName(name), value]),
  )
}

export function validationName(name: string): string {
  return `validation${name[0]!.toUpperCase()}${name.slice(1)}`
}
