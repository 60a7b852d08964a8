// The check on what a model file says for a trainer that goes on: how the model was trained, and
// where a call to train stands.

import * as v from 'valibot'
import { backendNames } from '../../shared/backend-names.js'
import { FileError } from '../../shared/errors.js'
import { metricNames } from '../../shared/figures/metrics.js'
import { examine } from '../options/issues.js'
import {
  atLeast0,
  finiteNumber,
  oneOf,
  strictObject,
  trueOrFalse,
  wholeNumber,
} from '../options/rules.js'
import { trainerSchema } from '../options/trainer-schema.js'
import { epochsSchema } from '../options/training-schema.js'
import type { MonitoredName } from '../training/fit-options.js'
import { validationName } from '../training/history.js'
import type { LastingOptions, TrainingPosition } from '../training/position.js'
import { documentError } from './document-check.js'
import type { ModelDocument, TrainerDocument } from './document.js'

const text = v.custom<string>((value) => typeof value === 'string', 'a text')

/** JSON has no numbers that are not finite; a document has texts for them. */
const notFinite = ['NaN', 'Infinity', '-Infinity']
const figure = v.pipe(
  v.custom<number | string>(
    (value) => Number.isFinite(value) || notFinite.includes(value as string),
    `a number, or one of '${notFinite.join("', '")}'`,
  ),
  v.transform(Number),
)
const figures = v.array(figure, 'a list of numbers')

const examplesDigest = strictObject({
  count: wholeNumber(1),
  sha256: v.custom<string>(
    (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
    'a sha256 in hexadecimal',
  ),
})

const { accumulationSteps, batchSize, epochs, initialEpoch, shuffle } = epochsSchema.entries
const { earlyStopping, metrics, topK } = epochsSchema.entries
const share = finiteNumber('a number between 0 and 1', (value) => value > 0 && value < 1)

/** By the class's number: a list, or what JSON makes of other keys. */
const classWeights = v.custom<NonNullable<LastingOptions['classWeights']>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([key, weight]) => /^\d+$/.test(key) && v.is(atLeast0, weight)),
  'a weight of at least 0 for each class',
)

/** What a file says is all there: no default is filled in. */
const lastingOptions = strictObject({
  epochs: epochs.wrapped,
  initialEpoch: initialEpoch.wrapped,
  batchSize: batchSize.wrapped,
  accumulationSteps: accumulationSteps.wrapped,
  shuffle: shuffle.wrapped,
  validation: v.optional(share),
  classWeights: v.optional(classWeights),
  metrics,
  topK,
  earlyStopping: v.optional(
    strictObject({
      ...earlyStopping.wrapped.entries,
      monitor: v.optional(v.custom<MonitoredName>((value) => typeof value === 'string', 'a name')),
    }),
  ),
})

/** One value for each epoch, whatever the metric's value is. */
const metricValues = v.array(
  v.union([figure, v.array(figures)], 'a number, or a table of numbers'),
  'a list of values, one for each epoch',
)
const history = strictObject({
  epoch: v.array(wholeNumber(1), 'a list of whole numbers'),
  cost: figures,
  loss: figures,
  accuracy: figures,
  validationCost: figures,
  validationAccuracy: figures,
  learningRate: figures,
  seconds: figure,
  bestEpoch: v.optional(wholeNumber(1)),
  ...Object.fromEntries(
    metricNames
      .filter((name) => name !== 'accuracy')
      .flatMap((name) => [name, validationName(name)])
      .map((name) => [name, v.optional(metricValues)]),
  ),
})

const plateau = strictObject({
  best: v.optional(figure),
  waited: wholeNumber(0),
  cooling: wholeNumber(0),
  reduction: atLeast0,
})
const stopping = strictObject({
  best: v.optional(figure),
  waited: wholeNumber(0),
  epoch: v.optional(wholeNumber(1)),
})
const position = strictObject({
  options: lastingOptions,
  examples: examplesDigest,
  validation: v.optional(examplesDigest),
  step: wholeNumber(0),
  sums: figures,
  seconds: figure,
  plateau: v.optional(plateau),
  stopping: v.optional(stopping),
  ended: trueOrFalse,
  history,
})

const { clipNorm, l2, loss, optimizer, seed, shards } = trainerSchema.entries
const schema = strictObject({
  trainer: strictObject({
    loss,
    optimizer: optimizer.wrapped,
    l2: l2.wrapped,
    clipNorm,
    seed: seed.wrapped,
    shards: shards.wrapped,
    backend: oneOf(backendNames),
    kernels: text,
    updates: wholeNumber(0),
    bestUpdates: v.optional(wholeNumber(0)),
    training: v.optional(position),
  }),
}) as v.GenericSchema as v.GenericSchema<unknown, { trainer: TrainerDocument }>

/**
 * Checks what a file says for a trainer that goes on.
 *
 * @param file The file's name, for the error.
 * @param document What the file says, checked as far as its network goes.
 * @returns How the model was trained, and where training stands.
 * @throws {FileError} naming the field, the rule and the value; or that the file says none of it.
 */
export function checkTrainerDocument(
  file: string,
  { trainer }: Pick<ModelDocument, 'trainer'>,
): TrainerDocument {
  if (trainer === undefined)
    throw new FileError(file, 'it holds a model alone, and does not say how to train it')
  const { output, issue } = examine(schema, { trainer })
  if (issue) throw documentError(file, issue)
  const { training } = output.trainer
  if (training) requireWholeHistory(file, training)
  return output.trainer
}

/** @throws {FileError} unless each figure has a value for each epoch. */
function requireWholeHistory(file: string, { history, options }: TrainingPosition): void {
  const epochs = history.epoch.length
  const refuse = (name: string, rule: string, given: unknown): never => {
    throw documentError(file, { path: `trainer.training.history.${name}`, rule, given })
  }
  if (history.epoch.some((epoch, i) => epoch !== options.initialEpoch + i + 1))
    refuse('epoch', `epochs from ${options.initialEpoch + 1} on`, history.epoch)
  for (const [name, values] of Object.entries(history) as [string, unknown][])
    if (Array.isArray(values) && values.length !== 0 && values.length !== epochs)
      refuse(name, `${epochs} values, one for each epoch`, values)
}
