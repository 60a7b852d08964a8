import { expect, it } from 'vitest'
import { refuseOptions } from '../../../dist/main/options/check.js'
import { checkEvaluateOptions } from '../../../dist/main/options/evaluate-options.js'
import { checkGradientCheckOptions } from '../../../dist/main/options/gradient-check-options.js'
import { checkRateFinderOptions } from '../../../dist/main/options/rate-finder-options.js'
import { checkSplitOptions } from '../../../dist/main/options/split-options.js'

it('the small calls have their defaults, and errors that name the call and the option', () => {
  expect(checkEvaluateOptions({})).toEqual({})
  expect(checkRateFinderOptions({})).toEqual({ from: 1e-5, to: 10, steps: 100 })
  expect(checkGradientCheckOptions({})).toEqual({ tolerance: 1e-6 })
  expect(checkSplitOptions('trainTestSplit', {})).toEqual({ test: 0.1, seed: 0 })

  expect(() => checkEvaluateOptions({ topK: 3 })).toThrow(
    /^evaluate: topK: expected the metric topKAccuracy with it, got 3$/,
  )
  expect(() => checkRateFinderOptions({ from: 1, to: 1 })).toThrow(
    /^findLearningRate: to: expected a rate above from, 1, got 1$/,
  )
  expect(() => checkGradientCheckOptions({ tolerance: 0 })).toThrow(
    /^checkGradients: tolerance: expected a number above 0, got 0$/,
  )
  expect(() => checkSplitOptions('trainTestSplit', { test: 1 })).toThrow(
    /^trainTestSplit: test: expected a share of the rows between 0 and 1, got 1$/,
  )
})

it('an option given to the wrong call is named with the call that it belongs to', () => {
  expect(() => checkEvaluateOptions({ batchSize: 8 })).toThrow(
    /^evaluate: batchSize: expected no such option here \(it belongs to fit\), got 8$/,
  )
  expect(() => checkSplitOptions('trainTestSplit', { beta1: 8 })).toThrow(
    /^trainTestSplit: beta1: .* \(it belongs to adam and adamw\), got 8$/,
  )
})

it('among the fields of examples, options are refused, and so is the name weights', () => {
  const fields = ['inputs', 'targets', 'sampleWeights']
  refuseOptions('fit', { inputs: [], targets: [] }, fields)
  expect(() => refuseOptions('fit', { inputs: [], seed: 3 }, fields)).toThrow(
    /^fit: seed: expected no such field here \(it belongs to createTrainer\), got 3$/,
  )
  expect(() => refuseOptions('fit', { weights: [1] }, fields)).toThrow(
    /^fit: weights: expected no such field here \(it belongs to the examples: sampleWeights\), got an array of 1$/,
  )
  expect(() => refuseOptions('fit', { input: [1] }, fields)).toThrow(
    /^fit: input: expected no such field, got an array of 1; did you mean 'inputs'\?$/,
  )
  refuseOptions('fit', { inputs: [], input: [1], outputs: 3 }, fields) // whatever else it has
})
