// `shardgrad explain`: the first steps of a small network, written out for a person, or as JSON.

import { setImmediate } from 'node:timers/promises'
import { checkTrainerOptions } from '../options/trainer-options.js'
import { InputError, show } from '../../shared/errors.js'
import { describeNetwork } from '../../shared/model/network.js'
import { losses } from '../../shared/formulas/losses.js'
import { sgd } from '../../shared/optimizers/optimizers.js'
import { loadDataSet, tableNames } from '../data/data-sets.js'
import { type ExplainedShard, type ExplainedStep, explainSteps } from '../inspect/explanation.js'
import { type InProcess, openInProcess } from '../inspect/in-process.js'
import { networkFor, startFor } from './network-options.js'
import type { Parameters } from '../data/parameters.js'
import { counted, printJson } from './report.js'

export interface ExplainOptions {
  steps: number
  shards: number
  learningRate?: number
  l2: number
  json?: boolean
}

/** Characters of a line. */
const WIDTH = 118
/** Characters of a number and the space after it. */
const COLUMN = 15
/** Inputs of a unit up to which its sum is written out. */
const MOST_TERMS = 3

/**
 * Writes the explanation to standard output.
 *
 * @param signal Ends it after the step under way.
 * @throws {InputError} of a data set that is no table, or on wrong options.
 */
export async function explain(
  name: string,
  options: ExplainOptions,
  signal: AbortSignal,
): Promise<void> {
  const data = await loadDataSet(name)
  const { recipe } = data
  const start = startFor(data, {})
  if (!start)
    throw new InputError(
      'explain',
      `a table small enough to follow, one of ${tableNames.join(', ')}`,
      show(name),
    )
  const network = networkFor(data, {})
  const { steps, shards, l2, json } = options
  const learningRate = options.learningRate ?? recipe.learningRate
  const { loss } = checkTrainerOptions({
    network,
    loss: recipe.loss,
    optimizer: sgd({ learningRate }),
    shards,
    l2,
  })
  const inProcess = await openInProcess({ network, loss, l2 }, data)
  const explained = explainSteps(inProcess, start, { steps, shards, learningRate, l2 })
  if (json) {
    printJson({
      event: 'start',
      data: name,
      examples: inProcess.examples,
      network,
      loss,
      learningRate,
      l2,
      shards,
    })
  } else {
    printLines([
      `${name}: ${counted(inProcess.examples, 'example')} in ${counted(shards, 'shard')}; network ${describeNetwork(network)}; learning rate ${learningRate}${l2 > 0 ? `, l2 ${l2}` : ''}`,
      `loss of an example: ${losses[loss].formula}, with p the outputs, y the targets${losses[loss].formula.includes('/ n') ? ' and n the number of outputs' : ''}`,
      'forward, of [layer][unit]: z = values of the layer before . weights + bias; a = f(z), f the activation',
      'back: delta = d loss / d z',
      'gradients: of weights[layer][from][to], the value it starts from times the delta it leads to; of biases, the delta',
    ])
  }
  for (const step of explained) {
    if (json) printJson({ event: 'step', ...step })
    else printLines(describeStep(step, inProcess, learningRate, l2))
    await setImmediate() // whether anybody still reads is heard between steps
    signal.throwIfAborted()
  }
}

function printLines(lines: string[]): void {
  process.stdout.write(`${lines.map((line) => line.trimEnd()).join('\n')}\n`)
}

function describeStep(
  step: ExplainedStep,
  { examples, units }: InProcess,
  learningRate: number,
  l2: number,
): string[] {
  const { parameters, shards, sums, loss, cost, average, decay, next, nextCost } = step
  const squares = parameters.weights
    .flatMap((layer) => Array.from(layer))
    .reduce((sum, w) => sum + w * w, 0)
  return [
    '',
    `Step ${step.step}`,
    ...shards.flatMap((shard, s) => describeShard(shard, s, parameters, units)),
    '',
    `  the loss of all examples, averaged: ${brief(loss)} / ${examples} = ${brief(loss / examples)}`,
    ...(decay
      ? [
          `  and the L2 term, of the squared weights: ${l2} / (2 x ${examples}) x ${brief(squares)} = ${brief((l2 / (2 * examples)) * squares)}`,
        ]
      : []),
    `  cost ${brief(cost)}`,
    '',
    `  the gradient: ${sums.length > 0 ? `the shards' summed in the order ${sums.at(-1)!.shards}, ` : ''}averaged over the ${counted(examples, 'example')}`,
    `  the update: after = before - ${learningRate} x ${decay ? '(average + L2)' : 'average'}`,
    ...table(parameterNames(parameters, units), [
      ...shards.map(({ gradient }, s): Column => [`shard ${s}`, entriesOf(gradient)]),
      ...sums.map(({ shards: name, gradient }): Column => [name, entriesOf(gradient)]),
      [`average (/ ${examples})`, entriesOf(average)],
      ...(decay ? [['L2', entriesOf(decay)] satisfies Column] : []),
      ['before', entriesOf(parameters)],
      ['after', entriesOf(next)],
    ]),
    '',
    `  cost before ${brief(cost)}, after ${brief(nextCost)}`,
  ]
}

