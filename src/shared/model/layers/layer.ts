// The two sides of a layer: what a kind of layer says of itself (LayerKind), and what a layer does
// with a block of rows (Layer). A new kind is a file beside this one and a line in kinds.ts.

import type { Claims } from '../../arena/claims.js'
import type { ByteOffset } from '../../arena/offsets.js'
import type { PlacedTensor, Tensor } from '../../arena/parameter-layout.js'
import type { TensorRange } from '../../arena/pieces.js'
import type { Kernels } from '../../kernels/kernels.js'
import type { Block } from '../block.js'

/** What a field of a description must be; main/options says how it is checked. */
export type FieldRule = 'count' | 'share' | 'activation' | 'initializer' | 'trueUnlessSaid'

/** Places in the arena, by name. Plain data: a plan crosses threads. */
export type Places = Readonly<Record<string, ByteOffset>>

/** A description is plain data with a `kind`; `inputs` are the columns that the layer is given. */
export interface LayerKind<Description extends { kind: string }> {
  /** The description's fields beside its kind. */
  fields: Record<Exclude<keyof Description, 'kind'>, FieldRule>
  /** In a few words, as a table shows it. */
  describe: (description: Description) => string
  /** Columns of its outputs. */
  outputs: (description: Description, inputs: number) => number
  tensors: (description: Description, inputs: number) => Omit<Tensor, 'layer'>[]
  /**
   * Floating-point operations of an example, forward and backward.
   * @param passesBack Whether the gradient with respect to the inputs is wanted.
   */
  flops: (description: Description, inputs: number, passesBack: boolean) => number
  /** What it keeps for all workers together. */
  claimShared: (description: Description, inputs: number, claims: Claims) => Places
  /**
   * What it keeps for the rows of a block: matrices, and elements of each worker's own.
   * @param passesBack Whether the gradient with respect to the inputs is wanted; its place is `dX`.
   * A layer without one leaves it where it was given that with respect to the outputs.
   */
  claimScratch: (
    description: Description,
    inputs: number,
    claims: Claims,
    passesBack: boolean,
  ) => Places
  /** Elements that it needs for the time of one call, which all layers of a worker share. */
  temporaryElements: (description: Description, inputs: number, claims: Claims) => number
  create: (description: Description, context: LayerContext) => Layer
}

/** What a layer works with; it is made once a run. */
export interface LayerContext {
  kernels: Kernels
  block: Block
  /** Columns that the layer is given. */
  inputs: number
  /** Its own. */
  tensors: PlacedTensor[]
  /** What it has claimed. */
  shared: Places
  scratch: Places
  temporary: ByteOffset
  /** Rows of a gradient of weights that are one product. */
  sliceRows: number
  /** Where the layer is given its inputs, and where it leaves the gradient for its outputs. */
  source: () => ByteOffset
  dOutputs: ByteOffset
  /** Whether backward must go on to the inputs. */
  passesBack: boolean
  /** Layers with parameters before it: what random numbers are told apart by. */
  layersBefore: number
}

/** All places are those of the model's matrices; a layer takes the block's rows of them. */
export interface Layer {
  /** Where its outputs lie. */
  outputs: () => ByteOffset
  /** Takes the block forward. */
  forward: (parameters: ByteOffset) => void
  /**
   * Takes the gradient with respect to the outputs of the block back to that with respect to the
   * inputs.
   */
  backward: (parameters: ByteOffset) => void
  /**
   * What the block, gone forward and back, adds to the gradient of some of the layer's parameters.
   * @param gradient Where the gradient of all parameters goes: as they lie themselves.
   * @param accumulate Whether it is added to what is there; with a single part alone.
   */
  gradient?: (gradient: ByteOffset, accumulate: boolean, range: TensorRange) => void
  /** Readies rows of the weights for the products. */
  prepare?: (parameters: ByteOffset, firstRow: number, endRow: number, backward: boolean) => void
  /** As of a model: from here on it draws as an epoch says, or leaves the inputs as they are. */
  draw?: (seed: number, epoch: number | undefined) => void
}

/** A layer that may be the last: a loss may include its activation. */
export interface OutputLayer extends Layer {
  /** Forward without bias and activation. */
  linear: (parameters: ByteOffset) => void
  bias: (parameters: ByteOffset) => ByteOffset
  /** Backward from the gradient with respect to the pre-activations. */
  backwardLinear: (parameters: ByteOffset) => void
}
