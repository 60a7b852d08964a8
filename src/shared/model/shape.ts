// A model from outside: what goes in and comes out, and how much work it is.

import type { ActivationName } from '../formulas/activations.js'
import type { PreprocessingStep } from '../formulas/preprocessing/steps.js'

/** What goes into a model, and what comes out: all that the caller's side asks of one. */
export interface ModelShape {
  /** Columns of the inputs, as the caller gives them. */
  inputs: number
  /** What they are multiplied by. */
  scale: number
  /** What is then done to every row; with it, rows are stored as it leaves them. */
  preprocessing: readonly PreprocessingStep[]
  /** The outputs: how many, and what they went through. */
  output: { units: number; activation: ActivationName }
}

/** What an example takes one worker, forward and backward. */
export interface ModelWork {
  /** Floating-point operations. */
  flops: number
  /** Numbers that are computed on the way, outputs of all layers. */
  outputs: number
}
