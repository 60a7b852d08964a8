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
import {
  above0,
  atLeast0,
  finiteNumber,
  float32Above0,
  float32AtLeast0,
  float32Below1,
  knowing,
  strictObject,
  trueOrFalse,
  wholeNumber,
} from './rules.js'

const lastingSchedules = [
  strictObject({ name: v.literal('constant'), learningRate: float32Above0 }),
  strictObject({
    name: v.literal('step'),
    learningRate: float32Above0,
    factor: above0,
    every: above0,
  }),
  strictObject({
    name: v.literal('exponential'),
    learningRate: float32Above0,
    factor: above0,
    every: above0,
  }),
  strictObject({
    name: v.literal('cosine'),
    learningRate: float32Above0,
    epochs: above0,
    minimum: float32AtLeast0,
  }),
  strictObject({
    name: v.literal('inverseScaling'),
    learningRate: float32Above0,
    power: atLeast0,
  }),
  strictObject({
    name: v.literal('reduceOnPlateau'),
    learningRate: float32Above0,
    factor: finiteNumber('a number between 0 and 1', (value) => value > 0 && value < 1),
    patience: wholeNumber(0),
    minimumChange: atLeast0,
    cooldown: wholeNumber(0),
    minimum: float32AtLeast0,
  }),
] as const
const lastingNames = lastingSchedules.map(({ entries }) => entries.name.literal)
const lastingSchedule = knowing(
  v.variant('name', lastingSchedules, 'a schedule, such as stepDecay({ learningRate: 0.1 })'),
  lastingNames,
)
const scheduleSchema = knowing(
  v.variant(
    'name',
    [
      ...lastingSchedules,
      strictObject({ name: v.literal('warmUp'), epochs: above0, then: lastingSchedule }),
    ],
    'a number above 0, or a schedule such as stepDecay({ learningRate: 0.1 })',
  ),
  [...lastingNames, 'warmUp'],
)
const learningRate = v.lazy((value): v.GenericSchema<unknown, LearningRate> =>
  typeof value === 'number' ? float32Above0 : scheduleSchema,
)

const optionRules = {
  above0: float32Above0,
  atLeast0: float32AtLeast0,
  below1: float32Below1,
  trueOrFalse,
} satisfies Record<OptionRule, v.GenericSchema>

/** What an `Optimizer` must be; every option but the learning rate may be left out. */
export const optimizerSchema = knowing(
  v.variant(
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
      return strictObject({
        name: v.literal(name),
        learningRate,
        ...(Object.fromEntries(options) as Record<string, v.GenericSchema>),
      })
    }),
    'an optimizer, such as sgd({ learningRate: 0.5 })',
  ),
  optimizerNames,
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
