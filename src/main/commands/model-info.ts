// `shardgrad info <model>`: what a model's file says of it.

import { InputError, shorten, show } from '../../shared/errors.js'
import type { PreprocessingStep } from '../../shared/formulas/preprocessing/steps.js'
import { kindOf } from '../../shared/model/layers/kinds.js'
import { type Network, columnsOf, describeNetwork, tensorsOf } from '../../shared/model/network.js'
import type { TrainerDocument } from '../files/document.js'
import { checkTrainerDocument } from '../files/trainer-document-schema.js'
import { loadModel } from '../inference/node/load-model.js'
import { epochsDone } from '../training/go-on.js'
import { finalIndex } from '../training/history.js'
import type { TrainingPosition } from '../training/position.js'
import type { InfoOptions } from './info.js'
import { counted, describeCosts, describeMetric, finalFigures, printJson } from './report.js'
import { print } from './status-line.js'

/** Characters of a text that a file may have as long as it likes. */
const MOST_SHOWN = 400

/**
 * Says what a model is, how it was trained and where its training stands.
 *
 * @throws {FileError} of a file that is no model.
 * @throws {InputError} of an option that is not for models.
 */
export async function modelInfo(file: string, { json, verbose }: InfoOptions): Promise<void> {
  if (verbose) throw new InputError('--verbose', 'no model with it', show(file))
  const { network, classes, metadata, document } = await loadModel(file)
  const layers = layersOf(network)
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0)
  const trainer = document?.trainer && checkTrainerDocument(file, document)
  const training = trainer?.training
  if (json) {
    const figures = training && figuresOf(training)
    const facts = { ...document, network, classes, metadata, trainer, layers, parameters, figures }
    printJson({ event: 'model', file, ...facts })
    return
  }
  print(`${file}: ${describeNetwork(network)}; ${counted(parameters, 'parameter')}`)
  printTable([
    ['layer', '', 'inputs', 'outputs', 'parameters'],
    ...layers.map(({ layer, what, inputs, outputs, parameters: count }) =>
      [layer, what, inputs, outputs, count].map(String),
    ),
  ])
  for (const [what, text] of [
    ...describeInputs(network),
    ...(classes ? [['classes', classes.join(', ')] as const] : []),
    ...(trainer ? describeTrainer(trainer) : []),
    ...(training ? describeTraining(training) : []),
    ['written by', document?.writtenBy ?? 'another program'],
    ...Object.entries(metadata).map(([key, value]) => ['metadata', `${key}: ${value}`] as const),
  ] as const)
    print(`${what.padEnd(12)}${shorten(text.replace(/\p{Cc}/gu, ' '), MOST_SHOWN)}`)
}

interface LayerFacts {
  layer: number
  what: string
  inputs: number
  outputs: number
  parameters: number
}

function layersOf(network: Network): LayerFacts[] {
  const columns = columnsOf(network)
  const tensors = tensorsOf(network)
  return network.layers.map((layer, l) => ({
    layer: l,
    what: kindOf(layer).describe(layer),
    inputs: columns[l]!,
    outputs: columns[l + 1]!,
    parameters: tensors
      .filter((tensor) => tensor.layer === l)
      .reduce((sum, tensor) => sum + tensor.rows * tensor.columns, 0),
  }))
}

/** Numbers to the right, the second column to the left. */
function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, j) => Math.max(...rows.map((row) => row[j]!.length)))
  for (const row of rows) {
    const cells = row.map((cell, j) =>
      j === 1 ? cell.padEnd(widths[j]!) : cell.padStart(widths[j]!),
    )
    print(`  ${cells.join('  ')}`)
  }
}

type Line = readonly [what: string, text: string]

function describeInputs({ inputs, scale = 1, preprocessing = [] }: Network): Line[] {
  const scaled = scale === 1 ? '' : `, times ${scale}`
  return [
    ['inputs', `${counted(inputs, 'column')}${scaled}`],
    ...preprocessing.map((step): Line => ['', `then ${describeStep(step)}`]),
  ]
}

function describeStep(step: PreprocessingStep): string {
  switch (step.name) {
    case 'cross':
      return `cross: the product of the columns ${step.columns.join(', ')}`
    case 'standardize':
      return `standardize: mean 0 and deviation 1 of ${counted(step.mean.length, 'column')}`
    case 'minMax':
      return `minMax: from 0 to 1, of ${counted(step.minimum.length, 'column')}`
    case 'oneHot':
      return `oneHot: column ${step.column}, of ${step.categories.length} categories`
  }
}

function describeTrainer(trainer: TrainerDocument): Line[] {
  const { loss, optimizer, l2, clipNorm, seed, shards, backend, kernels, updates } = trainer
  return [
    ['loss', `${loss}${l2 > 0 ? `, l2 ${l2}` : ''}`],
    [
      'optimizer',
      `${describeData(optimizer)}${clipNorm === undefined ? '' : `, clipNorm ${clipNorm}`}`,
    ],
    ['recipe', `seed ${seed}, shards ${shards}`],
    ['backend', `${backend}: ${kernels}`],
    ['updates', String(updates)],
  ]
}

function describeTraining(training: TrainingPosition): Line[] {
  const { examples, validation, options } = training
  const figures = figuresOf(training)
  return [
    [
      'examples',
      `${examples.count}, in batches of ${options.batchSize}${validation ? `, and ${validation.count} held out` : ''}`,
    ],
    ['training', describeStand(training)],
    ...(figures ? describeFigures(figures) : []),
  ]
}

function describeStand(training: TrainingPosition): string {
  const { options, ended, history, step, stopping } = training
  const done = epochsDone(training)
  const epochs = `after epoch ${done} of ${options.epochs}`
  if (ended || done >= options.epochs)
    return history.bestEpoch === undefined
      ? `ended ${epochs}`
      : `ended ${epochs}, with the parameters of epoch ${history.bestEpoch}, the best`
  const best = stopping?.epoch === undefined ? '' : `; the best so far is epoch ${stopping.epoch}`
  return `stands ${epochs}, at step ${step}${best}`
}

type Figures = ReturnType<typeof finalFigures> & { epoch: number }

/** Of the epoch whose parameters the model has, or of the last; undefined before the first. */
function figuresOf({ history }: TrainingPosition): Figures | undefined {
  const epoch = history.epoch[finalIndex(history)]
  return epoch === undefined ? undefined : { epoch, ...finalFigures(history) }
}

function describeFigures({ epoch, ...figures }: Figures): Line[] {
  const { cost, loss, accuracy, validationCost, validationAccuracy, ...metrics } = figures
  const heldOut = validationCost !== undefined && {
    cost: validationCost,
    accuracy: validationAccuracy,
  }
  return [
    [`epoch ${epoch}`, describeCosts({ cost, loss, accuracy })],
    ...(heldOut ? [['', `held-out ${describeCosts(heldOut)}`] as const] : []),
    ...Object.entries(metrics).flatMap(([name, value]) =>
      describeMetric(name, value).map((line): Line => ['', line]),
    ),
  ]
}

/** Plain data in a line: its name, then its fields. */
function describeData(value: object): string {
  const { name, ...rest } = value as Record<string, unknown>
  const parts = Object.entries(rest).map(
    ([field, part]) =>
      `${field} ${typeof part === 'object' && part !== null ? describeData(part) : String(part)}`,
  )
  return `${String(name)} (${parts.join(', ')})`
}
