// Checks on a network's description: layers, preprocessing, and that they fit the inputs.

import * as v from 'valibot'
import type { FieldRule } from '../../shared/model/layers/layer.js'
import { type LayerDescription, layerKinds } from '../../shared/model/layers/kinds.js'
import { activationNames } from '../../shared/formulas/activations.js'
import { type Initializer, initializerNames } from '../../shared/formulas/initializers.js'
import { misfitOf } from '../../shared/formulas/preprocessing/misfits.js'
import {
  above0,
  finiteNumber,
  float32Below1,
  float32Number,
  knowing,
  oneOf,
  strictObject,
  trueOrFalse,
  wholeNumber,
} from './rules.js'

/** The largest number drawn is below 9 deviations, and must be finite. */
const deviation = float32Number(
  'a number above 0, at most 1e37',
  (value) => value > 0 && value <= 1e37,
)
const normalSchema = strictObject({ name: v.literal('normal'), deviation })
const initializer = v.lazy((value): v.GenericSchema<unknown, Initializer> =>
  typeof value === 'object' && value !== null ? normalSchema : oneOf(initializerNames),
)

/** How each field of a layer is checked. */
const fieldSchemas = {
  count: wholeNumber(1),
  share: float32Below1,
  activation: oneOf(activationNames),
  initializer,
  trueUnlessSaid: v.optional(trueOrFalse, true),
} as const satisfies Record<FieldRule, v.GenericSchema>

const layerSchemas = Object.entries(layerKinds).map(([kind, { fields }]) =>
  strictObject({
    kind: v.literal(kind),
    ...Object.fromEntries(
      Object.entries(fields).map(([field, rule]) => [field, fieldSchemas[rule]]),
    ),
  }),
)
const layerSchema = knowing(
  v.variant('kind', layerSchemas, "a layer, such as dense(10, 'softmax')"),
  Object.keys(layerKinds),
) as unknown as v.GenericSchema<unknown, LayerDescription>

const numbers = v.array(finiteNumber('a finite number'), 'a list of numbers')
const preprocessingSteps = [
  strictObject({
    name: v.literal('cross'),
    columns: v.pipe(
      v.array(wholeNumber(0), 'a list of columns'),
      v.minLength(2, 'at least two columns'),
    ),
  }),
  strictObject({
    name: v.literal('standardize'),
    mean: numbers,
    deviation: v.array(above0, 'a list of numbers'),
  }),
  strictObject({ name: v.literal('minMax'), minimum: numbers, maximum: numbers }),
  strictObject({
    name: v.literal('oneHot'),
    column: wholeNumber(0),
    categories: v.pipe(numbers, v.minLength(1, 'at least one category')),
  }),
]
const preprocessingSchema = knowing(
  v.variant('name', preprocessingSteps, 'a step of preprocessing, such as cross(0, 1)'),
  preprocessingSteps.map(({ entries }) => entries.name.literal),
)

/** What a `Network` must be. */
export const networkSchema = v.pipe(
  strictObject({
    inputs: wholeNumber(1),
    scale: v.optional(float32Number('a finite number')),
    preprocessing: v.optional(
      v.array(preprocessingSchema, 'a list of preprocessing steps, such as cross(0, 1)'),
    ),
    layers: v.pipe(
      v.array(layerSchema, "a list of layers, such as dense(10, 'softmax')"),
      v.minLength(1, 'at least one layer'),
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { inputs, layers, preprocessing = [] } = dataset.value
    const misfit = misfitOf(preprocessing, inputs) ?? misplacedLayer(layers)
    if (!misfit) return
    const { field: key, rule: message, value } = misfit
    addIssue({
      message,
      input: value,
      path: [{ type: 'unknown', origin: 'value', input: dataset.value, key, value }],
    })
  }),
)

/** The first layer that can't stand where it does. */
function misplacedLayer(layers: readonly LayerDescription[]): ReturnType<typeof misfitOf> {
  const again = layers.findIndex((layer, l) => isDropout(layer) && isDropout(layers[l - 1]))
  if (again >= 0) {
    const rule = 'one dropout between two other layers'
    return { field: `layers[${again}]`, rule, value: layers[again] }
  }
  const last = layers.at(-1)
  if (last === undefined || last.kind === 'dense') return undefined
  const field = `layers[${layers.length - 1}]`
  return { field, rule: 'a dense layer as the last one', value: last }
}

function isDropout(layer: LayerDescription | undefined): boolean {
  return layer?.kind === 'dropout'
}
