import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import { describe, expect, it } from 'vitest'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { InputError } from '../../../dist/shared/errors.js'
import { normal } from '../../../dist/shared/formulas/initializers.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'

const network = { inputs: 4, layers: [dense(3, 'tanh'), dense(2, 'softmax')] }
const valid = { network, loss: 'categoricalCrossEntropy' } as const

describe('an error of a network names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
    [
      { ...valid, network: { ...network, inputs: 0 } },
      /network\.inputs: expected a whole number of at least 1, got 0/,
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
      { ...valid, network: { inputs: 3, layers: [dense(2, 'tanh', { initializer: normal(0) })] } },
      /layers\[0\]\.initializer\.deviation: expected a number above 0, at most 1e37, got 0/,
    ],
    [
      {
        ...valid,
        network: {
          inputs: 3,
          layers: [{ ...dense(2), initializer: { name: 'he', deviation: 1 } }],
        },
      },
      /layers\[0\]\.initializer\.name: expected "normal", got 'he'/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), bias: 0 }] } },
      /layers\[0\]\.bias: expected true or false, got 0/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), initializer: 'ones' }] } },
      /layers\[0\]\.initializer: expected one of plain, xavier, he, .*, got 'ones'/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(3, 'relu'), dropout(1), dense(2)] } },
      /layers\[1\]\.rate: expected a number from 0 to below 1, got 1$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(3, 'relu'), dropout(-0.1), dense(2)] } },
      /layers\[1\]\.rate: expected .* got -0\.1$/,
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
    [
      { ...valid, network: { ...network, depth: 3 } },
      /network\.depth: expected no such option, got 3$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), biases: false }] } },
      /network\.layers\[0\]\.biases: expected no such option, got false; did you mean 'bias'\?$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(2), null] } },
      /network\.layers\[1\]: expected a layer, such as .*, got null$/,
    ],
  ]
  for (const [options, message] of wrong) {
    it(String(message), () => {
      expect(() => checkTrainerOptions(options)).toThrow(InputError)
      expect(() => checkTrainerOptions(options)).toThrow(message)
    })
  }
})
