// Checks on descriptions and options, before anything starts. What goes wrong is said as: where,
// which rule, what was given.

import * as v from 'valibot'
import { activationNames } from '../../shared/network/activations.js'
import { type BackendName, backendNames } from '../../shared/backends.js'
import { InputError, show } from '../../shared/errors.js'
import { misfitOf } from '../../shared/network/preprocessing.js'
import { initializerNames } from '../../shared/network/initializers.js'
import type { LearningRate } from '../../shared/optimizers/learning-rate.js'
import { type LossName, fusedActivation, lossNames } from '../../shared/network/losses.js'
import { type MetricOptions, metricNames } from '../../shared/figures/metrics.js'
import type { Network } from '../../shared/network/network.js'
import {
  type Optimizer,
  type OptionRule,
  optimizerNames,
  optimizers,
  sgd,
} from '../../shared/optimizers/optimizers.js'

const wholeNumber = (minimum: number): v.GenericSchema<unknown, number> =>
  v.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= minimum,
    `a whole number of at least ${minimum}`,
  )
const finiteNumber = (
  rule: string,
  holds: (value: number) => boolean = () => true,
): v.GenericSchema<unknown, number> =>
  v.custom<number>(
    (value) => typeof value === 'number' && Number.isFinite(value) && holds(value),
    rule,
  )
const oneOf = <const Names extends readonly string[]>(
  names: Names,
): v.GenericSchema<unknown, Names[number]> =>
  v.custom<Names[number]>((value) => names.includes(value as string), `one of ${names.join(', ')}`)
const autoOr = (
  schema: v.GenericSchema<unknown, number>,
  rule: string,
): v.GenericSchema<unknown, number | 'auto'> =>
  v.custom<number | 'auto'>((value) => value === 'auto' || v.is(schema, value), rule)

const layerSchema = v.strictObject({
  units: wholeNumber(1),
  activation: oneOf(activationNames),
  initializer: oneOf(initializerNames),
  dropout: v.optional(
    finiteNumber('a number of at least 0 and below 1', (share) => share >= 0 && share < 1),
  ),
})

const above0 = finiteNumber('a number above 0', (value) => value > 0)
const numbers = v.array(finiteNumber('a finite number'), 'a list of numbers')
const preprocessingSchema = v.variant(
  'name',
  [
    v.strictObject({
      name: v.literal('cross'),
      columns: v.pipe(
        v.array(wholeNumber(0), 'a list of columns'),
        v.minLength(2, 'at least two columns'),
      ),
    }),
    v.strictObject({
      name: v.literal('standardize'),
      mean: numbers,
      deviation: v.array(above0, 'a list of numbers'),
    }),
    v.strictObject({ name: v.literal('minMax'), minimum: numbers, maximum: numbers }),
    v.strictObject({
      name: v.literal('oneHot'),
      column: wholeNumber(0),
      categories: v.pipe(numbers, v.minLength(1, 'at least one category')),
    }),
  ],
  'a step of preprocessing, such as cross(0, 1)',
)

