// The two sides of a layer: what a kind of layer says of itself (LayerKind), and what a layer does
// with a block of rows (Layer). A new kind is a file beside this one and a line in kinds.ts.

import type { Claims } from '../../arena/claims.js'
import type { ByteOffset } from '../../arena/offsets.js'
import type { PlacedTensor, Tensor } from '../../arena/parameter-layout.js'
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
  /** What it keeps for each worker. */
  claimScratch: (description: Description, inputs: number, claims: Claims) => Places
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
  /** Whether backward must go on to the inputs. */
  passesBack: boolean
  /** Layers with parameters before it: what random numbers are told apart by. */
  layersBefore: number
}

export interface Layer {
  /**
   * Takes the block forward.
   * @returns Where the outputs lie.
   */
  forward: (inputs: ByteOffset, parameters: ByteOffset) => ByteOffset
  /**
   * Takes the block that `forward` has seen last back: adds to the gradient of the parameters, or
   * writes it.
   * @returns Where the gradient with respect to the inputs lies.
   */
  backward: (way: WayBack) => ByteOffset
  /** Readies rows of the weights for the products. */
  prepare?: (parameters: ByteOffset, firstRow: number, endRow: number, backward: boolean) => void
  /** As of a model: from here on it draws as an epoch says, or leaves the inputs as they are. */
  draw?: (seed: number, epoch: number | undefined) => void
}

/** A layer that may be the last: a loss may include its activation. */
export interface OutputLayer extends Layer {
  /** Forward without bias and activation. */
  linear: (inputs: ByteOffset, parameters: ByteOffset) => ByteOffset
  /** What is left of forward. */
  activate: (parameters: ByteOffset) => void
  bias: (parameters: ByteOffset) => ByteOffset
  /** Backward from the gradient with respect to the pre-activations. */
  backwardLinear: (way: WayBack) => ByteOffset
}

/** What backward is given. */
export interface WayBack {
  /** The gradient with respect to the outputs, which may be overwritten. */
  dOutputs: ByteOffset
  /** Another place as large, for the gradient with respect to the inputs. */
  spare: ByteOffset
  parameters: ByteOffset
  /** Where the gradient of the parameters goes: as they lie themselves. */
  gradient: ByteOffset
  /** Whether it is added to what is there. */
  accumulate: boolean
}
