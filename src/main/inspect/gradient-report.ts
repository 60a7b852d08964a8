// What a gradient check finds.

import type { BackendName } from '../../shared/backend-names.js'

/** One parameter's gradient, computed both ways. */
export type CheckedParameter = {
  /** From 0. */
  layer: number
  /** Such as weights[1][3][0]: layer 1, from input 3 to output 0; or biases[1][0]. */
  name: string
  backpropagation: number
  finiteDifference: number
  error: number
} & ({ kind: 'weights'; row: number; column: number } | { kind: 'biases'; index: number })

/** The largest errors of one layer. */
export interface CheckedLayer {
  weights: number
  biases: number
}

/** The gradient of many shards and of several workers, against that of one. */
export interface ShardingCheck {
  backend: BackendName
  shards: number
  workers: number
  /**
   * Largest error of the cost and the gradient, of one shard and of many, against all examples at
   * once in float64.
   */
  error: number
  /** What it may be: 1e-12 of a backend in float64, 2e-4 of one in float32. */
  tolerance: number
  /** Whether so many workers give the bits of one. */
  sameBits: boolean
}

export interface GradientCheck {
  /** Weights and biases, each of which was checked. */
  parameters: number
  examples: number
  tolerance: number
  layers: CheckedLayer[]
  worst: CheckedParameter
  sharding: ShardingCheck
  passed: boolean
}
