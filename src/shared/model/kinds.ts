// The kinds of models there are, by name. The layered network is the only one so far.

import { columnsAfter } from '../formulas/preprocessing/steps.js'
import type { ModelNeeds } from '../arena/claims.js'
import { type LayeredDescription, layeredKind } from './layered-model.js'
import type { ModelKind } from './model.js'

/** What is trained, and by which loss: plain data. */
export type ModelDescription = LayeredDescription

export const modelKinds = {
  layers: layeredKind,
} as const satisfies { [Kind in ModelDescription['kind']]: ModelKind<ModelOf<Kind>> }

type ModelOf<Kind> = Extract<ModelDescription, { kind: Kind }>

/** What the kind of a model says. */
export function modelKindOf({ kind }: ModelDescription): ModelKind<ModelDescription> {
  return modelKinds[kind]
}

/** What a model needs of the arena. */
export function needsOfModel(description: ModelDescription): ModelNeeds {
  const kind = modelKindOf(description)
  const { inputs, output, preprocessing } = kind.shape(description)
  return {
    inputs: columnsAfter(preprocessing, inputs),
    outputs: output.units,
    tensors: kind.tensors(description),
    claimShared: (claims) => kind.claimShared(description, claims),
    claimScratch: (claims) => kind.claimScratch(description, claims),
  }
}
