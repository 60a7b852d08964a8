// Checks on a network's description: layers, preprocessing, and that they fit the inputs.

import * as v from 'valibot'
import { activationNames } from '../../shared/network/activations.js'
import { initializerNames } from '../../shared/network/initializers.js'
import { misfitOf } from '../../shared/network/preprocessing.js'
import { above0, finiteNumber, oneOf, wholeNumber } from './rules.js'

const layerSchema = v.strictObject({
  units: wholeNumber(1),
  activation: oneOf(activationNames),
  initializer: oneOf(initializerNames),
  dropout: v.optional(
    finiteNumber('a number of at least 0 and below 1', (share) => share >= 0 && share < 1),
  ),
})

const numbers = v.array(finiteNumber('a finite number'), 'a list of numbers')
const preprocessingSchema = v.variant(
  'name',
  [
    v.strictObject({
      name: v.literal('cross'),
      columns: v.pipe(
        v.array(wholeNumber(0), 'a list of columns'),
        v.minLength(2, 'at least two columns'),
      ),
    }),
    v.strictObject({
      name: v.literal('standardize'),
      mean: numbers,
      deviation: v.array(above0, 'a list of numbers'),
    }),
    v.strictObject({ name: v.literal('minMax'), minimum: numbers, maximum: numbers }),
    v.strictObject({
      name: v.literal('oneHot'),
      column: wholeNumber(0),
      categories: v.pipe(numbers, v.minLength(1, 'at least one category')),
    }),
  ],
  'a step of preprocessing, such as cross(0, 1)',
)

/** What a `Network` must be. */
export const networkSchema = v.pipe(
  v.strictObject({
    inputs: wholeNumber(1),
    scale: v.optional(finiteNumber('a finite number')),
    preprocessing: v.optional(
      v.array(preprocessingSchema, 'a list of preprocessing steps, such as cross(0, 1)'),
    ),
    layers: v.pipe(
      v.array(layerSchema, "a list of layers, such as dense(10, 'softmax')"),
      v.minLength(1, 'at least one layer'),
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const misfit =
      dataset.typed && misfitOf(dataset.value.preprocessing ?? [], dataset.value.inputs)
    if (!misfit) return
    const { field: key, rule: message, value } = misfit
    addIssue({
      message,
      input: value,
      path: [{ type: 'unknown', origin: 'value', input: dataset.value, key, value }],
    })
  }),
)
