// A word that is nearly right is answered with the right one, whichever call it was given to.

import { afterAll, describe, expect, it } from 'vitest'
import {
  type TrainerOptions,
  InputError,
  checkGradients,
  createTrainer,
  dense,
  dropout,
  loadDataSet,
  sgd,
  trainTestSplit,
} from '../../dist/main/index.js'

const options: TrainerOptions = {
  network: { inputs: 2, layers: [dense(3, 'tanh'), dense(2, 'softmax')] },
  loss: 'categoricalCrossEntropy',
  workers: 1,
  backend: 'wasm',
}
const { network } = options
const layer = network.layers[0]!
const examples = { inputs: new Float32Array(20), targets: new Uint8Array(10) }
const trainer = await createTrainer(options)
afterAll(() => trainer.close())

const create = (given: object): unknown => createTrainer({ ...options, ...given })
const withLayer = (given: object): unknown =>
  create({ network: { ...network, layers: [given, dense(2, 'softmax')] } })
const fit = (given: object): unknown => trainer.fit(examples, given)
const schedule = (given: object): unknown =>
  create({ optimizer: { ...sgd(), learningRate: given } })

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return (error as InputError).message
  }
  return 'no error'
}

const nearlyRight: [what: string, call: () => unknown, name: string][] = [
  ['an option', () => create({ optimiser: sgd() }), 'optimizer'],
  [
    'an option that must be there',
    () => createTrainer({ Network: network, loss: options.loss } as never),
    'network',
  ],
  ['an option of a network', () => create({ network: { ...network, layer: [] } }), 'layers'],
  ['an option of a layer', () => withLayer({ ...layer, activations: 'relu' }), 'activation'],
  [
    'an option of an optimizer',
    () => create({ optimizer: { ...sgd(), learningrate: 1 } }),
    'learningRate',
  ],
  [
    'an option of a schedule',
    () => schedule({ name: 'cosine', learningRate: 1, epoch: 3, minimum: 0 }),
    'epochs',
  ],
  ['an option of fit', () => fit({ epoch: 3 }), 'epochs'],
  [
    'an option of epochs',
    () => trainer.epochs(examples, { batchsize: 3 } as never).next(),
    'batchSize',
  ],
  ['an option of early stopping', () => fit({ earlyStopping: { patients: 3 } }), 'patience'],
  [
    'an option of evaluate',
    () => trainer.evaluate(examples, { metric: ['f1'] } as never),
    'metrics',
  ],
  [
    'an option of findLearningRate',
    () => trainer.findLearningRate(examples, { step: 3 } as never),
    'steps',
  ],
  [
    'an option of checkGradients',
    () => checkGradients(options, examples, { tolerence: 1 } as never),
    'tolerance',
  ],
  [
    'an option of trainTestSplit',
    () => trainTestSplit(examples, 2, { tset: 0.1 } as never),
    'test',
  ],
  [
    'a field of examples',
    () => trainer.fit({ ...examples, sampleWeight: new Float32Array(10) } as never),
    'sampleWeights',
  ],
  [
    'a field of examples that must be there',
    () => trainer.fit({ input: examples.inputs, targets: examples.targets } as never),
    'inputs',
  ],
  ['a loss', () => create({ loss: 'categorical_crossentropy' }), 'categoricalCrossEntropy'],
  ['an activation', () => withLayer({ ...layer, activation: 'ReLU' }), 'relu'],
  ['an initializer', () => withLayer({ ...layer, initializer: 'He' }), 'he'],
  ['a kind of layer', () => withLayer({ ...layer, kind: 'Dense' }), 'dense'],
  ['another kind of layer', () => withLayer({ ...dropout(0.1), kind: 'dropuot' }), 'dropout'],
  ['an optimizer', () => create({ optimizer: { ...sgd(), name: 'SGD' } }), 'sgd'],
  [
    'a schedule',
    () => schedule({ name: 'cosin', learningRate: 1, epochs: 3, minimum: 0 }),
    'cosine',
  ],
  ['a backend', () => create({ backend: 'WASM' }), 'wasm'],
  ['a metric', () => fit({ metrics: ['recal'] }), 'recall'],
  ['a figure to watch', () => fit({ earlyStopping: { monitor: 'acuracy' } }), 'accuracy'],
  [
    'a step of preprocessing',
    () => create({ network: { ...network, preprocessing: [{ name: 'minmax' }] } }),
    'minMax',
  ],
  ['a data set', () => loadDataSet('xorr'), 'xor'],
]

describe('a word that is nearly right', () => {
  it.each(nearlyRight)('%s', async (_, call, name) => {
    expect(await messageOf(call)).toMatch(new RegExp(`, got .*; did you mean '${name}'\\?$`))
  })
})

const farOff: [what: string, call: () => unknown][] = [
  ['an option', () => create({ velocity: 9 })],
  ['a loss', () => create({ loss: 'newton' })],
  ['a data set', () => loadDataSet('faces')],
  ['a figure', () => fit({ earlyStopping: { monitor: 'beauty' } })],
  ['text instead of an optimizer', () => create({ optimizer: 'sgd' })],
  ['text instead of a layer', () => create({ network: { ...network, layers: ['dense'] } })],
  ['a right name in the wrong place', () => create({ loss: 'relu' })],
  ['an option of another call', () => create({ epochs: 3 })],
]

describe('a word that is not', () => {
  it.each(farOff)('%s', async (_, call) => {
    expect(await messageOf(call)).toMatch(/expected .*, got [^?]*$/)
  })
})

describe('words that every object has', () => {
  for (const word of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const given = JSON.parse(`{ "${word}": 1 }`) as object
    const own = (to: object): object =>
      Object.defineProperty({ ...to }, word, { value: 1, enumerable: true })
    const calls: [string, () => unknown, RegExp][] = [
      ['an option of createTrainer', () => createTrainer(own(options) as never), /no such option/],
      ['an option of fit', () => fit(given), /no such option/],
      ['an option of evaluate', () => trainer.evaluate(examples, given), /no such option/],
      ['an option of a layer', () => withLayer(own(layer)), /no such option/],
      ['an option of an optimizer', () => create({ optimizer: own(sgd()) }), /no such option/],
      ['a loss', () => create({ loss: word }), /one of halfSquaredError/],
      ['an activation', () => withLayer({ ...layer, activation: word }), /one of identity/],
      ['a kind of layer', () => withLayer({ ...layer, kind: word }), /a layer, such as/],
      [
        'an optimizer',
        () => create({ optimizer: { ...sgd(), name: word } }),
        /an optimizer, such as/,
      ],
      ['a schedule', () => schedule({ name: word }), /a schedule such as/],
      ['a metric', () => fit({ metrics: [word] }), /one of accuracy/],
      [
        'a figure',
        () => fit({ earlyStopping: { monitor: word } }),
        /a figure that is reported here/,
      ],
      ['a data set', () => loadDataSet(word), /one of digits/],
    ]
    it.each(calls)(`${word} as %s`, async (_, call, expected) => {
      const message = await messageOf(call)
      expect(message).toMatch(expected)
      expect(message).not.toMatch(/did you mean|native code/)
    })
  }
})
