// The options of a gradient check, and the types of what it finds.

import type { BackendName } from '../../shared/backend-names.js'
import type { Parameters } from '../data/parameters.js'

/** How `checkGradients` checks. */
export interface GradientCheckOptions {
  /**
   * The largest error that passes, above 0.
   * @default 1e-6
   */
  tolerance?: number
  /**
   * The parameters to check at, such as a trainer's own.
   * @default those that training would start with
   */
  parameters?: Parameters
  /**
   * Aborting it ends the check: the call then rejects with the signal's reason.
   * @default none
   */
  signal?: AbortSignal
}

/** The place of a weight in its layer. */
export interface WeightPlace {
  /** That it is a weight. */
  kind: 'weights'
  /** The input that it multiplies, counted from 0. */
  row: number
  /** The output that it goes into, counted from 0. */
  column: number
}

/** The place of a bias in its layer. */
export interface BiasPlace {
  /** That it is a bias. */
  kind: 'biases'
  /** The output that it is added to, counted from 0. */
  index: number
}

/** The gradient for one parameter, computed both ways. */
export interface CheckedGradient {
  /** The dense layer, counted from 0; other layers don't count. */
  layer: number
  /** Such as weights[1][3][0]: from input 3 to output 0 of layer 1; or biases[1][0]. */
  name: string
  /** The gradient by backpropagation. */
  backpropagation: number
  /** The gradient by finite differences: the slope of the cost. */
  finiteDifference: number
  /** How far apart they are, relative to their size; see `checkGradients`. */
  error: number
}

/** One parameter: where it is, and its gradient computed both ways. */
export type CheckedParameter = CheckedGradient & (WeightPlace | BiasPlace)

/** The largest errors of one dense layer. */
export interface CheckedLayer {
  /** Among its weights. */
  weights: number
  /** Among its biases. */
  biases: number
}

/** The gradient of many shards and of several workers, against that of one. */
export interface ShardingCheck {
  /** Who computed the gradients. */
  backend: BackendName
  /** Parts that the examples were cut into. */
  shards: number
  /** Threads that shared them. */
  workers: number
  /**
   * Largest error of the cost and the gradient, of one shard and of many, against all examples at
   * once in float64.
   */
  error: number
  /** The largest error that passes: 1e-12 for a backend in float64, 2e-4 for one in float32. */
  tolerance: number
  /** Whether so many workers give the bits of one. */
  sameBits: boolean
}

/** What `checkGradients` has found. */
export interface GradientCheck {
  /** Weights and biases, each of which was checked. */
  parameters: number
  /** Examples that the cost is the mean over. */
  examples: number
  /** The largest error that passes. */
  tolerance: number
  /** The largest errors of each dense layer. */
  layers: CheckedLayer[]
  /** The parameter with the largest error. */
  worst: CheckedParameter
  /** Whether cutting the examples up changes the gradient. */
  sharding: ShardingCheck
  /** Whether every error is within its tolerance and the bits are the same. */
  passed: boolean
}
