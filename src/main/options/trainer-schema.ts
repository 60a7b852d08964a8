// The checks on the options of `createTrainer`, option by option.

import * as v from 'valibot'
import { backendNames } from '../../shared/backend-names.js'
import { lossNames } from '../../shared/formulas/losses.js'
import { sgd } from '../../shared/optimizers/optimizers.js'
import { optimizerSchema } from './optimizer-schema.js'
import {
  autoOr,
  finiteNumber,
  float32Above0,
  float32Number,
  oneOf,
  strictObject,
  wholeNumber,
} from './rules.js'

const isPowerOfTwo = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 1 && value <= 1024 && Number.isInteger(Math.log2(value))

/** Names that differ, one for each class. */
const classNames = v.pipe(
  v.array(
    v.custom<string>((value) => typeof value === 'string' && value !== '', 'the name of a class'),
    'a list of names, one for each class',
  ),
  v.check((names) => new Set(names).size === names.length, 'names that differ'),
)
/** Texts by name. */
const texts = v.record(
  v.string(),
  v.custom<string>((value) => typeof value === 'string', 'a text'),
  "texts by name, such as { dataset: 'wine' }",
)

/** What `TrainerOptions` must be; networkCheck says what a network is. */
export const trainerSchema = strictObject({
  network: v.unknown(),
  loss: oneOf(lossNames),
  optimizer: v.optional(optimizerSchema, sgd()),
  l2: v.optional(
    float32Number('a finite number of at least 0', (l2) => l2 >= 0),
    0,
  ),
  clipNorm: v.optional(float32Above0),
  seed: v.optional(
    v.custom<number>(
      (value) => Number.isSafeInteger(value),
      'a whole number no larger than 2^53 - 1 in size',
    ),
    0,
  ),
  workers: v.optional(autoOr(wholeNumber(1), "'auto' or a whole number of at least 1"), 'auto'),
  shards: v.optional(
    autoOr(finiteNumber('', isPowerOfTwo), "'auto' or a power of two from 1 to 1024"),
    'auto',
  ),
  backend: v.optional(oneOf(['auto', ...backendNames]), 'auto'),
  classes: v.optional(classNames),
  metadata: v.optional(texts),
})
