import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activationNames } from '../../../dist/shared/network/activations.js'
import {
  checkTrainerOptions,
  checkTrainingOptions,
} from '../../../dist/main/options/description.js'
import { InputError } from '../../../dist/shared/errors.js'
import { dense } from '../../../dist/shared/network/network.js'
import { lossNames } from '../../../dist/shared/network/losses.js'
import { stepDecay, warmUp } from '../../../dist/shared/optimizers/learning-rate.js'
import { adam, rmsprop, sgd } from '../../../dist/shared/optimizers/optimizers.js'

const network = { inputs: 4, layers: [dense(3, 'tanh'), dense(2, 'softmax')] }
const valid = { network, loss: 'categoricalCrossEntropy' } as const

it('fills in the defaults', () => {
  expect(checkTrainerOptions(valid)).toEqual({
    ...valid,
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false },
    l2: 0,
    seed: 0,
    workers: 'auto',
    shards: 'auto',
    backend: 'auto',
  })
  expect(checkTrainingOptions('fit', {})).toEqual({
    epochs: 1,
    initialEpoch: 0,
    batchSize: 32,
    accumulationSteps: 1,
    shuffle: true,
  })
  expect(dense(3)).toEqual({ units: 3, activation: 'identity', initializer: 'xavier' })
  expect(sgd()).toEqual({ name: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false })
})

