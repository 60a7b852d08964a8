// The model: what a worker's step asks of whatever is trained. A model's memory is its own: nothing
// outside looks into it. The kinds of models are in kinds.ts.

import type { ModelShape, ModelWork } from './shape.js'
import type { ExamplesLayout } from '../arena/arena.js'
import type { Claims, ModelLayout } from '../arena/claims.js'
import type { ByteOffset } from '../arena/offsets.js'
import type { ParameterLayout, Tensor } from '../arena/parameter-layout.js'
import type { PieceRows, TensorRange } from '../arena/pieces.js'
import type { TallyLayout } from '../figures/metrics.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Block } from './block.js'

/** What a kind of model says of a description, before anything is computed. */
export interface ModelKind<Description extends { kind: string }> {
  shape: (description: Description) => ModelShape
  work: (description: Description) => ModelWork
  tensors: (description: Description) => Tensor[]
  /** Memory beside the parameters: for all workers together, and for each. */
  claimShared: (description: Description, claims: Claims) => ModelLayout
  claimScratch: (description: Description, claims: Claims) => ModelLayout
  create: (description: Description, context: ModelContext) => Model
}

/** What a model works with; it is made once a run. */
export interface ModelContext {
  kernels: Kernels
  block: Block
  /** The arena, as numbers of the backend's type. */
  values: Float32Array | Float64Array
  parameters: ParameterLayout
  /** Rows of a gradient of weights that are one product. */
  sliceRows: number
  /** What the model has claimed. */
  shared: ModelLayout
  scratch: ModelLayout
  /** What the tallies count. */
  tallies: TallyLayout
}

/** What a worker asks of a model. The rows are those of the block. */
export interface Model {
  /** Columns of the outputs. */
  readonly outputs: number
  /** Readies rows of the weights that begin at `parameters`. */
  prepare: (parameters: ByteOffset, rows: PieceRows, backward: boolean) => void
  /**
   * From here on numbers are drawn as training does in an epoch; without one nothing is random. A
   * model begins without.
   */
  draw: (seed: number, epoch: number | undefined) => void
  /** Brings in the block's rows: inputs, and targets and weights if there are any. */
  load: (examples: ExamplesLayout) => void
  /**
   * Takes the block forward.
   * @returns Where its outputs lie: (rows, outputs), padded.
   */
  forward: (parameters: ByteOffset) => ByteOffset
  /**
   * Takes the block forward, and adds what there is to count to the tally of each unit: the first
   * part's, then the next one's.
   * @param weighted Whether the examples have weights.
   * @returns Where its outputs lie: (rows, outputs), padded.
   */
  forwardWithLoss: (
    parameters: ByteOffset,
    tallies: Float64Array[],
    weighted: boolean,
  ) => ByteOffset
  /** Takes the gradient of the block's loss back through all layers. */
  backward: (parameters: ByteOffset) => void
  /**
   * The gradient of the parameters in some ranges, from a block that has been forward and back: the
   * tree over its parts, each summed over its rows.
   * @param target Where the gradient of all parameters would begin.
   * @param accumulate Whether it is added to what is there; with a single part alone.
   */
  gradient: (target: ByteOffset, accumulate: boolean, ranges: readonly TensorRange[]) => void
}
