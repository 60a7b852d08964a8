import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearest } from '../../../dist/main/options/nearest.js'
import { activationNames } from '../../../dist/shared/formulas/activations.js'
import { lossNames } from '../../../dist/shared/formulas/losses.js'
import { optimizerNames } from '../../../dist/shared/optimizers/optimizers.js'
import { dataSetNames } from '../../../dist/main/data/data-sets.js'

describe('the nearest of some names', () => {
  it.each([
    ['ReLU', activationNames, 'relu'],
    ['leaky_relu', activationNames, 'leakyRelu'],
    ['Leaky-ReLU', activationNames, 'leakyRelu'],
    ['sigmoyd', activationNames, 'sigmoid'],
    ['tahn', activationNames, 'tanh'],
    ['binary_crossentropy', lossNames, 'binaryCrossEntropy'],
    ['meanSquareError', lossNames, 'meanSquaredError'],
    ['sdg', optimizerNames, 'sgd'],
    ['Adam', optimizerNames, 'adam'],
    ['adma', optimizerNames, 'adam'],
    ['adamW', optimizerNames, 'adamw'],
    ['xorr', dataSetNames, 'xor'],
    ['XOR', dataSetNames, 'xor'],
    ['digit', dataSetNames, 'digits'],
    ['fashion_mnist', dataSetNames, 'fashion-mnist'],
    ['optimiser', ['network', 'optimizer'], 'optimizer'],
    ['learningrate', ['learningRate'], 'learningRate'],
  ])('%s', (word, names, name) => {
    expect(nearest(word, names)).toBe(name)
  })

  it.each([
    ['', dataSetNames],
    ['--', dataSetNames],
    ['of', dataSetNames],
    ['faces', dataSetNames],
    ['iris', dataSetNames],
    ['newton', optimizerNames],
    ['lr', ['l2', 'seed']],
    ['__proto__', dataSetNames],
    ['constructor', lossNames],
    ['rootMeanSquaredError', ['meanAbsoluteError']],
    ['x'.repeat(100_000), dataSetNames],
    [undefined, dataSetNames],
    [5, dataSetNames],
    [Symbol('xor'), dataSetNames],
    // Right by itself: something else must be wrong.
    ['xor', dataSetNames],
    ['xor', []],
  ])('%s is near to none', (word, names) => {
    expect(nearest(word, names)).toBeUndefined()
  })

  it('one letter wrong, left out, doubled, or swapped with the next, of four and more, is found again', () => {
    const changes = {
      wrong: (name: string, at: number) => `${name.slice(0, at)}q${name.slice(at + 1)}`,
      gone: (name: string, at: number) => name.slice(0, at) + name.slice(at + 1),
      doubled: (name: string, at: number) => name.slice(0, at + 1) + name.slice(at),
      swapped: (name: string, at: number) =>
        name.slice(0, at) + (name[at + 1] ?? '') + name[at]! + name.slice(at + 2),
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...lossNames),
        fc.nat(11),
        fc.constantFrom(...Object.values(changes)),
        (name, at, change) => {
          fc.pre(at < name.length)
          const word = change(name, at)
          expect(nearest(word, lossNames)).toBe(word === name ? undefined : name)
        },
      ),
    )
  })
})