function describeShard(
  { examples, gradient }: ExplainedShard,
  shard: number,
  parameters: Parameters,
  units: number[],
): string[] {
  if (examples.length === 0) return ['', `  Shard ${shard}: no examples`]
  return [
    '',
    `  Shard ${shard}`,
    ...examples.flatMap((walk) => describeExample(walk, parameters)),
    '',
    `    gradients of the examples of shard ${shard}, and their sum`,
    ...table(parameterNames(parameters, units), [
      ...examples.map(({ example, gradient: own }): Column => [
        `example ${example}`,
        entriesOf(own),
      ]),
      [`shard ${shard}`, entriesOf(gradient)],
    ]),
  ]
}

function describeExample(
  { example, inputs, layers, loss, targets }: ExplainedShard['examples'][number],
  parameters: Parameters,
): string[] {
  const lines = [
    '',
    `    example ${example}: x = ${Array.from(inputs, (x) => brief(x)).join(', ')}; y = ${Array.from(targets, (y) => brief(y)).join(', ')}`,
  ]
  layers.forEach(({ preActivations, activations }, l) => {
    const before = l === 0 ? inputs : layers[l - 1]!.activations
    preActivations.forEach((z, unit) => {
      const sum = sumOf(before, parameters, l, unit)
      lines.push(`      forward z[${l}][${unit}]     ${cell(z)}a ${cell(activations[unit]!)}${sum}`)
    })
  })
  lines.push(`      loss                ${cell(loss)}`)
  for (let l = layers.length - 1; l >= 0; l--) {
    layers[l]!.deltas.forEach((delta, unit) =>
      lines.push(
        `      back    delta[${l}][${unit}] ${cell(delta)}  ${backOf(layers[l + 1]?.deltas, parameters, l, unit)}`,
      ),
    )
  }
  return lines
}

/** A pre-activation written out, factors to four digits. */
function sumOf(
  before: Float64Array,
  { weights, biases }: Parameters,
  layer: number,
  unit: number,
): string {
  if (before.length > MOST_TERMS) return ''
  const units = weights[layer]!.length / before.length
  const terms = Array.from(
    before,
    (value, i) => `${short(value)}*${short(weights[layer]![i * units + unit]!)}`,
  )
  const bias = Array.from(biases[layer]!.subarray(unit, unit + 1), short)
  return `z = ${[...terms, ...bias].join(' + ')}`
}

/** Where a hidden unit's delta comes from. */
function backOf(
  after: Float64Array | undefined,
  { weights }: Parameters,
  layer: number,
  unit: number,
): string {
  if (!after) return 'from the loss'
  if (after.length > MOST_TERMS) return ''
  const terms = Array.from(
    after,
    (delta, j) => `${short(delta)}*${short(weights[layer + 1]![unit * after.length + j]!)}`,
  )
  return `(${terms.join(' + ')}) * f'(z)`
}

/** Weights then biases, layer by layer, as `entriesOf` gives them. */
function parameterNames({ weights, biases }: Parameters, units: number[]): string[] {
  return biases.flatMap((layer, l) => [
    ...Array.from(weights[l]!, (_, i) => {
      const [row, column] = [Math.floor(i / units[l]!), i % units[l]!]
      return `weights[${l}][${row}][${column}]`
    }),
    ...Array.from(layer, (_, i) => `biases[${l}][${i}]`),
  ])
}

function entriesOf({ weights, biases }: Parameters): number[] {
  return weights.flatMap((layer, l) => [...layer, ...biases[l]!])
}

type Column = [title: string, values: number[]]

/** Lines of a table; what is too wide for one goes below in another. */
function table(names: string[], columns: Column[]): string[] {
  const indent = '      '
  const nameWidth = Math.max(...names.map((name) => name.length)) + 2
  const lines: string[] = []
  for (let first = 0; first < columns.length;) {
    let end = first
    for (
      let width = indent.length + nameWidth;
      end === first || (end < columns.length && width + columnWidth(columns[end]!) <= WIDTH);
      end++
    ) {
      width += columnWidth(columns[end]!)
    }
    const shown = columns.slice(first, end)
    lines.push(
      `${indent}${''.padEnd(nameWidth)}${shown.map((column) => ` ${column[0]}`.padEnd(columnWidth(column))).join('')}`,
    )
    names.forEach((name, i) =>
      lines.push(
        `${indent}${name.padEnd(nameWidth)}${shown.map((column) => cell(column[1][i]!).padEnd(columnWidth(column))).join('')}`,
      ),
    )
    first = end
  }
  return lines
}

function columnWidth([title]: Column): number {
  return Math.max(COLUMN, title.length + 2)
}

/** A number with room for its sign, so that columns of them line up. */
function cell(value: number): string {
  const text = brief(value)
  return (text.startsWith('-') ? text : ` ${text}`).padEnd(COLUMN)
}

/** Eight significant digits, without needless zeros. */
function brief(value: number, digits = 8): string {
  const rounded = Number(value.toPrecision(digits))
  return rounded !== 0 && Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded)
}

function short(value: number): string {
  return brief(value, 4)
}
