// The type of a data set's recipe: how to train on it, unless the user says otherwise.

import type { ActivationName } from '../../shared/formulas/activations.js'
import type { InitializerName } from '../../shared/formulas/initializers.js'
import type { LossName } from '../../shared/formulas/losses.js'
import type { ScheduleName } from '../../shared/optimizers/learning-rate.js'
import type { OptimizerName } from '../../shared/optimizers/optimizers.js'

/** What suits a data set, where the user doesn't say otherwise. */
export interface Recipe {
  /** Units of each hidden layer, from the inputs on. */
  hiddenLayers: number[]
  /**
   * The activation of the hidden layers.
   * @default 'sigmoid'
   */
  activation?: ActivationName
  /** The activation of the output layer. */
  output: ActivationName
  /**
   * How the weights of every layer start.
   * @default 'xavier'
   */
  initializer?: InitializerName
  /** What training makes small. */
  loss: LossName
  /**
   * What moves the parameters, with its own defaults but for the learning rate.
   * @default 'sgd'
   */
  optimizer?: OptimizerName
  /** The learning rate of `optimizer`. */
  learningRate: number
  /**
   * The learning rates that suit other optimizers, by name.
   * @default the optimizer's own
   */
  otherRates?: Partial<Record<OptimizerName, number>>
  /**
   * How the learning rate changes over the epochs.
   * @default 'constant'
   */
  schedule?: ScheduleName
  /** Examples of a batch. */
  batchSize: number | 'all'
  /** Epochs to train for. */
  epochs: number
  /** The share of the rows to hold out, where there are no test examples; 0 for none. */
  validation: number
}
