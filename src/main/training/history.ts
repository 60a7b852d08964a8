// The figures of epochs: an `EpochReport` has those of one, a `History` those of all.

import type { Metrics } from '../../shared/figures/metrics.js'

/** Figures under the names that those of a validation have: accuracy as validationAccuracy. */
export type OfValidation<Figures> = {
  [Name in keyof Figures as `validation${Capitalize<Name & string>}`]: Figures[Name]
}

/** The metrics of a validation, each as `Metrics` says; there if they were asked for. */
export interface ValidationMetrics extends OfValidation<Metrics> {
  /** Share of right answers on the validation's examples. */
  validationAccuracy?: number
  /** Share of the validation's examples whose class is among the k largest outputs. */
  validationTopKAccuracy?: number
  /** Mean over the validation's examples and outputs of |p - y|. */
  validationMeanAbsoluteError?: number
  /** The root of the mean over the validation's examples of (p - y)^2. */
  validationRootMeanSquaredError?: number
  /** The coefficient of determination on the validation's examples. */
  validationR2?: number
  /** Of the validation's examples put into a class, the share that belongs there. */
  validationPrecision?: number
  /** Of the validation's examples that belong to a class, the share put there. */
  validationRecall?: number
  /** Harmonic mean of a class's precision and recall on the validation's examples. */
  validationF1?: number
  /** Mean over the validation's examples of -ln of what the right class got. */
  validationLogLoss?: number
  /** The area under the ROC curve on the validation's examples. */
  validationAuc?: number
  /** The validation's examples by class (rows) and by the class they were put into (columns). */
  validationConfusionMatrix?: number[][]
}

/** The figures of one epoch; those of a validation are there if `fit` was given one. */
export interface EpochReport extends Metrics, ValidationMetrics {
  /** The epoch's number, counted from 1. */
  epoch: number
  /**
   * The mean of the steps' costs, each before its update: the mean loss over the step's examples,
   * plus the regularization term. Steps count as much as the examples in them.
   */
  cost: number
  /** The part of it that is the mean loss: what the validation's cost can be compared with. */
  loss: number
  /**
   * Mean loss over the validation's examples after the epoch. The regularization term is no part of
   * it.
   */
  validationCost?: number
  /** The learning rate of the epoch's last step. */
  learningRate: number
  /** Examples trained on, per second that the epoch took, its validation included. */
  examplesPerSecond: number
}

/** Figures as arrays, one value for each epoch. */
export type ByEpoch<Figures> = {
  [Name in keyof Figures]?: Exclude<Figures[Name], undefined>[]
}

/**
 * The figures of every epoch, an array each with one value for each epoch; metrics have one if they
 * were asked for.
 */
export interface History extends ByEpoch<Metrics>, ByEpoch<ValidationMetrics> {
  /** The epochs' numbers, from `initialEpoch` + 1. */
  epoch: number[]
  /** As in `EpochReport`. */
  cost: number[]
  /** As in `EpochReport`. */
  loss: number[]
  /** As in `EpochReport`; empty where the outputs are numbers, not answers. */
  accuracy: number[]
  /** As in `EpochReport`; empty without a validation. */
  validationCost: number[]
  /**
   * As in `EpochReport`; empty without a validation, or where the outputs are numbers, not answers.
   */
  validationAccuracy: number[]
  /** As in `EpochReport`. */
  learningRate: number[]
  /**
   * Seconds that the workers trained and validated; starting threads and copying examples aside.
   */
  seconds: number
  /**
   * The number of the epoch whose parameters early stopping has restored; undefined without it, or
   * if the figure that it watches never was a number.
   */
  bestEpoch?: number
}

/**
 * A history of no epochs.
 *
 * @returns Empty arrays, of the figures that are always there.
 */
export const emptyHistory = (): History => ({
  epoch: [],
  cost: [],
  loss: [],
  accuracy: [],
  validationCost: [],
  validationAccuracy: [],
  learningRate: [],
  seconds: 0,
})

/**
 * Adds an epoch to the arrays of a history.
 *
 * @param history What is added to.
 * @param report The epoch's figures.
 */
export function appendTo(history: History, report: EpochReport): void {
  const arrays: Record<string, unknown[] | undefined> = history as object as Record<
    string,
    unknown[]
  >
  for (const [field, value] of Object.entries(report)) {
    if (field !== 'examplesPerSecond') (arrays[field] ??= []).push(value)
  }
}

/**
 * The place of the epoch whose parameters the trainer has at the end.
 *
 * @param history Of a training that has ended.
 * @returns Of the best epoch, if that has been restored; else of the last.
 */
export function finalIndex({ bestEpoch, epoch }: History): number {
  return bestEpoch === undefined ? epoch.length - 1 : epoch.indexOf(bestEpoch)
}

/**
 * Metrics under the names that those of a validation have.
 *
 * @param metrics Under their own names.
 * @returns The same values.
 */
export function ofValidation(metrics: Metrics): ValidationMetrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [validationName(name), value]),
  )
}

/**
 * The name that a figure of a validation has.
 *
 * @param name Of the figure, such as cost.
 * @returns Such as validationCost.
 */
export function validationName(name: string): string {
  return `validation${name[0]!.toUpperCase()}${name.slice(1)}`
}
