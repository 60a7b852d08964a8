// Checks on an optimizer and on its learning rate, which may be a schedule.

import * as v from 'valibot'
import {
  type Optimizer,
  type OptimizerName,
  type OptionRule,
  optimizerNames,
  optimizers,
} from '../../shared/optimizers/optimizers.js'
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

const optionRules = { above0, atLeast0, below1, trueOrFalse } satisfies Record<
  OptionRule,
  v.GenericSchema
>

/** What an `Optimizer` must be; every option but the learning rate may be left out. */
export const optimizerSchema = v.variant(
  'name',
  optimizerNames.map((name) => {
    const { defaults, rules } = optimizers[name] as {
      defaults: Record<string, unknown>
      rules: Record<string, OptionRule>
    }
    const options = Object.entries(rules).map(([option, rule]) => [
      option,
      v.optional<v.GenericSchema, unknown>(optionRules[rule], defaults[option]),
    ])
    return v.strictObject({
      name: v.literal(name),
      learningRate,
      ...(Object.fromEntries(options) as Record<string, v.GenericSchema>),
    })
  }),
  'an optimizer, such as sgd({ learningRate: 0.5 })',
) as v.GenericSchema as v.GenericSchema<unknown, Optimizer>

/** Which optimizers have each of their options, in words. */
export const optimizersWith: Readonly<Record<string, string>> = Object.fromEntries(
  optimizerNames
    .flatMap((name) => Object.keys(optimizers[name].rules))
    .map((option) => {
      const has = (name: OptimizerName): boolean => option in optimizers[name].rules
      const others = optimizerNames.filter((name) => !has(name))
      const words =
        others.length === 1
          ? `the optimizers but ${others[0]!}`
          : optimizerNames.filter(has).join(' and ')
      return [option, words]
    }),
)
