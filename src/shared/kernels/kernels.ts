// What a backend does: the operations of one worker on its arena. All matrices lie as padding.ts
// says; every argument named after a matrix or vector is the byte offset where it begins.

import type { ActivationName } from '../network/activations.js'
import type { ElementType } from '../arena/element-types.js'
import type { Parts } from '../batches/parts.js'
import type { LossName } from '../network/losses.js'
import type { Optimizer, UpdateFactors } from '../optimizers/optimizers.js'

export interface Kernels {
  /**
   * matrix (rows, columns) = scale * source[rowNumbers]; of labels, one-hot rows (the scale plays
   * no part). Fills the padding with zeros.
   */
  gather: (
    type: ElementType,
    source: number,
    rowNumbers: number,
    matrix: number,
    rows: number,
    columns: number,
    scale: number,
  ) => void

  /**
   * Readies rows first .. end-1 of a layer's weights, `first` a multiple of 8 and `end` too or the
   * last, for the products of forward, and if `backward` of backward.
   */
  prepare: (
    weights: number,
    prepared: number,
    inputs: number,
    outputs: number,
    first: number,
    end: number,
    backward: boolean,
  ) => void
  /** Z = X.W: z (rows, outputs) = x (rows, inputs) . weights (inputs, outputs). */
  product: (
    x: number,
    weights: number,
    prepared: number,
    z: number,
    parts: Parts,
    inputs: number,
    outputs: number,
  ) => void
  /** E = D.W^T: errors (rows, inputs) = deltas (rows, outputs) . weights^T. */
  productByTransposed: (
    deltas: number,
    weights: number,
    prepared: number,
    errors: number,
    parts: Parts,
    inputs: number,
    outputs: number,
  ) => void
  /**
   * G = A^T.D: gradient (inputs, outputs) = a^T . deltas, biasGradient (outputs) = the column sums
   * of deltas; over the parts as a binary tree, ((0+1)+(2+3))+..., or of a single part added to
   * what is there if `accumulate`.
   */
  transposedProduct: (
    a: number,
    deltas: number,
    gradient: number,
    biasGradient: number,
    scratch: number,
    parts: Parts,
    inputs: number,
    outputs: number,
    accumulate: boolean,
  ) => void

  activations: Record<ActivationName, ActivationKernels>
  /**
   * to (rows, columns) = from, where dropout.ts keeps an element of the examples rowNumbers, times
   * 1 / (1 - share); 0 where it doesn't. `to` may be `from`.
   */
  dropout: (
    from: number,
    to: number,
    rowNumbers: number,
    rows: number,
    columns: number,
    share: number,
    key: number,
  ) => void
  /**
   * Writes `deltas`, the gradient of the summed loss, and returns the summed loss. A loss that is
   * fused with its activation takes pre-activations without bias and leaves the outputs there; its
   * deltas are with respect to the pre-activations. Any other takes outputs.
   */
  losses: Record<
    LossName,
    (
      outputs: number,
      bias: number,
      targets: number,
      deltas: number,
      rows: number,
      columns: number,
    ) => number
  >
  /**
   * Rows with the right answer: the same side of 1/2 with one output, the same largest column with
   * several.
   */
  countCorrect: (outputs: number, targets: number, rows: number, columns: number) => number

  /** sum += addend */
  addInto: (sum: number, addend: number, elements: number) => void
  /** gradient = (the pairwise sum over `count` slots, `slotBytes` apart) / divisor */
  sumSlots: (
    slots: number,
    slotBytes: number,
    count: number,
    gradient: number,
    elements: number,
    divisor: number,
  ) => void
  /** gradient += factor * weights */
  addDecay: (gradient: number, weights: number, elements: number, factor: number) => void
  sumSquares: (weights: number, elements: number) => number
  allFinite: (values: number, elements: number) => boolean
  /** values = values / divisor */
  divide: (values: number, elements: number, divisor: number) => void
  /** Each row of a matrix times its weight; a weight is the first of its own padded row. */
  scaleRows: (matrix: number, weights: number, rows: number, columns: number) => void
  /**
   * Writes the next parameters and the next state. Of each number kept for a parameter there is one
   * run; the next one begins `stateStride` bytes on.
   */
  update: (
    optimizer: Optimizer,
    factors: UpdateFactors,
    parameters: number,
    nextParameters: number,
    gradient: number,
    state: number,
    nextState: number,
    stateStride: number,
    elements: number,
  ) => void
}

export interface ActivationKernels {
  /** z = f(z + bias), row by row; and slopes = f'(z + bias), if the activation keeps them. */
  forward: (z: number, bias: number, rows: number, columns: number, slopes: number) => void
  /**
   * errors = errors * f'(z), given the outputs f(z), or the slopes of an activation that keeps
   * them.
   */
  backward: (errors: number, source: number, rows: number, columns: number) => void
}
