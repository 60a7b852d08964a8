// The operations that a backend has, as one worker calls them on its arena. All matrices lie as
// batches/padding.ts says; a product leaves zeros in the padding if what it is given is finite, any
// other operation always. The operands of an operation are one object, made once a run and changed
// from call to call, so that a step leaves nothing for the garbage collector.

import type { ElementType } from '../arena/element-types.js'
import type { ByteOffset } from '../arena/offsets.js'
import type { Parts } from '../arena/parts.js'
import type { ActivationName } from '../formulas/activations.js'
import type { LossName } from '../formulas/losses.js'
import type { Optimizer, UpdateFactors } from '../optimizers/optimizers.js'

export interface Kernels {
  /** matrix = scale * source[rowNumbers]; of labels, one-hot rows. Fills the padding with zeros. */
  gather: (operands: GatherOperands) => void

  /**
   * Readies rows firstRow .. endRow - 1 of the weights, `firstRow` a multiple of 8 and `endRow` too
   * or the last, for `matmul`, and if `backward` for `matmulTransposedB`.
   */
  prepare: (operands: DenseOperands, firstRow: number, endRow: number, backward: boolean) => void
  /** Z = X.W, unit by unit. */
  matmul: (operands: DenseOperands) => void
  /** dX = dZ.W^T, unit by unit. */
  matmulTransposedB: (operands: DenseOperands) => void
  /**
   * Rows firstRow .. endRow - 1 of dW = X^T.dZ, whole slices of them or to the last; over the parts
   * as a binary tree, ((0+1)+(2+3))+..., or of a single part added to what is there if
   * `accumulate`.
   */
  matmulTransposedA: (operands: DenseOperands, firstRow: number, endRow: number) => void
  /**
   * Elements firstColumn .. endColumn - 1, multiples of 8, of db = the column sums of dZ, over the
   * parts likewise.
   */
  sumColumns: (operands: DenseOperands, firstColumn: number, endColumn: number) => void

  activations: Record<ActivationName, ActivationKernels>
  /**
   * to = from, where dropout.ts keeps an element, times 1 / (1 - rate); 0 where it doesn't.
   * `to` may be `from`.
   */
  dropout: (operands: DropoutOperands) => void
  /**
   * Writes the gradient of the summed loss, and returns the summed loss. A loss that is fused with
   * its activation takes pre-activations without bias, leaves the outputs there, and its gradient
   * is with respect to the pre-activations. Any other takes outputs.
   */
  losses: Record<LossName, (operands: LossOperands) => number>
  /** Rows whose output and target are largest in the same column, the first of equals. */
  countRightClasses: (operands: LossOperands) => number
  /** Outputs on the same side of 1/2 as their targets; 1/2 is on the side of 1. */
  countRightSides: (operands: LossOperands) => number
  /** Each row of a matrix times its weight; a weight is the first of its own padded row. */
  scaleRows: (matrix: ByteOffset, weights: ByteOffset, rows: number, columns: number) => void

  /** sum += addend */
  addInto: (sum: ByteOffset, addend: ByteOffset, elements: number) => void
  /** sum = (the pairwise sum over the slots) / divisor */
  sumSlots: (operands: SlotOperands) => void
  /** gradient += factor * weights */
  addDecay: (gradient: ByteOffset, weights: ByteOffset, elements: number, factor: number) => void
  sumSquares: (values: ByteOffset, elements: number) => number
  allFinite: (values: ByteOffset, elements: number) => boolean
  /** values = values / divisor */
  divide: (values: ByteOffset, elements: number, divisor: number) => void
  /** Writes the next parameters and the next state. */
  update: (optimizer: Optimizer, factors: UpdateFactors, operands: UpdateOperands) => void
}

/** Rows of a matrix that lies packed as the caller gave it. */
export interface GatherOperands {
  type: ElementType
  source: ByteOffset
  /** Which rows, as int32. */
  rowNumbers: ByteOffset
  matrix: ByteOffset
  rows: number
  columns: number
  /** Plays no part for labels. */
  scale: number
}

/** The matrices of a dense layer, over the rows of a block. */
export interface DenseOperands {
  /** Columns of X. */
  inputs: number
  /** Columns of Z. */
  outputs: number
  parts: Parts
  /** Rows of dW that are one product. */
  sliceRows: number
  /** X (rows, inputs) */
  x: ByteOffset
  /** W (inputs, outputs) */
  weights: ByteOffset
  /** W as `prepare` has left it. */
  prepared: ByteOffset
  /** Z (rows, outputs) */
  z: ByteOffset
  /** dZ (rows, outputs) */
  dZ: ByteOffset
  /** dX (rows, inputs) */
  dX: ByteOffset
  /** dW (inputs, outputs) */
  dWeights: ByteOffset
  /** db (outputs) */
  dBias: ByteOffset
  /** What the two sums over rows need beside: as many elements as the backend says. */
  scratch: ByteOffset
  /** Whether dW and db are added to what is there; with a single part alone. */
  accumulate: boolean
}

/** A = f(Z + b), over the rows of a block; and dZ = dA * f'(Z + b). */
export interface ActivationOperands {
  rows: number
  columns: number
  /** Z, which becomes A (rows, columns). */
  a: ByteOffset
  /** b (columns) */
  bias: ByteOffset
  /** f'(Z + b) (rows, columns), of an activation that keeps its slopes. */
  slopes: ByteOffset
  /** dA, which becomes dZ (rows, columns). */
  dA: ByteOffset
}

export interface ActivationKernels {
  /** a = f(a + bias), row by row; and slopes = f'(a + bias), if the activation keeps them. */
  forward: (operands: ActivationOperands) => void
  /** dA = dA * f', from the outputs, or from the slopes of an activation that keeps them. */
  backward: (operands: ActivationOperands) => void
}

export interface DropoutOperands {
  rows: number
  columns: number
  from: ByteOffset
  to: ByteOffset
  /** Which examples the rows are, as int32. */
  rowNumbers: ByteOffset
  /** The share that is left out. */
  rate: number
  /** What is drawn depends on this, the example and the column alone. */
  key: number
}

export interface LossOperands {
  rows: number
  columns: number
  /** (rows, columns) */
  outputs: ByteOffset
  /** (columns), of a loss that is fused with its activation. */
  bias: ByteOffset
  /** (rows, columns) */
  targets: ByteOffset
  /** The gradient (rows, columns). */
  dOutputs: ByteOffset
}

/** Gradients in slots, a power of two of them, `slotBytes` apart. */
export interface SlotOperands {
  slots: ByteOffset
  slotBytes: number
  count: number
  sum: ByteOffset
  elements: number
  divisor: number
}

/**
 * Some parameters, and the numbers that an optimizer keeps for them. Of each number there is one
 * run; the next one begins `stateStride` bytes on.
 */
export interface UpdateOperands {
  parameters: ByteOffset
  nextParameters: ByteOffset
  gradient: ByteOffset
  state: ByteOffset
  nextState: ByteOffset
  stateStride: number
  elements: number
}
