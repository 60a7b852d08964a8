import { describe, expect, it } from 'vitest'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { InputError } from '../../../dist/shared/errors.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import { cosineDecay, stepDecay, warmUp } from '../../../dist/shared/optimizers/learning-rate.js'
import {
  type Optimizer,
  adadelta,
  adagrad,
  adam,
  adamw,
  rmsprop,
  sgd,
} from '../../../dist/shared/optimizers/optimizers.js'

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

describe('a number that float32 can not hold is refused:', () => {
  const optimizer = (given: Optimizer): object => ({ ...valid, optimizer: given })
  const dropped = { ...network, layers: [dropout(1 - 1e-9), ...network.layers] }
  const nothing = 1e-46 // 0 in float32
  const huge = 1e39 // infinite
  it.each<[string, object]>([
    ['optimizer.epsilon', optimizer(adam({ epsilon: nothing }))],
    ['optimizer.epsilon', optimizer(adagrad({ epsilon: huge }))],
    ['optimizer.beta1', optimizer(adam({ beta1: 1 - 1e-9 }))],
    ['optimizer.beta2', optimizer(adamw({ beta2: 1 - 1e-9 }))],
    ['optimizer.beta2', optimizer(adam({ beta2: nothing }))],
    ['optimizer.decay', optimizer(rmsprop({ decay: 1 - 1e-9 }))],
    ['optimizer.decay', optimizer(adadelta({ decay: 1 - 1e-9 }))],
    ['optimizer.momentum', optimizer(sgd({ momentum: 1 - 1e-9 }))],
    ['optimizer.weightDecay', optimizer(adamw({ weightDecay: huge }))],
    ['optimizer.learningRate', optimizer(sgd({ learningRate: nothing }))],
    ['optimizer.learningRate', optimizer(sgd({ learningRate: huge }))],
    [
      'optimizer.learningRate.learningRate',
      optimizer(sgd({ learningRate: stepDecay({ learningRate: nothing }) })),
    ],
    [
      'optimizer.learningRate.minimum',
      optimizer(
        sgd({ learningRate: cosineDecay({ learningRate: 1, epochs: 2, minimum: nothing }) }),
      ),
    ],
    [
      'optimizer.learningRate.then.learningRate',
      optimizer(sgd({ learningRate: warmUp({ epochs: 1, then: huge }) })),
    ],
    ['l2', { ...valid, l2: nothing }],
    ['l2', { ...valid, l2: huge }],
    ['clipNorm', { ...valid, clipNorm: nothing }],
    ['clipNorm', { ...valid, clipNorm: huge }],
    ['network.scale', { ...valid, network: { ...network, scale: nothing } }],
    ['network.scale', { ...valid, network: { ...network, scale: -huge } }],
    ['network.layers[0].rate', { ...valid, network: dropped }],
  ])('%s', (field, options) => {
    for (const backend of ['auto', 'reference']) {
      const check = (): unknown => checkTrainerOptions({ ...options, backend })
      expect(check).toThrow(InputError)
      expect(check).toThrow(`createTrainer: ${field}: expected a`)
      expect(check).toThrow('in float32 too, in which training computes, got ')
    }
  })

  it('but not the smallest and the largest that it holds, nor 0 where that is right', () => {
    const largest = 3.4e38
    for (const options of [
      optimizer(adam({ epsilon: 1.5e-45, beta1: 0.9999999, beta2: 0, learningRate: largest })),
      optimizer(adamw({ weightDecay: 0 })),
      { ...valid, l2: 0, clipNorm: largest, network: { ...network, scale: 0 } },
    ])
      expect(() => checkTrainerOptions(options)).not.toThrow()
  })
})
