// Every option of every optimizer and schedule: its default, what it may be, and the words of its
// rule.

import { describe, expect, it } from 'vitest'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { InputError, show } from '../../../dist/shared/errors.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import {
  constantRate,
  cosineDecay,
  exponentialDecay,
  inverseScaling,
  reduceOnPlateau,
  stepDecay,
  warmUp,
} from '../../../dist/shared/optimizers/learning-rate.js'
import {
  type Optimizer,
  adadelta,
  adagrad,
  adam,
  adamw,
  optimizerNamed,
  optimizerNames,
  rmsprop,
  sgd,
} from '../../../dist/shared/optimizers/optimizers.js'

const valid = { network: { inputs: 1, layers: [dense(1)] }, loss: 'meanSquaredError' } as const
const checked = (optimizer: unknown): Optimizer =>
  checkTrainerOptions({ ...valid, optimizer }).optimizer

/** What the values of an option must be. */
const rules = {
  above0: {
    words: 'a number above 0',
    right: [1e-9, 0.5, 3],
    wrong: [0, -1e-9, NaN, Infinity, '1', null, true],
  },
  atLeast0: {
    words: 'a number of at least 0',
    right: [0, 1e-9, 3],
    wrong: [-1e-9, NaN, Infinity, '1', null, false],
  },
  below1: {
    words: 'a number from 0 to below 1',
    right: [0, 0.5, 0.999],
    wrong: [1, -1e-9, 2, NaN, '0.5', null, false],
  },
  between0And1: {
    words: 'a number between 0 and 1',
    right: [1e-9, 0.5, 0.999],
    wrong: [0, 1, -1, 2, NaN, '0.5', null],
  },
  wholeFrom0: {
    words: 'a whole number of at least 0',
    right: [0, 1, 9],
    wrong: [-1, 0.5, NaN, Infinity, '1', null],
  },
  trueOrFalse: {
    words: 'true or false',
    right: [true, false],
    wrong: [0, 1, 'true', null],
  },
} as const
type Rule = keyof typeof rules

/** The options, beside the learning rate, with their defaults and rules. */
type Table = Record<string, readonly [unknown, Rule]>

const optimizers: [Optimizer, number, Table][] = [
  [sgd(), 0.01, { momentum: [0, 'below1'], nesterov: [false, 'trueOrFalse'] }],
  [rmsprop(), 0.001, { decay: [0.9, 'below1'], epsilon: [1e-7, 'above0'] }],
  [adagrad(), 0.01, { epsilon: [1e-7, 'above0'] }],
  [adadelta(), 1, { decay: [0.95, 'below1'], epsilon: [1e-6, 'above0'] }],
  [adam(), 0.001, { beta1: [0.9, 'below1'], beta2: [0.999, 'below1'], epsilon: [1e-8, 'above0'] }],
  [
    adamw(),
    0.001,
    {
      beta1: [0.9, 'below1'],
      beta2: [0.999, 'below1'],
      epsilon: [1e-8, 'above0'],
      weightDecay: [0.01, 'atLeast0'],
    },
  ],
]

it('every optimizer is in this table', () => {
  expect(optimizers.map(([{ name }]) => name)).toEqual(optimizerNames)
})

describe.each(optimizers)('%o', (optimizer, learningRate, options) => {
  const { name } = optimizer
  // Momentum, so that any `nesterov` will do.
  const whole = { ...optimizer, ...(name === 'sgd' && { momentum: 0.5 }) }

  it('its defaults, made by its function, by its name, or filled in', () => {
    const defaults = Object.entries(options).map(([option, [value]]) => [option, value])
    const all = { name, learningRate, ...Object.fromEntries(defaults) }
    expect(optimizer).toMatchObject(all)
    expect(optimizerNamed(name)).toEqual(optimizer)
    expect(checked({ name, learningRate })).toEqual(optimizer)
  })

  it.each(Object.entries(options))('%s', (option, [, rule]) => {
    const { words, right, wrong } = rules[rule]
    for (const value of right)
      expect(checked({ ...whole, [option]: value })).toEqual({ ...whole, [option]: value })
    for (const value of wrong)
      expect(() => checked({ ...whole, [option]: value }), show(value)).toThrow(
        new InputError(`createTrainer: optimizer.${option}`, words, show(value)),
      )
  })

  it('learningRate: a number above 0, or a schedule', () => {
    for (const rate of [1e-9, 3, stepDecay({ learningRate: 1 })])
      expect(checked({ ...optimizer, learningRate: rate }).learningRate).toEqual(rate)
    for (const rate of [0, -1, NaN, Infinity])
      expect(() => checked({ ...optimizer, learningRate: rate })).toThrow(
        new InputError('createTrainer: optimizer.learningRate', 'a number above 0', show(rate)),
      )
    for (const rate of [null, '1', true])
      expect(() => checked({ ...optimizer, learningRate: rate })).toThrow(
        new InputError(
          'createTrainer: optimizer.learningRate',
          'a number above 0, or a schedule such as stepDecay({ learningRate: 0.1 })',
          show(rate),
        ),
      )
  })
})