describe('an error names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /createTrainer: expected an object, got nothing/],
    [{ loss: 'halfSquaredError' }, /createTrainer: network: expected a value, got nothing/],
    [
      { ...valid, network: { ...network, inputs: 0 } },
      /network\.inputs: expected a whole number of at least 1, got 0/,
    ],
    [
      { ...valid, optimizer: adam({ learningRate: 0 }) },
      /createTrainer: optimizer\.learningRate: expected a number above 0, got 0/,
    ],
    [
      { ...valid, optimizer: adam({ beta1: 1 }) },
      /optimizer\.beta1: expected a number from 0 to below 1, got 1/,
    ],
    [
      { ...valid, optimizer: rmsprop({ epsilon: -1 }) },
      /optimizer\.epsilon: expected a number above 0, got -1/,
    ],
    [
      { ...valid, optimizer: sgd({ momentum: 1 }) },
      /optimizer\.momentum: expected a number from 0 to below 1, got 1/,
    ],
    [
      { ...valid, optimizer: sgd({ nesterov: true }) },
      /optimizer\.nesterov: expected a momentum above 0 with it, got momentum 0/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRat: 0.5 } as object) },
      /optimizer\.learningRat: expected no such option, got 0\.5/,
    ],
    [
      { ...valid, optimizer: adam({ momentum: 0.5 } as object) },
      /optimizer\.momentum: expected no such option here \(it belongs to sgd\), got 0\.5/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: stepDecay({ learningRate: 0.1, every: 0 }) }) },
      /optimizer\.learningRate\.every: expected a number above 0, got 0/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: { name: 'linear' } as never }) },
      /optimizer\.learningRate.*: expected a number above 0, or a schedule such as stepDecay/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: 'fast' as never }) },
      /optimizer\.learningRate: expected a number above 0, or a schedule such as .*, got 'fast'/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: warmUp({ epochs: 0, then: 0.1 }) }) },
      /optimizer\.learningRate\.epochs: expected a number above 0, got 0/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: warmUp({ epochs: 2, then: -1 }) }) },
      /optimizer\.learningRate\.then\.learningRate: expected a number above 0, got -1/,
    ],
    [{ ...valid, clipNorm: 0 }, /createTrainer: clipNorm: expected a number above 0, got 0/],
    [
      { ...valid, epochs: 5 },
      /createTrainer: epochs: expected no such option here \(it belongs to fit\), got 5/,
    ],
    [{ ...valid, network: { ...network, inputs: 2.5 } }, /network\.inputs: .* got 2\.5/],
    [
      { ...valid, network: { inputs: 3, layers: [] } },
      /network\.layers: expected at least one layer, got an array of 0/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: 'deep' } },
      /network\.layers: expected a list of layers.*, got 'deep'/,
    ],
    [
      {
        ...valid,
        network: { inputs: 3, layers: [dense(3), { ...dense(2), activation: 'sigmoidal' }] },
      },
      /network\.layers\[1\]\.activation: expected one of identity, .*, got 'sigmoidal'/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(NaN)] } },
      /network\.layers\[0\]\.units: .* got NaN/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), initializer: 'ones' }] } },
      /layers\[0\]\.initializer: expected one of plain, xavier, he, .*, got 'ones'/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(3, 'relu', { dropout: 1 }), dense(2)] } },
      /layers\[0\]\.dropout: expected a number of at least 0 and below 1, got 1$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(3, 'relu', { dropout: -0.1 }), dense(2)] } },
      /layers\[0\]\.dropout: expected .* got -0\.1$/,
    ],
    [
      {
        ...valid,
        network: { inputs: 4, layers: [dense(3), dense(2, 'softmax', { dropout: 0.5 })] },
      },
      /layers\[1\]\.dropout: expected none on the output layer, got 0\.5$/,
    ],
    [
      {
        ...valid,
        network: { inputs: 3, layers: [dense(3, 'relu', { dropOut: 0.5 } as object), dense(2)] },
      },
      /layers\[0\]\.dropOut: expected no such option, got 0\.5$/,
    ],
    [
      { ...valid, network: { ...network, scale: Infinity } },
      /network\.scale: expected a finite number, got Infinity/,
    ],
    [{ ...valid, loss: 'mse' }, /loss: expected one of .*meanSquaredError.*, got 'mse'/],
    [
      { ...valid, loss: 'binaryCrossEntropy' },
      /network\.layers\[1\]\.activation: expected sigmoid, which the loss binaryCrossEntropy is defined with, got 'softmax'/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: -1 }) },
      /optimizer\.learningRate: expected a number above 0, got -1/,
    ],
    [
      { ...valid, optimizer: { ...sgd(), rate: 2 } },
      /optimizer\.rate: expected no such option, got 2/,
    ],
    [
      { ...valid, optimizer: 'sgd' },
      /optimizer: expected an optimizer, such as sgd\(.*, got 'sgd'/,
    ],
    [{ ...valid, l2: -0.1 }, /l2: expected a finite number of at least 0, got -0\.1/],
    [
      { ...valid, seed: 0.5 },
      /seed: expected a whole number no larger than 2\^53 - 1 in size, got 0\.5/,
    ],
    [{ ...valid, workers: 0 }, /workers: expected 'auto' or a whole number of at least 1, got 0/],
    [{ ...valid, shards: 6 }, /shards: expected 'auto' or a power of two from 1 to 1024, got 6/],
    [{ ...valid, backend: 'gpu' }, /backend: expected one of auto, .*, got 'gpu'/],
    [
      { ...valid, learningRate: 0.5 },
      /createTrainer: learningRate: expected no such option here \(it belongs to the optimizer\), got 0\.5/,
    ],
    [
      { ...valid, network: { ...network, depth: 3 } },
      /network\.depth: expected no such option, got 3$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), bias: false }] } },
      /network\.layers\[0\]\.bias: expected no such option, got false$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(2), null] } },
      /network\.layers\[1\]: expected an object, got null$/,
    ],
    [
      { ...valid, optimizer: { name: 'newton', learningRate: 1 } },
      /optimizer\.name: expected an optimizer, such as sgd\(.*, got 'newton'$/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: Infinity }) },
      /optimizer\.learningRate: expected a number above 0, got Infinity$/,
    ],
    [
      { ...valid, workers: 'two' },
      /workers: expected 'auto' or a whole number of at least 1, got 'two'$/,
    ],
    [
      { ...valid, shards: 2048 },
      /shards: expected 'auto' or a power of two from 1 to 1024, got 2048$/,
    ],
    [{ ...valid, l2: () => 1 }, /l2: expected a finite number of at least 0, got a function$/],
    [{ ...valid, loss: 'toString' }, /loss: expected one of .*, got 'toString'$/],
  ]
  for (const [options, message] of wrong) {
    it(String(message), () => {
      expect(() => checkTrainerOptions(options)).toThrow(InputError)
      expect(() => checkTrainerOptions(options)).toThrow(message)
    })
  }
})

