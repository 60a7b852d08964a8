// The options of `createTrainer`, checked before anything starts.

import { type Network, outputLayer } from '../../shared/model/network.js'
import type { BackendName } from '../../shared/backend-names.js'
import { InputError, show } from '../../shared/errors.js'
import { type LossName, fusedActivation } from '../../shared/formulas/losses.js'
import type { Optimizer } from '../../shared/optimizers/optimizers.js'
import { check, inputError } from './check.js'
import { misfitOfClasses } from './class-names.js'
import { reservedNames } from './metadata-names.js'
import { networkCheck } from './network-check.js'
import { copyOfNetwork } from './network-copy.js'
import { trainerSchema } from './trainer-schema.js'

/**
 * What a trainer is made from. Its numbers, and those of the optimizer and the layers, must keep
 * their rules in float32 too, whatever the backend: an `epsilon` of 1e-46 is 0 there, and refused.
 */
export interface TrainerOptions {
  /** What is trained: the columns of the inputs, their preprocessing, and the layers. */
  network: Network
  /**
   * What training makes small: the loss of one example. The cost is its mean over the examples.
   * 'binaryCrossEntropy' needs sigmoid outputs, 'categoricalCrossEntropy' softmax outputs.
   */
  loss: LossName
  /**
   * How the gradient moves the parameters, such as `sgd({ learningRate: 0.5 })`.
   * @default sgd({ learningRate: 0.01 })
   */
  optimizer?: Optimizer
  /**
   * L2 regularization: adds l2 / 2N times the sum of the squared weights to the cost; at least 0. N
   * is the number of examples that `fit` trains on, or the sum of their weights, whatever the batch
   * size. Biases are left out. Held-out figures and `evaluate` are without it.
   * @default 0
   */
  l2?: number
  /**
   * The longest that a gradient may be: one whose Euclidean norm over all parameters is larger is
   * scaled down to it (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
   * networks", 2013); above 0.
   * @default none
   */
  clipNorm?: number
  /**
   * All that is random follows from it (first weights, order of the examples, dropout): a whole
   * number, no larger than 2^53 - 1 in size.
   * @default 0
   */
  seed?: number
  /**
   * Threads that share the work, at least 1; 'auto' takes as many as make it faster, at most one
   * for each core. The weights don't depend on it.
   * @default 'auto'
   */
  workers?: number | 'auto'
  /**
   * Parts that a batch is cut into, a power of two from 1 to 1024; 'auto' goes by the size of the
   * batch. The last bits of the weights depend on it.
   * @default 'auto'
   */
  shards?: number | 'auto'
  /**
   * Who computes; 'auto' takes the fastest that runs on this machine, for a network of this size.
   * @default 'auto'
   */
  backend?: BackendName | 'auto'
  /**
   * What the classes are called: a name for each output, or two for a single sigmoid output, the
   * second that of 1. They go into the files that the trainer saves, and `classify` answers with
   * them.
   * @default their numbers
   */
  classes?: string[]
  /**
   * Texts of your own by name, which go into the metadata of the files that the trainer saves.
   * @default none
   */
  metadata?: Record<string, string>
}

/** The options without a default. */
type Bare = 'clipNorm' | 'classes' | 'metadata'
/** `TrainerOptions` with the defaults filled in. */
export type TrainerRecipe = Required<Omit<TrainerOptions, Bare>> & Pick<TrainerOptions, Bare>

/**
 * Fills in the defaults of `createTrainer`.
 *
 * @param options As the caller gave them.
 * @returns All of them.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkTrainerOptions(options: unknown): TrainerRecipe {
  const checked = check('createTrainer', trainerSchema, options)
  const recipe = { ...checked, network: checkNetwork('createTrainer', checked.network) }
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
  requireClassNames(recipe)
  requireOwnNames(recipe)
  return recipe
}

/** A copy with the defaults filled in. */
function checkNetwork(where: string, network: unknown): Network {
  const issue = networkCheck(network, 'network')
  if (issue) throw inputError(where, issue)
  return copyOfNetwork(network as Network)
}

/** @throws {InputError} unless there are as many names as classes, or none. */
function requireClassNames({ classes, network }: TrainerRecipe): void {
  const misfit = misfitOfClasses(network, classes)
  if (misfit)
    throw new InputError(`createTrainer: ${misfit.field}`, misfit.rule, show(misfit.value))
}

/** @throws {InputError} if a name is one of the package's own. */
function requireOwnNames({ metadata = {} }: TrainerRecipe): void {
  const reserved = reservedNames.find((name) => Object.hasOwn(metadata, name))
  if (reserved === undefined) return
  const rule = 'another name: this one is for the package itself'
  throw new InputError(`createTrainer: metadata.${reserved}`, rule, show(metadata[reserved]))
}
