// The document of a model file: one JSON text in the file's metadata. It says all that the tensors
// don't: what the model is, how it is trained, and where a training under way stands.

import type { BackendName } from '../../shared/backend-names.js'
import type { Network } from '../../shared/model/network.js'
import type { TrainerRecipe } from '../options/trainer-options.js'
import type { TrainingPosition } from '../training/position.js'

/** The version of the document that this package writes, and the latest that it reads. */
export const FORMAT = 1

/** What every model file says. */
export interface ModelDocument {
  /** Version of this document. */
  format: typeof FORMAT
  /** The package that wrote it, such as `shardgrad 0.1.0`. */
  writtenBy: string
  /** What the model is: the columns of the inputs, their preprocessing, and the layers. */
  network: Network
  /** What the classes are called: one for each output, or two of one sigmoid output. */
  classes?: string[]
  /** How the model was trained; a file made by hand need not say it. */
  trainer?: TrainerDocument
}

/** What a trainer needs to go on. */
export interface TrainerDocument extends Pick<
  TrainerRecipe,
  'loss' | 'optimizer' | 'l2' | 'clipNorm' | 'seed' | 'shards'
> {
  /** Who computed. */
  backend: BackendName
  /** What multiplied, in words. */
  kernels: string
  /** Updates since the optimizer's state was all zero. */
  updates: number
  /** Likewise at the best epoch of early stopping, which the file holds too. */
  bestUpdates?: number
  /** Where the latest call to train stands, if it can go on. */
  training?: TrainingPosition
}
