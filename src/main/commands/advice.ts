// What a training that has ended could have done better: said once, at its end.

import { type Loss, type LossName, losses } from '../../shared/formulas/losses.js'
import { type Examples, isLabelArray } from '../data/arrays.js'
import type { DataSet } from '../data/data-set.js'
import { type History, finalIndex } from '../training/history.js'

export type Advice =
  /** The held-out cost was lowest long before the end; early stopping would have kept that. */
  | {
      kind: 'stopEarlier'
      epoch: number
      epochs: number
      lowestCost: number
      lastCost: number
      /** Of early stopping, with which the same training would end with that epoch's parameters. */
      patience: number
    }
  /** The network answers no better than one that gives every example the same answer. */
  | { kind: 'learnedNothing'; cost: number; costOfOneAnswer: number; command: string }

/** The held-out cost has risen if it is that many times its lowest. */
const RISEN = 2
/** For so many epochs, and so large a share of all, the lowest must be past. */
const EPOCHS_PAST = 5
const SHARE_PAST = 0.2
/** A cost above this share of what one answer for all would cost says that nothing was learned. */
const NOT_LOWER = 0.98

/**
 * @param name Of the data set.
 * @param history Of a training that has ended by itself.
 * @param training What was trained on.
 * @returns Undefined if there is nothing to be said.
 */
export function adviceOn(
  name: string,
  { outputs }: DataSet,
  loss: LossName,
  history: History,
  training: Examples,
): Advice | undefined {
  return learnedNothing(name, outputs, loss, history, training) ?? stopsLate(history)
}

/** In words. */
export function describeAdvice(advice: Advice): string {
  if (advice.kind === 'learnedNothing')
    return `it has learned nothing: its cost is ${brief(advice.cost)}, and the same answer for every example would cost ${brief(advice.costOfOneAnswer)}; try more epochs, or another learning rate (${advice.command})`
  const { epoch, epochs, lowestCost, lastCost, patience } = advice
  return `the held-out cost was lowest in epoch ${epoch} of ${epochs} (${brief(lowestCost)}, now ${brief(lastCost)}): --patience ${patience} would keep those parameters`
}

function brief(cost: number): string {
  return cost.toPrecision(3)
}

/** Not where early stopping has chosen, nor where the end answers more examples rightly. */
function stopsLate({
  bestEpoch,
  epoch,
  validationAccuracy,
  validationCost,
}: History): Advice | undefined {
  if (bestEpoch !== undefined || validationCost.length === 0) return undefined
  const lastCost = validationCost.at(-1)!
  const lowestCost = Math.min(...validationCost)
  const best = validationCost.indexOf(lowestCost)
  const past = validationCost.length - 1 - best
  const long = Math.max(EPOCHS_PAST, SHARE_PAST * validationCost.length)
  if (past < long || !(lastCost >= RISEN * lowestCost)) return undefined
  if (validationAccuracy.at(-1)! > validationAccuracy[best]!) return undefined
  return {
    kind: 'stopEarlier',
    epoch: epoch[best]!,
    epochs: epoch.length,
    lowestCost,
    lastCost,
    patience: Math.max(EPOCHS_PAST, longestWait(validationCost.slice(0, best + 1))),
  }
}

/** Epochs from one lowest cost so far to the next, at most: a patience that waits for them all. */
function longestWait(costs: number[]): number {
  let [lowest, since, longest] = [Infinity, 0, 0]
  costs.forEach((cost, i) => {
    if (!(cost < lowest)) return
    longest = Math.max(longest, i - since)
    ;[lowest, since] = [cost, i]
  })
  return longest
}

/**
 * By the mean loss in the end, and, where there is one, by an accuracy that is no better than
 * chance could make that of always naming the most frequent class (three standard deviations above
 * it).
 */
function learnedNothing(
  name: string,
  outputs: number,
  loss: LossName,
  history: History,
  training: Examples,
): Advice | undefined {
  const targets = targetRows(training, outputs)
  const mean = meanRow(targets)
  const costOfOneAnswer = costOf(mean, targets, losses[loss])
  const at = finalIndex(history)
  const cost = history.loss[at]!
  if (costOfOneAnswer === 0 || !(cost >= NOT_LOWER * costOfOneAnswer)) return undefined
  const frequent = outputs === 1 ? Math.max(mean[0]!, 1 - mean[0]!) : Math.max(...mean)
  const chance = 3 * Math.sqrt((frequent * (1 - frequent)) / targets.length)
  if (history.accuracy.length > 0 && history.accuracy[at]! > frequent + chance) return undefined
  const quoted = /^[\w./-]+$/.test(name) ? name : JSON.stringify(name)
  const command = `shardgrad rates ${quoted} --find`
  return { kind: 'learnedNothing', cost, costOfOneAnswer, command }
}

function targetRows({ targets }: Examples, outputs: number): number[][] {
  if (outputs > 1 && isLabelArray(targets))
    return Array.from(targets, (label) =>
      Array.from({ length: outputs }, (_, column) => (column === label ? 1 : 0)),
    )
  return Array.from({ length: targets.length / outputs }, (_, row) =>
    Array.from(targets.subarray(row * outputs, (row + 1) * outputs)),
  )
}

function meanRow(rows: number[][]): number[] {
  return rows[0]!.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length)
}

/** The mean loss of an output that is the same for all. */
function costOf(output: number[], targets: number[][], loss: Loss): number {
  const lossOf = rowLossOf(output, loss)
  return sum(targets.map((row) => sum(row.map(lossOf)))) / targets.length
}

/** What each target adds to the loss. */
function rowLossOf(output: number[], loss: Loss): (y: number, column: number) => number {
  if (loss.kind === 'fused')
    return loss.terms(output.map(loss.activation === 'softmax' ? Math.log : logit))
  return (y, column) => loss.scale(output.length) * loss.term(output[column]! - y)
}

/** The pre-activation whose sigmoid is p. */
function logit(p: number): number {
  return Math.log(p / (1 - p))
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
