import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { activationNames } from '../../../dist/shared/formulas/activations.js'
import { InputError } from '../../../dist/shared/errors.js'
import { lossNames } from '../../../dist/shared/formulas/losses.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { sgd } from '../../../dist/shared/optimizers/optimizers.js'

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
  expect(dense(3)).toEqual({
    kind: 'dense',
    units: 3,
    activation: 'identity',
    initializer: 'xavier',
    bias: true,
  })
  expect(sgd()).toEqual({ name: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false })
})

describe('an error names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /createTrainer: expected an object, got nothing/],
    [{ loss: 'halfSquaredError' }, /createTrainer: network: expected a value, got nothing/],
    [{ ...valid, clipNorm: 0 }, /createTrainer: clipNorm: expected a number above 0, got 0/],
    [
      { ...valid, epochs: 5 },
      /createTrainer: epochs: expected no such option here \(it belongs to fit\), got 5/,
    ],
    [
      {
        ...valid,
        network: { inputs: 4, layers: [dense(2, 'softmax'), dropout(0.5)] },
      },
      /layers\[1\]: expected a dense layer as the last one, got an object with kind, rate$/,
    ],
    [{ ...valid, loss: 'mse' }, /loss: expected one of .*meanSquaredError.*, got 'mse'/],
    [
      { ...valid, loss: 'binaryCrossEntropy' },
      /network\.layers\[1\]\.activation: expected sigmoid, which the loss binaryCrossEntropy is defined with, got 'softmax'/,
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
