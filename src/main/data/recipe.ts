// How to train on a data set, where the user doesn't say otherwise.

import type { ActivationName } from '../../shared/network/activations.js'
import type { InitializerName } from '../../shared/network/initializers.js'
import type { LossName } from '../../shared/network/losses.js'
import type { ScheduleName } from '../../shared/optimizers/learning-rate.js'
import type { OptimizerName } from '../../shared/optimizers/optimizers.js'

/** What suits a data set, where the user doesn't say otherwise. */
export interface Recipe {
  hiddenLayers: number[]
  /**
   * Of the hidden layers.
   * @default 'sigmoid'
   */
  activation?: ActivationName
  output: ActivationName
  /** @default 'xavier' */
  initializer?: InitializerName
  loss: LossName
  /**
   * With its own defaults, but for the learning rate.
   * @default 'sgd'
   */
  optimizer?: OptimizerName
  learningRate: number
  /**
   * With another optimizer than that one.
   * @default the optimizer's own
   */
  otherRates?: Partial<Record<OptimizerName, number>>
  /** @default 'constant' */
  schedule?: ScheduleName
  batchSize: number | 'all'
  epochs: number
  /** The share of the rows to hold out, where there are no test examples. */
  validation: number
}
