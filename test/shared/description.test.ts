import { describe, expect, it } from 'vitest'
import { checkFitOptions, checkTrainerOptions } from '../../src/shared/description.js'
import { InputError } from '../../src/shared/errors.js'
import { dense, flopsOf, widthsOf } from '../../src/shared/network.js'
import { sgd } from '../../src/shared/optimizers.js'
import { chooseWorkers } from '../../src/shared/workforce.js'

const network = { inputs: 4, layers: [dense(3, 'tanh'), dense(2, 'softmax')] }
const valid = { network, loss: 'categoricalCrossEntropy' } as const

it('fills in the defaults', () => {
  expect(checkTrainerOptions(valid)).toEqual({
    ...valid, optimizer: { name: 'sgd', learningRate: 0.01 }, l2: 0, seed: 0, workers: 'auto', shards: 'auto', backend: 'auto',
  })
  expect(checkFitOptions({})).toEqual({ epochs: 1, batchSize: 32, shuffle: true })
  expect(dense(3)).toEqual({ units: 3, activation: 'identity', initialiser: 'xavier' })
  expect(sgd()).toEqual({ name: 'sgd', learningRate: 0.01 })
})

describe('an error names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /createTrainer: expected an object, got nothing/],
    [{ loss: 'halfSquaredError' }, /createTrainer: network: expected a value, got nothing/],
    [{ ...valid, network: { ...network, inputs: 0 } }, /network\.inputs: expected a whole number of at least 1, got 0/],
    [{ ...valid, network: { ...network, inputs: 2.5 } }, /network\.inputs: .* got 2\.5/],
    [{ ...valid, network: { inputs: 3, layers: [] } }, /network\.layers: expected at least one layer, got an array of 0/],
    [{ ...valid, network: { inputs: 3, layers: 'deep' } }, /network\.layers: expected a list of layers.*, got 'deep'/],
    [{ ...valid, network: { inputs: 3, layers: [dense(3), { ...dense(2), activation: 'sigmoidal' }] } }, /network\.layers\[1\]\.activation: expected one of identity, .*, got 'sigmoidal'/],
    [{ ...valid, network: { inputs: 3, layers: [dense(NaN)] } }, /network\.layers\[0\]\.units: .* got NaN/],
    [{ ...valid, network: { inputs: 3, layers: [{ ...dense(2), initialiser: 'zeros' }] } }, /layers\[0\]\.initialiser: expected one of plain, xavier, he, got 'zeros'/],
    [{ ...valid, network: { ...network, scale: Infinity } }, /network\.scale: expected a finite number, got Infinity/],
    [{ ...valid, loss: 'mse' }, /loss: expected one of .*meanSquaredError.*, got 'mse'/],
    [{ ...valid, loss: 'binaryCrossEntropy' }, /network\.layers\[1\]\.activation: expected sigmoid, which the loss binaryCrossEntropy is defined with, got 'softmax'/],
    [{ ...valid, optimizer: sgd({ learningRate: -1 }) }, /optimizer\.learningRate: expected a number above 0, got -1/],
    [{ ...valid, optimizer: { ...sgd(), rate: 2 } }, /optimizer\.rate: expected no such option, got 2/],
    [{ ...valid, optimizer: 'sgd' }, /optimizer: expected an optimizer, such as sgd\(.*, got 'sgd'/],
    [{ ...valid, l2: -0.1 }, /l2: expected a finite number of at least 0, got -0\.1/],
    [{ ...valid, seed: 0.5 }, /seed: expected a whole number, got 0\.5/],
    [{ ...valid, workers: 0 }, /workers: expected 'auto' or a whole number of at least 1, got 0/],
    [{ ...valid, shards: 6 }, /shards: expected 'auto' or a power of two from 1 to 1024, got 6/],
    [{ ...valid, backend: 'gpu' }, /backend: expected one of auto, .*, got 'gpu'/],
    [{ ...valid, learningRate: 0.5 }, /createTrainer: learningRate: expected no such option, got 0\.5/],
  ]
  for (const [options, message] of wrong) {
    it(String(message), () => {
      expect(() => checkTrainerOptions(options)).toThrow(InputError)
      expect(() => checkTrainerOptions(options)).toThrow(message)
    })
  }
})

it('counts the flops of a step: 6 P m - 2 n_0 n_1 m', () => {
  expect(widthsOf(network)).toEqual([4, 3, 2])
  expect(flopsOf([4, 3, 2], 10)).toBe(6 * 18 * 10 - 2 * 12 * 10)
})

it('workers: no more than cores, shards, and what pays; or as asked for, but not more than shards; with the reason', () => {
  expect(chooseWorkers('auto', 4, 8, 1e6)).toEqual({ workers: 4, reason: 'there are 4 cores' })
  expect(chooseWorkers('auto', 4, 2, 1e6)).toEqual({ workers: 2, reason: 'there are 2 shards to share out' })
  expect(chooseWorkers('auto', 4, 8, 3).workers).toBe(1)
  expect(chooseWorkers('auto', 4, 8, 3).reason).toMatch(/3 us, not worth sharing/)
  expect(chooseWorkers(6, 4, 8, 3)).toEqual({ workers: 6, reason: 'as asked for' })
  expect(chooseWorkers(6, 4, 2, 3).workers).toBe(2)
})
