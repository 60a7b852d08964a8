// The checks on the options of `fit` and `epochs`, option by option.

import * as v from 'valibot'
import { metrics } from './metric-rules.js'
import {
  aFunction,
  abortSignal,
  above0,
  atLeast0,
  filePath,
  strictObject,
  trueOrFalse,
  wholeNumber,
} from './rules.js'

const earlyStoppingSchema = strictObject({
  monitor: v.optional(
    v.custom<string>((value) => typeof value === 'string', 'the name of a figure'),
  ),
  patience: v.optional(wholeNumber(0)),
  minimumChange: v.optional(atLeast0),
})

/** What `EpochsOptions` must be. */
export const epochsSchema = strictObject({
  epochs: v.optional(wholeNumber(1), 1),
  initialEpoch: v.optional(wholeNumber(0), 0),
  batchSize: v.optional(
    v.custom<number | 'all'>(
      (value) => value === 'all' || v.is(wholeNumber(1), value),
      "'all' or a whole number of at least 1",
    ),
    32,
  ),
  accumulationSteps: v.optional(wholeNumber(1), 1),
  shuffle: v.optional(trueOrFalse, true),
  validation: v.optional(
    v.custom<number | object>(
      (value) =>
        (typeof value === 'number' && value > 0 && value < 1) ||
        (typeof value === 'object' && value !== null),
      '{ inputs, targets } or a share of the examples between 0 and 1',
    ),
  ),
  classWeights: v.optional(
    v.custom<object>(
      (value) => typeof value === 'object' && value !== null,
      'a weight for each class, such as { 0: 1, 1: 5 }',
    ),
  ),
  metrics: v.optional(metrics),
  topK: v.optional(wholeNumber(1)),
  earlyStopping: v.optional(earlyStoppingSchema),
  onTimeline: v.optional(aFunction),
  signal: v.optional(abortSignal),
  resume: v.optional(filePath),
})

const checkpointSchema = strictObject({
  file: filePath,
  everySeconds: v.optional(above0),
  everyEpochs: v.optional(wholeNumber(1)),
  keepBest: v.optional(trueOrFalse, false),
  onError: v.optional(aFunction),
})

/** What `FitOptions` must be. */
export const fitSchema = strictObject({
  ...epochsSchema.entries,
  onEpoch: v.optional(aFunction),
  onProgress: v.optional(aFunction),
  checkpoint: v.optional(checkpointSchema),
})
