// What an optimizer keeps; its formulas are tested with the kernels, its options with the options.

import { expect, it } from 'vitest'
import {
  adadelta,
  adagrad,
  adam,
  adamw,
  rmsprop,
  sgd,
  stateElements,
} from '../../../dist/shared/optimizers/optimizers.js'

it('numbers kept for each parameter: none without momentum, and as many as the formula remembers', () => {
  const optimizers = [sgd(), sgd({ momentum: 0.5 }), rmsprop(), adagrad()]
  expect(optimizers.map(stateElements)).toEqual([0, 1, 1, 1])
  expect([adadelta(), adam(), adamw()].map(stateElements)).toEqual([2, 2, 2])
})
