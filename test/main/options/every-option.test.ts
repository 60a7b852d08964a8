// Every option of every call: what it may be, at the bounds, what it may not be, and the words of
// its rule.

import { describe, expect, it } from 'vitest'
import { checkEvaluateOptions } from '../../../dist/main/options/evaluate-options.js'
import { checkGradientCheckOptions } from '../../../dist/main/options/gradient-check-options.js'
import { checkRateFinderOptions } from '../../../dist/main/options/rate-finder-options.js'
import { checkSplitOptions } from '../../../dist/main/options/split-options.js'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { checkTrainingOptions } from '../../../dist/main/options/training-options.js'
import { InputError, show } from '../../../dist/shared/errors.js'
import { lossNames } from '../../../dist/shared/formulas/losses.js'
import { metricNames } from '../../../dist/shared/figures/metrics.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'

/** An option, or a field of it after dots: its rule, values it takes, values it refuses. */
type Row = readonly [option: string, rule: string, right: unknown[], wrong: unknown[]]

/** `value` at a path of fields and indices, in a copy of what is there. */
function put(into: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(into))
    return into.map((old: unknown, i) => (i === Number(key) ? put(old, rest, value) : old))
  const fields = (into ?? {}) as Record<string, unknown>
  return { ...fields, [key]: put(fields[key], rest, value) }
}

/** layers.0.units, as an error writes it: layers[0].units */
const written = (option: string): string => option.replaceAll(/\.(\d+)/g, '[$1]')

