// The check on a network's description, in a call's options as in a file, without a library: it is
// part of what only predicts.

import { activationNames } from '../../shared/formulas/activations.js'
import { initializerNames } from '../../shared/formulas/initializers.js'
import { misfitOf } from '../../shared/formulas/preprocessing/misfits.js'
import type { PreprocessingStep } from '../../shared/formulas/preprocessing/steps.js'
import { layerKinds } from '../../shared/model/layers/kinds.js'
import type { FieldRule } from '../../shared/model/layers/layer.js'
import type { Network } from '../../shared/model/network.js'
import {
  among,
  finite,
  finiteInFloat32,
  isAbove0,
  isBelow1,
  isDeviation,
  isTrueOrFalse,
  wholeFrom,
} from './conditions.js'
import { misplacedLayer } from './layer-order.js'
import { type Check, fields, isObject, kindOf, listOf, maybe, must } from './plain-checks.js'

const count = must(wholeFrom(1))
const column = must(wholeFrom(0))
const ownNormal = fields({
  name: must({ holds: (value) => value === 'normal', words: '"normal"' }),
  deviation: must(...isDeviation),
})
const initializerName = must(among(initializerNames))

const fieldChecks: Record<FieldRule, Check> = {
  count,
  share: must(...isBelow1),
  activation: must(among(activationNames)),
  initializer: (given, path) => (isObject(given) ? ownNormal : initializerName)(given, path),
  trueUnlessSaid: maybe(must(isTrueOrFalse)),
}

const name = () => undefined // what told the kind

const layerChecks = Object.entries(layerKinds).map(([kind, { fields: rules }]) => {
  const checks = Object.entries(rules).map(([field, rule]) => [field, fieldChecks[rule]])
  return [kind, fields({ kind: name, ...(Object.fromEntries(checks) as Record<string, Check>) })]
})
const layer = kindOf(
  'kind',
  Object.fromEntries(layerChecks) as Record<string, Check>,
  "a layer, such as dense(10, 'softmax')",
)

const numbers = listOf('a list of numbers', must(finite('a finite number')))
const atLeast =
  (length: number, rule: string, list: Check): Check =>
  (given, path) =>
    list(given, path) ?? ((given as unknown[]).length < length ? { path, rule, given } : undefined)

const stepChecks: Record<PreprocessingStep['name'], Check> = {
  cross: fields({
    name,
    columns: atLeast(2, 'at least two columns', listOf('a list of columns', column)),
  }),
  standardize: fields({
    name,
    mean: numbers,
    deviation: listOf('a list of numbers', must(isAbove0)),
  }),
  minMax: fields({ name, minimum: numbers, maximum: numbers }),
  oneHot: fields({
    name,
    column,
    categories: atLeast(1, 'at least one category', numbers),
  }),
}
const step = kindOf('name', stepChecks, 'a step of preprocessing, such as cross(0, 1)')

const description = fields({
  inputs: count,
  scale: maybe(must(...finiteInFloat32('a finite number'))),
  preprocessing: maybe(listOf('a list of preprocessing steps, such as cross(0, 1)', step)),
  layers: atLeast(
    1,
    'at least one layer',
    listOf("a list of layers, such as dense(10, 'softmax')", layer),
  ),
})

/** What a `Network` must be. */
export const networkCheck: Check = (given, path) => {
  const issue = description(given, path)
  if (issue) return issue
  const { inputs, layers, preprocessing = [] } = given as Network
  const misfit = misfitOf(preprocessing, inputs) ?? misplacedLayer(layers)
  return misfit && { path: `${path}.${misfit.field}`, rule: misfit.rule, given: misfit.value }
}