describe('an error of fit names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
    [null, /^fit: expected an object, got null$/],
    [
      { accumulationSteps: 0 },
      /^fit: accumulationSteps: expected a whole number of at least 1, got 0$/,
    ],
    [
      { earlyStopping: { patience: -1 } },
      /^fit: earlyStopping\.patience: expected a whole number of at least 0, got -1$/,
    ],
    [{ earlyStopping: { wait: 1 } }, /^fit: earlyStopping\.wait: expected no such option, got 1$/],
    [{ metrics: 'f1' }, /^fit: metrics: expected a list of metrics, got 'f1'$/],
    [
      { classWeights: 5 },
      /^fit: classWeights: expected a weight for each class, such as .*, got 5$/,
    ],
    [
      { seed: 1 },
      /^fit: seed: expected no such option here \(it belongs to createTrainer\), got 1$/,
    ],
    [
      { learningRate: 0.1 },
      /^fit: learningRate: expected no such option here \(it belongs to the optimizer\), got 0\.1$/,
    ],
    [{ epochs: 0 }, /^fit: epochs: expected a whole number of at least 1, got 0$/],
    [{ epochs: 1.5 }, /^fit: epochs: expected a whole number of at least 1, got 1\.5$/],
    [{ epochs: [1, 2] }, /^fit: epochs: expected a whole number of at least 1, got an array of 2$/],
    [{ batchSize: 0 }, /^fit: batchSize: expected 'all' or a whole number of at least 1, got 0$/],
    [
      { batchSize: 'some' },
      /^fit: batchSize: expected 'all' or a whole number of at least 1, got 'some'$/,
    ],
    [{ shuffle: 'yes' }, /^fit: shuffle: expected true or false, got 'yes'$/],
    [
      { validation: 1 },
      /^fit: validation: expected \{ inputs, targets \} or a share of the examples between 0 and 1, got 1$/,
    ],
    [{ validation: NaN }, /^fit: validation: expected .* between 0 and 1, got NaN$/],
    [{ validation: null }, /^fit: validation: expected .* between 0 and 1, got null$/],
    [{ onEpoch: 3 }, /^fit: onEpoch: expected a function, got 3$/],
    [{ onProgress: {} }, /^fit: onProgress: expected a function, got an object with no fields$/],
    [
      { signal: { aborted: true } },
      /^fit: signal: expected an AbortSignal, got an object with aborted$/,
    ],
    [{ epoch: 3 }, /^fit: epoch: expected no such option, got 3$/],
  ]
  for (const [options, message] of wrong) {
    it(String(message), () => {
      expect(() => checkTrainingOptions('fit', options)).toThrow(InputError)
      expect(() => checkTrainingOptions('fit', options)).toThrow(message)
    })
  }
})

it('whatever one option is replaced by, it is taken, or the error is an InputError that names the option', () => {
  const anything = fc.oneof(
    fc.anything({
      withBigInt: true,
      withNullPrototype: true,
      withTypedArray: true,
      withDate: true,
    }),
    fc.func(fc.nat()),
  )
  const options = [
    'network',
    'loss',
    'optimizer',
    'l2',
    'seed',
    'workers',
    'shards',
    'backend',
    'other',
  ] as const
  fc.assert(
    fc.property(fc.constantFrom(...options), anything, (option, value) => {
      try {
        checkTrainerOptions({ ...valid, [option]: value })
      } catch (error) {
        expect(error).toBeInstanceOf(InputError)
        expect((error as InputError).message).toMatch(
          new RegExp(`^createTrainer: ${option}\\b.*: expected .+, got .+`, 's'),
        )
      }
    }),
    { seed: 1, numRuns: 1000 },
  )
})

it('an error never says it expected what it got: numbers too large to be exact, and big integers', () => {
  const rule = (options: object): string => {
    try {
      return `taken: ${String(checkTrainerOptions({ ...valid, ...options }).seed)}`
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(rule({ seed: 10n }), 'a bigint, shown so').not.toMatch(/expected a whole number, got 10$/)
  expect(rule({ seed: 2 ** 53 }), 'beyond the safe integers').not.toMatch(
    /expected a whole number, got 9007199254740992$/,
  )
})

it('each cross-entropy wants its own output activation, hidden layers have any; the squared errors take every output', () => {
  const needs: Partial<Record<string, string>> = {
    binaryCrossEntropy: 'sigmoid',
    categoricalCrossEntropy: 'softmax',
  }
  for (const loss of lossNames) {
    for (const activation of activationNames) {
      for (const hidden of activationNames) {
        const check = (): unknown =>
          checkTrainerOptions({
            loss,
            network: { inputs: 2, layers: [dense(4, hidden), dense(3, activation)] },
          })
        const needed = needs[loss]
        if (needed === undefined || needed === activation) expect(check).not.toThrow()
        else
          expect(check).toThrow(
            new RegExp(
              `layers\\[1\\]\\.activation: expected ${needed}, .*${loss}.*, got '${activation}'$`,
            ),
          )
      }
    }
  }
})