const networkSchema = v.pipe(
  v.strictObject({
    inputs: wholeNumber(1),
    scale: v.optional(finiteNumber('a finite number')),
    preprocessing: v.optional(
      v.array(preprocessingSchema, 'a list of preprocessing steps, such as cross(0, 1)'),
    ),
    layers: v.pipe(
      v.array(layerSchema, "a list of layers, such as dense(10, 'softmax')"),
      v.minLength(1, 'at least one layer'),
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const misfit =
      dataset.typed && misfitOf(dataset.value.preprocessing ?? [], dataset.value.inputs)
    if (!misfit) return
    const { field: key, rule: message, value } = misfit
    addIssue({
      message,
      input: value,
      path: [{ type: 'unknown', origin: 'value', input: dataset.value, key, value }],
    })
  }),
)

const atLeast0 = finiteNumber('a number of at least 0', (value) => value >= 0)
const below1 = finiteNumber('a number from 0 to below 1', (value) => value >= 0 && value < 1)
const trueOrFalse = v.custom<boolean>((value) => typeof value === 'boolean', 'true or false')

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
/** Every option but the learning rate may be left out. */
const optimizerSchema = v.variant(
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
const optimizerHomes = Object.fromEntries(
  optimizerNames
    .flatMap((name) => Object.keys(optimizers[name].rules))
    .map((option) => {
      const [those, others] = [true, false].map((has) =>
        optimizerNames.filter((name) => option in optimizers[name].rules === has),
      )
      return [
        option,
        others!.length === 1 ? `the optimizers but ${others![0]!}` : those!.join(' and '),
      ]
    }),
)

const isPowerOfTwo = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 1 && value <= 1024 && Number.isInteger(Math.log2(value))

const trainerSchema: v.GenericSchema<unknown, TrainerRecipe> & { entries: object } = v.strictObject(
  {
    network: networkSchema,
    loss: oneOf(lossNames),
    optimizer: v.optional(optimizerSchema, sgd()),
    l2: v.optional(
      finiteNumber('a finite number of at least 0', (l2) => l2 >= 0),
      0,
    ),
    clipNorm: v.optional(above0),
    seed: v.optional(
      v.custom<number>(
        (value) => Number.isSafeInteger(value),
        'a whole number no larger than 2^53 - 1 in size',
      ),
      0,
    ),
    workers: v.optional(autoOr(wholeNumber(1), "'auto' or a whole number of at least 1"), 'auto'),
    shards: v.optional(
      autoOr(finiteNumber('', isPowerOfTwo), "'auto' or a power of two from 1 to 1024"),
      'auto',
    ),
    backend: v.optional(oneOf(['auto', ...backendNames]), 'auto'),
  },
)

/** What a trainer is made from. */
export interface TrainerOptions {
  network: Network
  loss: LossName
  /**
   * How the gradient moves the parameters.
   * @default sgd({ learningRate: 0.01 })
   */
  optimizer?: Optimizer
  /**
   * Adds l2 / 2m times the sum of the squared weights to the cost, m the examples of a batch.
   * @default 0
   */
  l2?: number
  /**
   * Scales a gradient whose norm, over all parameters, is larger than this down to it.
   * @default none
   */
  clipNorm?: number
  /**
   * All that is random follows from it: a whole number.
   * @default 0
   */
  seed?: number
  /**
   * Threads that share the work; 'auto' takes as many as pay, and there are cores for. The weights
   * don't depend on it.
   * @default 'auto'
   */
  workers?: number | 'auto'
  /**
   * Parts that a batch is cut into, a power of two; 'auto' goes by the size of the batch.
   * @default 'auto'
   */
  shards?: number | 'auto'
  /**
   * Who computes; 'auto' takes the fastest that runs here and pays.
   * @default 'auto'
   */
  backend?: BackendName | 'auto'
}
/** The same, with the defaults filled in. */
export type TrainerRecipe = Required<Omit<TrainerOptions, 'clipNorm'>> &
  Pick<TrainerOptions, 'clipNorm'>

/**
 * Fills in the defaults.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkTrainerOptions(options: unknown): TrainerRecipe {
  const recipe = check('createTrainer', trainerSchema, options)
  const last = recipe.network.layers.length - 1
  const activation = fusedActivation(recipe.loss)
  if (activation && recipe.network.layers[last]!.activation !== activation) {
    throw new InputError(
      `createTrainer: network.layers[${last}].activation`,
      `${activation}, which the loss ${recipe.loss} is defined with`,
      show(recipe.network.layers[last]!.activation),
    )
  }
  if (
    recipe.optimizer.name === 'sgd' &&
    recipe.optimizer.nesterov &&
    recipe.optimizer.momentum === 0
  ) {
    throw new InputError(
      'createTrainer: optimizer.nesterov',
      'a momentum above 0 with it',
      'momentum 0',
    )
  }
  const { dropout = 0 } = recipe.network.layers[last]!
  if (dropout > 0)
    throw new InputError(
      `createTrainer: network.layers[${last}].dropout`,
      'none on the output layer',
      show(dropout),
    )
  return recipe
}

const aFunction = v.custom<CallableFunction>((value) => typeof value === 'function', 'a function')
const metrics = v.array(oneOf(metricNames), 'a list of metrics')

const earlyStoppingSchema = v.strictObject({
  monitor: v.optional(
    v.custom<string>((value) => typeof value === 'string', 'the name of a figure'),
  ),
  patience: v.optional(wholeNumber(0)),
  minimumChange: v.optional(atLeast0),
})

const epochsSchema = v.strictObject({
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
  signal: v.optional(
    v.custom<AbortSignal>((value) => value instanceof AbortSignal, 'an AbortSignal'),
  ),
})
const fitSchema = v.strictObject({
  ...epochsSchema.entries,
  onEpoch: v.optional(aFunction),
  onProgress: v.optional(aFunction),
})

/**
 * Fills in the defaults of a call to train.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkTrainingOptions(
  where: 'fit' | 'epochs' | 'findLearningRate',
  options: unknown,
): v.InferOutput<typeof fitSchema> {
  const checked = check(where, where === 'fit' ? fitSchema : epochsSchema, options)
  const { epochs, initialEpoch } = checked
  if (initialEpoch >= epochs)
    throw new InputError(
      `${where}: initialEpoch`,
      `a number below epochs, ${epochs}`,
      String(initialEpoch),
    )
  requireTopK(where, checked)
  return checked
}

const evaluateSchema = v.strictObject({
  metrics: v.optional(metrics),
  topK: v.optional(wholeNumber(1)),
})

/** @throws {InputError} naming the option of `evaluate`, the rule and the value. */
export function checkEvaluateOptions(options: unknown): MetricOptions {
  const checked = check('evaluate', evaluateSchema, options)
  requireTopK('evaluate', checked)
  return checked
}

const rateFinderSchema = v.strictObject({
  from: v.optional(above0, 1e-5),
  to: v.optional(above0, 10),
  steps: v.optional(wholeNumber(2), 100),
})

/**
 * Fills in the defaults of `findLearningRate`.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkRateFinderOptions(options: unknown): v.InferOutput<typeof rateFinderSchema> {
  const checked = check('findLearningRate', rateFinderSchema, options)
  if (checked.to <= checked.from)
    throw new InputError(
      'findLearningRate: to',
      `a rate above from, ${checked.from}`,
      String(checked.to),
    )
  return checked
}

const gradientCheckSchema = v.strictObject({
  tolerance: v.optional(above0, 1e-6),
  parameters: v.optional(
    v.custom<object>((value) => typeof value === 'object' && value !== null, '{ weights, biases }'),
  ),
})

/**
 * Fills in the defaults of `checkGradients`.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkGradientCheckOptions(options: unknown): { tolerance: number } {
  return check('checkGradients', gradientCheckSchema, options)
}

const splitSchema = v.strictObject({
  test: v.optional(
    finiteNumber('a share of the rows between 0 and 1', (share) => share > 0 && share < 1),
    0.1,
  ),
  seed: v.optional(
    v.custom<number>((value) => Number.isSafeInteger(value), 'a whole number'),
    0,
  ),
})

/**
 * Fills in the defaults of a split.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkSplitOptions(
  where: string,
  options: unknown,
): v.InferOutput<typeof splitSchema> {
  return check(where, splitSchema, options)
}

function requireTopK(where: string, { metrics: wanted = [], topK }: MetricOptions): void {
  if (topK !== undefined && !wanted.includes('topKAccuracy'))
    throw new InputError(`${where}: topK`, 'the metric topKAccuracy with it', String(topK))
}

/** Which call or constructor an option belongs to, for whoever has put it elsewhere. */
const homes: Partial<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(trainerSchema.entries).map((name) => [name, 'createTrainer'])),
  ...Object.fromEntries(Object.keys(fitSchema.entries).map((name) => [name, 'fit'])),
  learningRate: 'the optimizer',
  ...optimizerHomes,
  initializer: 'dense',
  dropout: 'dense',
}