it('what is no optimizer, and what a name is no optimizer of', () => {
  const rule = 'an optimizer, such as sgd({ learningRate: 0.5 })'
  for (const optimizer of [null, 3, 'sgd'])
    expect(() => checked(optimizer)).toThrow(
      new InputError('createTrainer: optimizer', rule, show(optimizer)),
    )
  expect(() => checked({ name: 'newton' })).toThrow(
    new InputError('createTrainer: optimizer.name', rule, "'newton'"),
  )
})

const schedules: [string, object, Table][] = [
  ['constantRate', constantRate({ learningRate: 0.5 }), {}],
  [
    'stepDecay',
    stepDecay({ learningRate: 0.5 }),
    { factor: [0.1, 'above0'], every: [10, 'above0'] },
  ],
  [
    'exponentialDecay',
    exponentialDecay({ learningRate: 0.5 }),
    { factor: [0.96, 'above0'], every: [1, 'above0'] },
  ],
  [
    'cosineDecay',
    cosineDecay({ learningRate: 0.5, epochs: 7 }),
    { epochs: [7, 'above0'], minimum: [0, 'atLeast0'] },
  ],
  ['inverseScaling', inverseScaling({ learningRate: 0.5 }), { power: [0.5, 'atLeast0'] }],
  [
    'reduceOnPlateau',
    reduceOnPlateau({ learningRate: 0.5 }),
    {
      factor: [0.1, 'between0And1'],
      patience: [10, 'wholeFrom0'],
      minimumChange: [1e-4, 'atLeast0'],
      cooldown: [0, 'wholeFrom0'],
      minimum: [0, 'atLeast0'],
    },
  ],
]

describe.each(schedules)('%s', (_, schedule, options) => {
  const all: Table = { learningRate: [0.5, 'above0'], ...options }
  it('its defaults', () => {
    expect(schedule).toMatchObject(
      Object.fromEntries(Object.entries(all).map(([option, [value]]) => [option, value])),
    )
    expect(Object.keys(schedule).sort()).toEqual(['name', ...Object.keys(all)].sort())
  })

  it.each(Object.entries(all))('%s, also after a warm-up', (option, [, rule]) => {
    const { words, right, wrong } = rules[rule]
    for (const [path, wrap] of [
      ['', (rate: object): object => rate],
      ['then.', (rate: object): object => ({ name: 'warmUp', epochs: 2, then: rate })],
    ] as const) {
      for (const value of right) {
        const learningRate = wrap({ ...schedule, [option]: value })
        expect(checked({ ...sgd(), learningRate }).learningRate).toEqual(learningRate)
      }
      for (const value of wrong)
        expect(
          () => checked({ ...sgd(), learningRate: wrap({ ...schedule, [option]: value }) }),
          show(value),
        ).toThrow(
          new InputError(
            `createTrainer: optimizer.learningRate.${path}${option}`,
            words,
            show(value),
          ),
        )
    }
  })

  it('no other field', () => {
    expect(() => checked({ ...sgd(), learningRate: { ...schedule, steps: 3 } })).toThrow(
      'optimizer.learningRate.steps: expected no such option',
    )
  })
})

it('warmUp: epochs above 0, and a rate or a schedule that is none itself', () => {
  const rise = warmUp({ epochs: 2, then: 0.5 })
  expect(rise).toEqual({ name: 'warmUp', epochs: 2, then: constantRate({ learningRate: 0.5 }) })
  expect(checked(sgd({ learningRate: rise })).learningRate).toEqual(rise)
  const after = stepDecay({ learningRate: 1 })
  expect(warmUp({ epochs: 0.5, then: after })).toEqual({ name: 'warmUp', epochs: 0.5, then: after })
  for (const epochs of rules.above0.wrong)
    expect(() => checked({ ...sgd(), learningRate: { ...rise, epochs } })).toThrow(
      new InputError(
        'createTrainer: optimizer.learningRate.epochs',
        'a number above 0',
        show(epochs),
      ),
    )
  expect(() => checked({ ...sgd(), learningRate: { ...rise, then: rise } })).toThrow(
    new InputError(
      'createTrainer: optimizer.learningRate.then.name',
      'a schedule, such as stepDecay({ learningRate: 0.1 })',
      "'warmUp'",
    ),
  )
})

it('nesterov needs a momentum', () => {
  expect(checked(sgd({ momentum: 0.5, nesterov: true }))).toMatchObject({ nesterov: true })
  expect(() => checked(sgd({ nesterov: true }))).toThrow(
    new InputError('createTrainer: optimizer.nesterov', 'a momentum above 0 with it', 'momentum 0'),
  )
  for (const other of [adam(), rmsprop()]) expect(checked(other)).toEqual(other)
})
