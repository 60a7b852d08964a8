import { describe, expect, it } from 'vitest'
import { checkTrainingOptions } from '../../../dist/main/options/training-options.js'
import { InputError } from '../../../dist/shared/errors.js'

it('fills in the defaults', () => {
  expect(checkTrainingOptions('fit', {})).toEqual({
    epochs: 1,
    initialEpoch: 0,
    batchSize: 32,
    accumulationSteps: 1,
    shuffle: true,
  })
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
    [{ epoch: 3 }, /^fit: epoch: expected no such option, got 3; did you mean 'epochs'\?$/],
  ]
  for (const [options, message] of wrong) {
    it(String(message), () => {
      expect(() => checkTrainingOptions('fit', options)).toThrow(InputError)
      expect(() => checkTrainingOptions('fit', options)).toThrow(message)
    })
  }
})
