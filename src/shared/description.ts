// Checks on descriptions and options, before anything starts. What goes wrong is said as: where, which rule, what was given.

import * as v from 'valibot'
import { activationNames } from './activations.js'
import { backendNames } from './backends.js'
import { InputError } from './errors.js'
import { initialiserNames } from './initialisers.js'
import { fusedActivation, lossNames } from './losses.js'

const wholeNumber = (minimum: number): v.GenericSchema<unknown, number> =>
  v.custom<number>((value) => Number.isSafeInteger(value) && (value as number) >= minimum, `a whole number of at least ${minimum}`)
const finiteNumber = (rule: string, holds: (value: number) => boolean = () => true): v.GenericSchema<unknown, number> =>
  v.custom<number>((value) => typeof value === 'number' && Number.isFinite(value) && holds(value), rule)
const oneOf = <const Names extends readonly string[]>(names: Names): v.GenericSchema<unknown, Names[number]> =>
  v.custom<Names[number]>((value) => names.includes(value as string), `one of ${names.join(', ')}`)
const autoOr = (schema: v.GenericSchema<unknown, number>, rule: string): v.GenericSchema<unknown, number | 'auto'> =>
  v.custom<number | 'auto'>((value) => value === 'auto' || v.is(schema, value), rule)

const layerSchema = v.strictObject({
  units: wholeNumber(1),
  activation: oneOf(activationNames),
  initialiser: oneOf(initialiserNames),
  dropout: v.optional(finiteNumber('a number of at least 0 and below 1', (share) => share >= 0 && share < 1)),
})

const networkSchema = v.strictObject({
  inputs: wholeNumber(1),
  scale: v.optional(finiteNumber('a finite number')),
  layers: v.pipe(v.array(layerSchema, 'a list of layers, such as dense(10, \'softmax\')'), v.minLength(1, 'at least one layer')),
})

const optimizerSchema = v.variant('name', [
  v.strictObject({ name: v.literal('sgd'), learningRate: finiteNumber('a number above 0', (rate) => rate > 0) }),
], 'an optimizer, such as sgd({ learningRate: 0.5 })')

const isPowerOfTwo = (value: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= 1024 && Number.isInteger(Math.log2(value))

const trainerSchema = v.strictObject({
  network: networkSchema,
  loss: oneOf(lossNames),
  optimizer: v.optional(optimizerSchema, { name: 'sgd', learningRate: 0.01 }),
  l2: v.optional(finiteNumber('a finite number of at least 0', (l2) => l2 >= 0), 0),
  seed: v.optional(v.custom<number>((value) => Number.isSafeInteger(value), 'a whole number no larger than 2^53 - 1 in size'), 0),
  workers: v.optional(autoOr(wholeNumber(1), '\'auto\' or a whole number of at least 1'), 'auto'),
  shards: v.optional(autoOr(finiteNumber('', isPowerOfTwo), '\'auto\' or a power of two from 1 to 1024'), 'auto'),
  backend: v.optional(oneOf(['auto', ...backendNames]), 'auto'),
})

/** What a trainer is made from. */
export type TrainerOptions = v.InferInput<typeof trainerSchema>
/** The same, with the defaults filled in. */
export type TrainerRecipe = v.InferOutput<typeof trainerSchema>

/** Fills in the defaults. @throws {InputError} naming the option, the rule and the value. */
export function checkTrainerOptions(options: unknown): TrainerRecipe {
  const recipe = check('createTrainer', trainerSchema, options)
  const last = recipe.network.layers.length - 1
  const activation = fusedActivation(recipe.loss)
  if (activation && recipe.network.layers[last]!.activation !== activation) {
    throw new InputError(
      `createTrainer: network.layers[${last}].activation`, `${activation}, which the loss ${recipe.loss} is defined with`,
      show(recipe.network.layers[last]!.activation),
    )
  }
  const { dropout = 0 } = recipe.network.layers[last]!
  if (dropout > 0) throw new InputError(`createTrainer: network.layers[${last}].dropout`, 'none on the output layer', show(dropout))
  return recipe
}

const fitSchema = v.strictObject({
  epochs: v.optional(wholeNumber(1), 1),
  batchSize: v.optional(v.custom<number | 'all'>((value) => value === 'all' || v.is(wholeNumber(1), value), '\'all\' or a whole number of at least 1'), 32),
  shuffle: v.optional(v.custom<boolean>((value) => typeof value === 'boolean', 'true or false'), true),
  validation: v.optional(v.custom<number | object>(
    (value) => (typeof value === 'number' && value > 0 && value < 1) || (typeof value === 'object' && value !== null),
    '{ inputs, targets } or a share of the examples between 0 and 1',
  )),
  onTimeline: v.optional(v.custom<CallableFunction>((value) => typeof value === 'function', 'a function')),
  onEpoch: v.optional(v.custom<CallableFunction>((value) => typeof value === 'function', 'a function')),
  onProgress: v.optional(v.custom<CallableFunction>((value) => typeof value === 'function', 'a function')),
  signal: v.optional(v.custom<AbortSignal>((value) => value instanceof AbortSignal, 'an AbortSignal')),
})

/** Fills in the defaults of `fit`. @throws {InputError} naming the option, the rule and the value. */
export function checkFitOptions(options: unknown): v.InferOutput<typeof fitSchema> {
  return check('fit', fitSchema, options)
}

function check<Schema extends v.GenericSchema>(where: string, schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const path = (issue.path ?? []).reduce(
    (before, { key }) => (typeof key === 'number' ? `${before}[${key}]` : before === '' ? String(key) : `${before}.${String(key)}`), '',
  )
  const given: unknown = issue.expected === 'never' ? issue.path?.at(-1)?.value : issue.input // of an unknown option, its value
  throw new InputError(path === '' ? where : `${where}: ${path}`, ruleOf(issue), show(given))
}

function ruleOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object') {
    if (issue.expected === 'Object') return 'an object'
    return issue.expected === 'never' ? 'no such option' : 'a value'
  }
  return issue.type === 'literal' ? issue.expected ?? issue.message : issue.message
}

/** A value as an error shows it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${'length' in value ? String(value.length) : value.byteLength})`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).join(', ') || 'no fields'}`
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'bigint') return `${String(value)}n`
  return String(value) // eslint-disable-line @typescript-eslint/no-base-to-string -- objects have been dealt with
}