/** @throws {InputError} if an option has been put among the fields of something else. */
export function refuseOptions(where: string, given: object): void {
  if ('weights' in given)
    throw new InputError(
      `${where}: weights`,
      'no such field here (weights of the examples are called sampleWeights)',
      show(given.weights),
    )
  for (const [name, value] of Object.entries(given)) {
    if (homes[name])
      throw new InputError(
        `${where}: ${name}`,
        `no such field here (it is an option of ${homes[name]})`,
        show(value),
      )
  }
}

function check<Schema extends v.GenericSchema>(
  where: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const path = (issue.path ?? []).reduce(
    (before, { key }) =>
      typeof key === 'number'
        ? `${before}[${key}]`
        : before === ''
          ? String(key)
          : `${before}.${String(key)}`,
    '',
  )
  // Of an unknown option, its value.
  const given: unknown = issue.expected === 'never' ? issue.path?.at(-1)?.value : issue.input
  throw new InputError(path === '' ? where : `${where}: ${path}`, ruleOf(issue), show(given))
}

function ruleOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object') {
    if (issue.expected === 'Object') return 'an object'
    if (issue.expected !== 'never') return 'a value'
    const home = homes[String(issue.path?.at(-1)?.key)]
    return home ? `no such option here (it belongs to ${home})` : 'no such option'
  }
  return issue.type === 'literal' ? (issue.expected ?? issue.message) : issue.message
}