function thrownBy(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

function describeOptions(
  where: string,
  check: (options: unknown) => unknown,
  rows: readonly Row[],
  valid: object = {},
): void {
  describe(where, () => {
    it.each(rows)('%s: %s', (option, rule, right, wrong) => {
      for (const value of right)
        expect(() => check(put(valid, option.split('.'), value)), show(value)).not.toThrow()
      for (const value of wrong) {
        const error = thrownBy(() => check(put(valid, option.split('.'), value)))
        const expected = new InputError(`${where}: ${written(option)}`, rule, show(value)).message
        expect(error).toBeInstanceOf(InputError)
        expect((error as InputError).message.replace(/; did you mean '\w+'\?$/, '')).toBe(expected)
      }
    })
    it('anything but an object', () => {
      for (const value of [null, 3, 'all'])
        expect(() => check(value)).toThrow(new InputError(where, 'an object', show(value)))
    })
  })
}

const positiveWhole = [0, -1, 1.5, NaN, Infinity, 2 ** 53, '3', null, 3n]
const wholeFrom0 = [-1, 0.5, NaN, Infinity, 2 ** 53, '3', null]
const notAbove0 = [0, -0, -1e-9, NaN, Infinity, -Infinity, '1', null, true]
const notAtLeast0 = [-1e-9, NaN, Infinity, -Infinity, '1', null, false]
const atLeast1 = 'a whole number of at least 1'
const from0 = 'a whole number of at least 0'
const above0 = 'a number above 0'
const atLeast0 = 'a number of at least 0'
const names = `one of ${metricNames.join(', ')}`
const notFunctions = [null, 3, {}, 'f']
const nothing = (): void => undefined

const ofMetrics: Row[] = [
  ['metrics', 'a list of metrics', [undefined, [], [...metricNames]], ['f1', null, {}, 3]],
]
const ofEpochs: Row[] = [
  ['epochs', atLeast1, [undefined, 1, 2, 1e6], positiveWhole],
  ['batchSize', `'all' or ${atLeast1}`, [undefined, 1, 64, 'all'], [...positiveWhole, 'ALL', '']],
  ['accumulationSteps', atLeast1, [undefined, 1, 5], positiveWhole],
  ['shuffle', 'true or false', [undefined, true, false], [0, 1, 'true', null]],
  [
    'validation',
    '{ inputs, targets } or a share of the examples between 0 and 1',
    [undefined, 1e-9, 0.5, 1 - 1e-9, {}],
    [0, 1, -0.5, 2, NaN, '0.1', null, true],
  ],
  [
    'classWeights',
    'a weight for each class, such as { 0: 1, 1: 5 }',
    [undefined, [1, 2], { 0: 1 }],
    [null, 5, '1'],
  ],
  ['earlyStopping.monitor', 'the name of a figure', [undefined, 'cost', ''], [3, null, {}]],
  ['earlyStopping.patience', from0, [undefined, 0, 5], wholeFrom0],
  ['earlyStopping.minimumChange', atLeast0, [undefined, 0, 0.5], notAtLeast0],
  ['earlyStopping', 'an object', [undefined, {}], [3, 'cost', null]],
  ['onTimeline', 'a function', [undefined, nothing], notFunctions],
  [
    'signal',
    'an AbortSignal',
    [undefined, new AbortController().signal],
    [null, {}, new AbortController()],
  ],
  ...ofMetrics,
]

for (const where of ['fit', 'epochs', 'findLearningRate'] as const)
  describeOptions(where, (options) => checkTrainingOptions(where, options), ofEpochs)
describeOptions('fit', (options) => checkTrainingOptions('fit', options), [
  ['onEpoch', 'a function', [undefined, nothing], notFunctions],
  ['onProgress', 'a function', [undefined, nothing], notFunctions],
])
describeOptions(
  'fit',
  (options) => checkTrainingOptions('fit', options),
  [
    ['initialEpoch', from0, [undefined, 0, 4], wholeFrom0],
    ['initialEpoch', 'a number below epochs, 5', [4], [5, 6]],
    ['topK', atLeast1, [undefined, 1, 3], positiveWhole],
    ['metrics.0', names, metricNames.map((name) => name), ['speed', 3, null, 'F1']],
  ],
  { epochs: 5, metrics: ['f1', 'topKAccuracy'] },
)

describeOptions('evaluate', checkEvaluateOptions, ofMetrics)
describeOptions(
  'evaluate',
  checkEvaluateOptions,
  [['topK', atLeast1, [undefined, 1, 3], positiveWhole]],
  { metrics: ['topKAccuracy'] },
)
describeOptions('evaluate', checkEvaluateOptions, [
  ['topK', 'the metric topKAccuracy with it', [undefined], [1, 3]],
])

describeOptions('checkGradients', checkGradientCheckOptions, [
  ['tolerance', above0, [undefined, 1e-12, 1], notAbove0],
  ['parameters', '{ weights, biases }', [undefined, {}], [null, 3, 'weights']],
])

describeOptions('findLearningRate', checkRateFinderOptions, [
  ['from', above0, [undefined, 1e-12, 1], notAbove0],
  ['to', above0, [undefined, 1e-4, 100], notAbove0],
  ['steps', 'a whole number of at least 2', [undefined, 2, 3], [1, 0, -1, 2.5, NaN, '5', null]],
])
describeOptions(
  'findLearningRate',
  checkRateFinderOptions,
  [['to', 'a rate above from, 0.5', [0.6, 1], [0.5, 0.4]]],
  { from: 0.5 },
)

describeOptions('trainTestSplit', (options) => checkSplitOptions('trainTestSplit', options), [
  [
    'test',
    'a share of the rows between 0 and 1',
    [undefined, 1e-9, 0.5, 1 - 1e-9],
    [0, 1, -0.5, 2, NaN, '0.1', null],
  ],
  ['seed', 'a whole number', [undefined, 0, -5, 2 ** 53 - 1], [0.5, NaN, 2 ** 53, '1', null]],
])

const activations = [
  'identity',
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  'elu',
  'softplus',
  'silu',
  'gelu',
  'softmax',
]
const someLayer = "a layer, such as dense(10, 'softmax')"
const somePreprocessing = 'a step of preprocessing, such as cross(0, 1)'
describeOptions(
  'createTrainer',
  checkTrainerOptions,
  [
    ['network.inputs', atLeast1, [1, 5], positiveWhole],
    ['network.scale', 'a finite number', [undefined, 0, -1, 1 / 255], [NaN, Infinity, '1', null]],
    ['network.layers', "a list of layers, such as dense(10, 'softmax')", [], ['deep', 3, null]],
    ['network.layers', 'at least one layer', [[dense(1)]], [[]]],
    ['network.layers.0', someLayer, [dense(1)], [null, 3, 'dense']],
    ['network.layers.0.kind', someLayer, [], ['Dense', null, 3]],
    ['network.layers.0.units', atLeast1, [1, 5], positiveWhole],
    [
      'network.layers.0.activation',
      `one of ${activations.join(', ')}`,
      activations,
      ['Relu', '', 3, null],
    ],
    [
      'network.layers.1.rate',
      'a number from 0 to below 1',
      [0, 0.5, 0.999],
      [1, -1e-9, 2, NaN, '0.5', null],
    ],
    [
      'network.layers',
      'at least one layer',
      [
        [dropout(0.5), dense(1)],
        [dense(3), dropout(0.5), dense(1)],
        [dropout(0.1), dense(3), dropout(0.5), dense(1)],
      ],
      [],
    ],
    [
      'network.preprocessing',
      'a list of preprocessing steps, such as cross(0, 1)',
      [undefined, []],
      ['cross', 3, null],
    ],
    ['loss', `one of ${lossNames.join(', ')}`, ['huber', 'halfSquaredError'], ['mse', 3, null]],
    ['l2', 'a finite number of at least 0', [undefined, 0, 0.5], notAtLeast0],
    ['clipNorm', above0, [undefined, 1e-9, 5], notAbove0],
    [
      'seed',
      'a whole number no larger than 2^53 - 1 in size',
      [undefined, 0, -5, 2 ** 53 - 1],
      [0.5, NaN, 2 ** 53, '1', null],
    ],
    ['workers', `'auto' or ${atLeast1}`, [undefined, 'auto', 1, 8], [...positiveWhole, 'Auto']],
    [
      'shards',
      "'auto' or a power of two from 1 to 1024",
      [undefined, 'auto', 1, 2, 1024],
      [0, 3, 1023, 2048, 0.5, -2, NaN, Infinity, '2', null],
    ],
    [
      'backend',
      'one of auto, native, wasm-relaxed, wasm, reference',
      [undefined, 'auto', 'native', 'wasm', 'wasm-relaxed', 'reference'],
      ['gpu', 'Auto', 1, null],
    ],
  ],
  {
    network: { inputs: 4, layers: [dense(3), dropout(0.5), dense(2)] },
    loss: 'meanSquaredError',
  },
)

const stepOf = (step: object): [(options: unknown) => unknown, object] => [
  checkTrainerOptions,
  {
    network: { inputs: 2, preprocessing: [step], layers: [dense(1)] },
    loss: 'meanSquaredError',
  },
]
const at = 'network.preprocessing.0'
const ofStep = (step: object, rows: readonly Row[]): void => {
  const [check, valid] = stepOf(step)
  describeOptions(
    'createTrainer',
    check,
    rows.map(([field, ...rest]): Row => [field === '' ? at : `${at}.${field}`, ...rest]),
    valid,
  )
}
const notNumbers = [NaN, Infinity, '1', null]
const list = 'a list of numbers'
ofStep({ name: 'cross', columns: [0, 1] }, [
  ['', somePreprocessing, [], [null, 'cross', 3]],
  ['name', somePreprocessing, [], ['Cross', null]],
  [
    'columns',
    'a list of columns',
    [
      [0, 0],
      [1, 0, 1],
    ],
    ['0,1', 3, null],
  ],
  ['columns', 'at least two columns', [[0, 1]], [[], [0]]],
  ['columns.1', from0, [0, 1], wholeFrom0],
])
ofStep({ name: 'standardize', mean: [0, 0], deviation: [1, 1] }, [
  ['mean', list, [[0, -1]], ['0', 3, null]],
  ['deviation', list, [[1e-9, 5]], ['0', 3, null]],
  ['mean.1', 'a finite number', [-5, 0], notNumbers],
  ['deviation.1', above0, [1e-9], notAbove0],
])
ofStep({ name: 'minMax', minimum: [0, 0], maximum: [1, 1] }, [
  ['minimum', list, [[0, -1]], ['0', 3, null]],
  ['maximum', list, [[0, 1]], ['0', 3, null]],
  ['minimum.1', 'a finite number', [-5, 0], notNumbers],
  ['maximum.1', 'a finite number', [5, 0], notNumbers],
  ['maximum.1', 'at least the minimum, 0', [0, 1], [-1e-9, -1]],
])
ofStep({ name: 'oneHot', column: 0, categories: [1, 2, 3] }, [
  ['column', from0, [0, 1], wholeFrom0],
  ['column', 'a column from 0 to 1', [0, 1], [2]],
  ['categories', list, [[5]], ['0', 3, null]],
  ['categories', 'at least one category', [[5]], [[]]],
  ['categories.1', 'a finite number', [-5, 0], notNumbers],
  ['categories.2', 'categories that differ', [0, 3], [1, 2]],
])

it('layers that stand where they cannot are named', () => {
  const layersOf =
    (...layers: object[]): (() => unknown) =>
    () =>
      checkTrainerOptions({ network: { inputs: 2, layers }, loss: 'meanSquaredError' })
  expect(layersOf(dense(3), dropout(0.1), dropout(0.2), dense(1))).toThrow(
    'network.layers[2]: expected one dropout between two other layers, got an object with kind, rate',
  )
  expect(layersOf(dropout(0.1), dropout(0.2), dense(1))).toThrow('network.layers[1]: expected one')
  expect(layersOf(dense(3), dense(2), dropout(0.1))).toThrow(
    'network.layers[2]: expected a dense layer as the last one',
  )
})

it('an option given to the wrong call, or by an older name, is told where it belongs', () => {
  const told = (option: string): string => {
    try {
      checkSplitOptions('trainTestSplit', { [option]: 1 })
    } catch (error) {
      return (error as Error).message
    }
    return 'taken'
  }
  for (const [option, place] of [
    ['batchesPerUpdate', 'it is called accumulationSteps'],
    ['features', 'it is called preprocessing'],
    ['initialiser', 'it is called initializer'],
    ['network', 'it belongs to createTrainer'],
    ['onEpoch', 'it belongs to fit'],
    ['shuffle', 'it belongs to fit'],
    ['learningRate', 'it belongs to the optimizer'],
    ['nesterov', 'it belongs to sgd'],
    ['weightDecay', 'it belongs to adamw'],
    ['epsilon', 'it belongs to the optimizers but sgd'],
    ['initializer', 'it belongs to dense'],
    [
      'dropout',
      'it belongs to the layers of a network: dropout(0.2) after the layer whose outputs it leaves out',
    ],
    ['weights', 'it belongs to the examples: sampleWeights'],
  ] as const)
    expect(told(option)).toBe(
      `trainTestSplit: ${option}: expected no such option here (${place}), got 1`,
    )
  expect(told('sizes')).toBe('trainTestSplit: sizes: expected no such option, got 1')
})
