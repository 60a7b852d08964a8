// Checks on an optimizer and on its learning rate, which may be a schedule.

import * as v from 'valibot'
import type { LearningRate } from '../../shared/optimizers/learning-rate.js'
import { above0, atLeast0, below1, finiteNumber, trueOrFalse, wholeNumber } from './rules.js'

const lastingSchedules = [
  v.strictObject({ name: v.literal('constant'), learningRate: above0 }),
  v.strictObject({ name: v.literal('step'), learningRate: above0, factor: above0, every: above0 }),
  v.strictObject({
    name: v.literal('exponential'),
    learningRate: above0,
    factor: above0,
    every: above0,
  }),
  v.strictObject({
    name: v.literal('cosine'),
    learningRate: above0,
    epochs: above0,
    minimum: atLeast0,
  }),
  v.strictObject({ name: v.literal('inverseScaling'), learningRate: above0, power: atLeast0 }),
  v.strictObject({
    name: v.literal('reduceOnPlateau'),
    learningRate: above0,
    factor: finiteNumber('a number between 0 and 1', (value) => value > 0 && value < 1),
    patience: wholeNumber(0),
    minimumChange: atLeast0,
    cooldown: wholeNumber(0),
    minimum: atLeast0,
  }),
] as const
const lastingSchedule = v.variant(
  'name',
  lastingSchedules,
  'a schedule, such as stepDecay({ learningRate: 0.1 })',
)
const scheduleSchema = v.variant(
  'name',
  [
    ...lastingSchedules,
    v.strictObject({ name: v.literal('warmUp'), epochs: above0, then: lastingSchedule }),
  ],
  'a number above 0, or a schedule such as stepDecay({ learningRate: 0.1 })',
)
const learningRate = v.lazy((value): v.GenericSchema<unknown, LearningRate> =>
  typeof value === 'number' ? above0 : scheduleSchema,
)

/** What an `Optimizer` must be. */
export const optimizerSchema = v.variant(
  'name',
  [
    v.strictObject({
      name: v.literal('sgd'),
      learningRate,
      momentum: v.optional(below1, 0),
      nesterov: v.optional(trueOrFalse, false),
    }),
    v.strictObject({ name: v.literal('rmsprop'), learningRate, decay: below1, epsilon: above0 }),
    v.strictObject({ name: v.literal('adagrad'), learningRate, epsilon: above0 }),
    v.strictObject({ name: v.literal('adadelta'), learningRate, decay: below1, epsilon: above0 }),
    v.strictObject({
      name: v.literal('adam'),
      learningRate,
      beta1: below1,
      beta2: below1,
      epsilon: above0,
    }),
    v.strictObject({
      name: v.literal('adamw'),
      learningRate,
      beta1: below1,
      beta2: below1,
      epsilon: above0,
      weightDecay: atLeast0,
    }),
  ],
  'an optimizer, such as sgd({ learningRate: 0.5 })',
)
