// What a trainer is made from: checked before anything starts.

import { type Network, outputLayer } from '../../shared/model/network.js'
import type { BackendName } from '../../shared/backend-names.js'
import { InputError, show } from '../../shared/errors.js'
import { type LossName, fusedActivation } from '../../shared/network/losses.js'
import type { Optimizer } from '../../shared/optimizers/optimizers.js'
import { check } from './check.js'
import { trainerSchema } from './trainer-schema.js'

/** What a trainer is made from. */
export interface TrainerOptions {
  network: Network
  loss: LossName
  /**
   * How the gradient moves the parameters.
   * @default sgd({ learningRate: 0.01 })
   */
  optimizer?: Optimizer
  /**
   * Adds l2 / 2m times the sum of the squared weights to the cost, m the examples of a batch.
   * @default 0
   */
  l2?: number
  /**
   * Scales a gradient whose norm, over all parameters, is larger than this down to it.
   * @default none
   */
  clipNorm?: number
  /**
   * All that is random follows from it: a whole number.
   * @default 0
   */
  seed?: number
  /**
   * Threads that share the work; 'auto' takes as many as pay, and there are cores for. The weights
   * don't depend on it.
   * @default 'auto'
   */
  workers?: number | 'auto'
  /**
   * Parts that a batch is cut into, a power of two; 'auto' goes by the size of the batch.
   * @default 'auto'
   */
  shards?: number | 'auto'
  /**
   * Who computes; 'auto' takes the fastest that runs here and pays.
   * @default 'auto'
   */
  backend?: BackendName | 'auto'
}
/** The same, with the defaults filled in. */
export type TrainerRecipe = Required<Omit<TrainerOptions, 'clipNorm'>> &
  Pick<TrainerOptions, 'clipNorm'>

/**
 * Fills in the defaults.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkTrainerOptions(options: unknown): TrainerRecipe {
  const recipe = check('createTrainer', trainerSchema, options)
  const last = recipe.network.layers.length - 1
  const output = outputLayer(recipe.network)
  const activation = fusedActivation(recipe.loss)
  if (activation && output.activation !== activation) {
    throw new InputError(
      `createTrainer: network.layers[${last}].activation`,
      `${activation}, which the loss ${recipe.loss} is defined with`,
      show(output.activation),
    )
  }
  if (
    recipe.optimizer.name === 'sgd' &&
    recipe.optimizer.nesterov &&
    recipe.optimizer.momentum === 0
  ) {
    throw new InputError(
      'createTrainer: optimizer.nesterov',
      'a momentum above 0 with it',
      'momentum 0',
    )
  }
  return recipe
}
