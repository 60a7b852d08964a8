// Optimizers: how an averaged gradient g moves the parameters w. A new one is a member of the
// union, its constructor, its checks (optimizer-schema.ts), the state it keeps, and one entry in
// each backend's table of updates. Formulas as in PyTorch; all parameters, biases too, are treated
// alike.

import { exactPower } from '../numerics/exact.js'
import type { LearningRate } from './learning-rate.js'

/**
 * w -= rate * g; with momentum, v = momentum * v + g and w -= rate * v, or with Nesterov's form w
 * -= rate * (g + momentum * v) (Sutskever et al., "On the importance of initialization and
 * momentum", 2013).
 */
export interface Sgd {
  name: 'sgd'
  learningRate: LearningRate
  momentum: number
  nesterov: boolean
}
/**
 * v = decay * v + (1 - decay) * g^2; w -= rate * g / (sqrt(v) + epsilon) (Tieleman and Hinton,
 * lecture 6.5 of "Neural Networks for Machine Learning", 2012).
 */
export interface Rmsprop {
  name: 'rmsprop'
  learningRate: LearningRate
  decay: number
  epsilon: number
}
/** v += g^2; w -= rate * g / (sqrt(v) + epsilon) (Duchi, Hazan and Singer, 2011). */
export interface Adagrad {
  name: 'adagrad'
  learningRate: LearningRate
  epsilon: number
}
/**
 * v = decay * v + (1 - decay) * g^2; d = sqrt(u + epsilon) / sqrt(v + epsilon) * g; u = decay * u +
 * (1 - decay) * d^2; w -= rate * d (Zeiler, "ADADELTA", 2012).
 */
export interface Adadelta {
  name: 'adadelta'
  learningRate: LearningRate
  decay: number
  epsilon: number
}
/**
 * m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2; w -= rate * (m / (1 -
 * beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) with t the updates so far, this one included
 * (Kingma and Ba, "Adam", 2015).
 */
export interface Adam {
  name: 'adam'
  learningRate: LearningRate
  beta1: number
  beta2: number
  epsilon: number
}
/**
 * Adam, with w first multiplied by 1 - rate * weightDecay (Loshchilov and Hutter, "Decoupled weight
 * decay regularization", 2019).
 */
export interface Adamw {
  name: 'adamw'
  learningRate: LearningRate
  beta1: number
  beta2: number
  epsilon: number
  weightDecay: number
}

export type Optimizer = Sgd | Rmsprop | Adagrad | Adadelta | Adam | Adamw
export type OptimizerName = Optimizer['name']
type Options<Kind extends Optimizer> = Partial<Omit<Kind, 'name'>>

/**
 * Gradient descent.
 * @param options `learningRate`
 * @default 0.01; `momentum`, from 0 to below 1
 * @default 0; `nesterov`, with momentum
 * @default false
 */
export function sgd(options: Options<Sgd> = {}): Sgd {
  return { name: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false, ...options }
}

/**
 * RMSprop.
 * @param options `learningRate`
 * @default 0.001; `decay`
 * @default 0.9; `epsilon`
 * @default 1e-7
 */
export function rmsprop(options: Options<Rmsprop> = {}): Rmsprop {
  return { name: 'rmsprop', learningRate: 0.001, decay: 0.9, epsilon: 1e-7, ...options }
}

/**
 * Adagrad.
 * @param options `learningRate`
 * @default 0.01; `epsilon`
 * @default 1e-7
 */
export function adagrad(options: Options<Adagrad> = {}): Adagrad {
  return { name: 'adagrad', learningRate: 0.01, epsilon: 1e-7, ...options }
}

/**
 * Adadelta.
 * @param options `learningRate`
 * @default 1; `decay`
 * @default 0.95; `epsilon`
 * @default 1e-6
 */
export function adadelta(options: Options<Adadelta> = {}): Adadelta {
  return { name: 'adadelta', learningRate: 1, decay: 0.95, epsilon: 1e-6, ...options }
}

/**
 * Adam.
 * @param options `learningRate`
 * @default 0.001; `beta1`
 * @default 0.9; `beta2`
 * @default 0.999; `epsilon`
 * @default 1e-8
 */
export function adam(options: Options<Adam> = {}): Adam {
  return { name: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...options }
}

/**
 * AdamW.
 * @param options As `adam`; `weightDecay`
 * @default 0.01
 */
export function adamw(options: Options<Adamw> = {}): Adamw {
  return {
    name: 'adamw',
    learningRate: 0.001,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.01,
    ...options,
  }
}

/** Each optimizer with its defaults, by name. */
export const optimizers = {
  sgd,
  rmsprop,
  adagrad,
  adadelta,
  adam,
  adamw,
} as const satisfies Record<OptimizerName, () => Optimizer>
export const optimizerNames = Object.keys(optimizers) as OptimizerName[]

/** Numbers an optimizer keeps for each parameter; all begin at 0. */
export function stateElements(optimizer: Optimizer): number {
  switch (optimizer.name) {
    case 'sgd':
      return optimizer.momentum > 0 ? 1 : 0
    case 'rmsprop':
    case 'adagrad':
      return 1
    case 'adadelta':
    case 'adam':
    case 'adamw':
      return 2
    default:
      return optimizer satisfies never
  }
}

/** What all parameters of one update have in common. */
export interface UpdateFactors {
  learningRate: number
  /** Adam's means are divided by these, since they began at 0: 1 - beta^t. */
  firstCorrection: number
  secondCorrection: number
}

/** Puts into `factors` what update number `update`, counted from 1, takes at a learning rate. */
export function setUpdateFactors(
  factors: UpdateFactors,
  optimizer: Optimizer,
  learningRate: number,
  update: number,
): void {
  factors.learningRate = learningRate
  if (optimizer.name !== 'adam' && optimizer.name !== 'adamw') return
  factors.firstCorrection = 1 - exactPower(optimizer.beta1, update)
  factors.secondCorrection = 1 - exactPower(optimizer.beta2, update)
}
