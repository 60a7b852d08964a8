// Which call each option belongs to. An error can then help whoever put an option into another
// call, or uses its older name.

import { optimizersWith } from './optimizer-schema.js'
import { trainerSchema } from './trainer-schema.js'
import { fitSchema } from './training-schema.js'

/** Each option, and the call or constructor that it belongs to. */
export const owners: ReadonlyMap<string, string> = new Map<string, string>([
  ...Object.keys(trainerSchema.entries)
    .filter((name) => name !== 'classes') // a data set, which may be given as examples, has them too
    .map((name) => [name, 'createTrainer'] as const),
  ...Object.keys(fitSchema.entries).map((name) => [name, 'fit'] as const),
  ...Object.entries({
    learningRate: 'the optimizer',
    ...optimizersWith,
    initializer: 'dense',
    bias: 'dense',
    dropout: 'the layers of a network: dropout(0.2) after the layer whose outputs it leaves out',
    weights: 'the examples: sampleWeights',
  }),
])

/** What options were called before version 1. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['batchesPerUpdate', 'accumulationSteps'],
  ['features', 'preprocessing'],
  ['initialiser', 'initializer'],
])

/** Where an option belongs, in words. */
export function placeOf(option: string): string | undefined {
  const name = renamed.get(option)
  if (name !== undefined) return `it is called ${name}`
  const owner = owners.get(option)
  return owner === undefined ? undefined : `it belongs to ${owner}`
}
