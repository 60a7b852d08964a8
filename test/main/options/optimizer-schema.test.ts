import { describe, expect, it } from 'vitest'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { InputError } from '../../../dist/shared/errors.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { stepDecay, warmUp } from '../../../dist/shared/optimizers/learning-rate.js'
import { adam, rmsprop, sgd } from '../../../dist/shared/optimizers/optimizers.js'

const network = { inputs: 4, layers: [dense(3, 'tanh'), dense(2, 'softmax')] }
const valid = { network, loss: 'categoricalCrossEntropy' } as const

describe('an error of an optimizer names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
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
    [
      { ...valid, optimizer: { name: 'newton', learningRate: 1 } },
      /optimizer\.name: expected an optimizer, such as sgd\(.*, got 'newton'$/,
    ],
    [
      { ...valid, optimizer: sgd({ learningRate: Infinity }) },
      /optimizer\.learningRate: expected a number above 0, got Infinity$/,
    ],
  ]
  for (const [options, message] of wrong) {
    it(String(message), () => {
      expect(() => checkTrainerOptions(options)).toThrow(InputError)
      expect(() => checkTrainerOptions(options)).toThrow(message)
    })
  }
})
