// How a model claims memory in the arena. The arena doesn't know what that memory is for.

import type { ByteOffset } from './offsets.js'
import type { Tensor } from './parameter-layout.js'
import type { BlockShape } from './parts.js'

/** How memory is claimed, and for what. */
export interface Claims {
  /** Claims so many elements. */
  elements: (count: number) => ByteOffset
  /**
   * Claims a padded matrix with a row for each row of the largest block; where workers share slots,
   * of all blocks, one matrix for all of them.
   */
  matrix: (columns: number) => ByteOffset
  /** Shards of a block, and the rows from one to the next. */
  parts: number
  partStride: number
  /** Rows of a gradient of weights that are one product. */
  sliceRows: number
  /** Whether examples have weights of their own. */
  weighted: boolean
  kernels: KernelMemory
}

/** What a backend needs of the arena. */
export interface KernelMemory {
  /** Elements that preparing one layer's weights for multiplication takes. */
  preparedElements: (inputs: number, outputs: number) => number
  /** Elements that the gradient of one layer's weights takes beside its result. */
  productElements: (shape: BlockShape) => number
}

/** Places that a model has claimed: plain data, into which nobody but the model looks. */
export type ModelLayout = unknown

/** What a model needs of the arena. */
export interface ModelNeeds {
  /** Columns of the inputs as they lie in the arena, and of the outputs. */
  inputs: number
  outputs: number
  tensors: Tensor[]
  /** Claims what all workers share, beside the parameters. */
  claimShared: (claims: Claims) => ModelLayout
  /** Claims what each worker has for the rows of its block. */
  claimScratch: (claims: Claims) => ModelLayout
}
