// Optimizers: how an averaged gradient g moves the parameters w. A new one is, here, its interface
// with its place in the union, its entry in the table and its constructor; its compiled kernel in
// kernels/wasm/assembly/optimizers.ts; and its line in main/index.ts. Formulas as in PyTorch, of
// whose defaults some are Keras's or a paper's; all parameters, biases too, are treated alike.

import { exactPower } from '../numerics/exact.js'
import type { LearningRate } from './learning-rate.js'

/**
 * Stochastic gradient descent. For a parameter w with the gradient g: w -= rate * g.
 *
 * With momentum, v = momentum * v + g and w -= rate * v; in Nesterov's form, w -= rate * (g +
 * momentum * v) (Sutskever et al., "On the importance of initialization and momentum", 2013).
 */
export interface Sgd {
  /** Which optimizer this is. */
  name: 'sgd'
  /**
   * The rate, or a schedule of it.
   * @default 0.01
   */
  learningRate: LearningRate
  /**
   * The share of v that is kept in every update; from 0 to below 1.
   * @default 0
   */
  momentum: number
  /**
   * Whether momentum is in Nesterov's form; needs a momentum above 0.
   * @default false
   */
  nesterov: boolean
}

/**
 * RMSprop. For a parameter w with the gradient g: v = decay * v + (1 - decay) * g^2; w -= rate * g
 * / (sqrt(v) + epsilon) (Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine
 * Learning", 2012).
 *
 * Centered, with m = decay * m + (1 - decay) * g, it has v - m^2, the variance of g, in place of v
 * (Graves, "Generating sequences with recurrent neural networks", 2013); 0 where rounding leaves
 * less.
 *
 * The formulas are PyTorch's, the defaults Keras's.
 */
export interface Rmsprop {
  /** Which optimizer this is. */
  name: 'rmsprop'
  /**
   * The rate, or a schedule of it. The default is Keras's; PyTorch's is 0.01.
   * @default 0.001
   */
  learningRate: LearningRate
  /**
   * What v, the mean of g^2, keeps of itself in every update; from 0 to below 1. Keras calls it
   * rho, PyTorch alpha. The default is Keras's; PyTorch's is 0.99.
   * @default 0.9
   */
  decay: number
  /**
   * Added to the root of v, so that nothing is divided by 0; above 0. The default is Keras's;
   * PyTorch's is 1e-8.
   * @default 1e-7
   */
  epsilon: number
  /**
   * Whether the variance of g stands in place of the mean of g^2. The default is Keras's and
   * PyTorch's.
   * @default false
   */
  centered: boolean
}

/**
 * Adagrad. For a parameter w with the gradient g: v += g^2; w -= rate * g / (sqrt(v) + epsilon)
 * (Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011). v begins at 0, as in PyTorch; in
 * Keras at 0.1.
 */
export interface Adagrad {
  /** Which optimizer this is. */
  name: 'adagrad'
  /**
   * The rate, or a schedule of it. The default is PyTorch's; Keras's is 0.001.
   * @default 0.01
   */
  learningRate: LearningRate
  /**
   * Added to the root of v, so that nothing is divided by 0; above 0. The default is Keras's;
   * PyTorch's is 1e-10.
   * @default 1e-7
   */
  epsilon: number
}

/**
 * Adadelta. For a parameter w with the gradient g: v = decay * v + (1 - decay) * g^2; d = sqrt(u +
 * epsilon) / sqrt(v + epsilon) * g; u = decay * u + (1 - decay) * d^2; w -= rate * d (Zeiler,
 * "ADADELTA", 2012).
 */
export interface Adadelta {
  /** Which optimizer this is. */
  name: 'adadelta'
  /**
   * The rate, or a schedule of it. The default is PyTorch's, and Zeiler's, who has no rate; Keras's
   * is 0.001.
   * @default 1
   */
  learningRate: LearningRate
  /**
   * What v and u, the means of g^2 and d^2, keep of themselves in every update; from 0 to below 1.
   * Keras and PyTorch call it rho. The default is Zeiler's and Keras's; PyTorch's is 0.9.
   * @default 0.95
   */
  decay: number
  /**
   * Added to v and u before their roots are taken; above 0. The default is Zeiler's and PyTorch's;
   * Keras's is 1e-7.
   * @default 1e-6
   */
  epsilon: number
}

/**
 * Adam. For a parameter w with the gradient g: m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1
 * - beta2) * g^2; w -= rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) with t the
 * updates so far, this one included (Kingma and Ba, "Adam", 2015).
 */
export interface Adam {
  /** Which optimizer this is. */
  name: 'adam'
  /**
   * The rate, or a schedule of it.
   * @default 0.001
   */
  learningRate: LearningRate
  /**
   * What m, the mean of g, keeps of itself in every update; from 0 to below 1.
   * @default 0.9
   */
  beta1: number
  /**
   * What v, the mean of g^2, keeps of itself in every update; from 0 to below 1.
   * @default 0.999
   */
  beta2: number
  /**
   * Added to the root of v, so that nothing is divided by 0; above 0. The default is the paper's
   * and PyTorch's; Keras's is 1e-7.
   * @default 1e-8
   */
  epsilon: number
}

/**
 * Adam, with w first multiplied by 1 - rate * weightDecay (Loshchilov and Hutter, "Decoupled weight
 * decay regularization", 2019).
 */
export interface Adamw extends Omit<Adam, 'name'> {
  /** Which optimizer this is. */
  name: 'adamw'
  /**
   * Times the rate, the share of w that every update takes away; at least 0. The default is
   * PyTorch's; Keras's is 0.004.
   * @default 0.01
   */
  weightDecay: number
}

/** How the gradient moves the parameters: plain data, made by `sgd`, `adam` and the like. */
export type Optimizer = Sgd | Rmsprop | Adagrad | Adadelta | Adam | Adamw
/** The names of the optimizers. */
export type OptimizerName = Optimizer['name']
/** What an optimizer is made from: its fields without the name. Each of them has a default. */
export type OptimizerOptions<Kind extends Optimizer> = Partial<Omit<Kind, 'name'>>

/**
 * Stochastic gradient descent, with momentum if you like. The formula is that of {@link Sgd}.
 *
 * @param options What is not to be as the defaults have it.
 * @returns The optimizer, for a trainer's `optimizer`.
 */
export function sgd(options: OptimizerOptions<Sgd> = {}): Sgd {
  return { name: 'sgd', ...optimizers.sgd.defaults, ...options }
}

/**
 * RMSprop: each parameter has a rate of its own, by the mean size of its latest gradients. The
 * formula is that of {@link Rmsprop}.
 *
 * @param options What is not to be as the defaults have it.
 * @returns The optimizer, for a trainer's `optimizer`.
 */
export function rmsprop(options: OptimizerOptions<Rmsprop> = {}): Rmsprop {
  return { name: 'rmsprop', ...optimizers.rmsprop.defaults, ...options }
}

/**
 * Adagrad: each parameter has a rate of its own, by the size of all its gradients so far. The
 * formula is that of {@link Adagrad}.
 *
 * @param options What is not to be as the defaults have it.
 * @returns The optimizer, for a trainer's `optimizer`.
 */
export function adagrad(options: OptimizerOptions<Adagrad> = {}): Adagrad {
  return { name: 'adagrad', ...optimizers.adagrad.defaults, ...options }
}

/**
 * Adadelta: as RMSprop, with steps as large as the parameter has moved of late. The formula is that
 * of {@link Adadelta}.
 *
 * @param options What is not to be as the defaults have it.
 * @returns The optimizer, for a trainer's `optimizer`.
 */
export function adadelta(options: OptimizerOptions<Adadelta> = {}): Adadelta {
  return { name: 'adadelta', ...optimizers.adadelta.defaults, ...options }
}

/**
 * Adam: momentum, and a rate of its own for each parameter. The formula is that of {@link Adam}.
 *
 * @param options What is not to be as the defaults have it.
 * @returns The optimizer, for a trainer's `optimizer`.
 */
export function adam(options: OptimizerOptions<Adam> = {}): Adam {
  return { name: 'adam', ...optimizers.adam.defaults, ...options }
}

/**
 * AdamW: Adam, with weights that decay. The formula is that of {@link Adamw}.
 *
 * @param options What is not to be as the defaults have it.
 * @returns The optimizer, for a trainer's `optimizer`.
 */
export function adamw(options: OptimizerOptions<Adamw> = {}): Adamw {
  return { name: 'adamw', ...optimizers.adamw.defaults, ...options }
}

/** What all parameters of one update have in common. */
export interface UpdateFactors {
  learningRate: number
  /** Adam's means are divided by these, since they began at 0: 1 - beta^t. */
  firstCorrection: number
  secondCorrection: number
}

/** What an option must be; main/options has the words for it. */
export type OptionRule = 'above0' | 'atLeast0' | 'below1' | 'trueOrFalse'

/** All there is to know of an optimizer. */
export interface OptimizerKind<Kind extends Optimizer> {
  defaults: Omit<Kind, 'name'>
  /** Of every option but the learning rate, whose rule is the same for all. */
  rules: Record<Exclude<keyof Kind, 'name' | 'learningRate'>, OptionRule>
  /**
   * The numbers that it keeps for each parameter, by the names that PyTorch gives them; all begin
   * at 0.
   */
  state(optimizer: Kind): readonly string[]
  /** Works out, once an update, what depends on its number, counted from 1. */
  correct?(factors: UpdateFactors, optimizer: Kind, update: number): void
  /**
   * The next w, in float64. The numbers kept for it stand in `state`, and the next ones take their
   * places.
   */
  next(optimizer: Kind, factors: UpdateFactors, w: number, g: number, state: Float64Array): number
  /** The name of the compiled kernel, in kernels/wasm/assembly/optimizers.ts. */
  kernel(optimizer: Kind): string
  /** Sets that kernel's coefficients, in its order; they depend on these two alone. */
  setCoefficients(set: SetCoefficients, optimizer: Kind, factors: UpdateFactors): void
}

/** The compiled kernel's function of that name. */
export type SetCoefficients = (...coefficients: number[]) => void

/** A table of optimizers by name. */
export type OptimizerTable = {
  readonly [Name in OptimizerName]: OptimizerKind<Extract<Optimizer, { name: Name }>>
}

/** A mean that moves: decay * before + (1 - decay) * value. */
function mean(before: number, decay: number, value: number): number {
  return decay * before + (1 - decay) * value
}

type AdamOptions = Omit<Adam, 'name'>

/** What Adam and AdamW have in common. */
const adamKind = {
  defaults: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  rules: { beta1: 'below1', beta2: 'below1', epsilon: 'above0' },
  state: () => ['exp_avg', 'exp_avg_sq'],
  correct(factors: UpdateFactors, { beta1, beta2 }: AdamOptions, update: number): void {
    factors.firstCorrection = 1 - exactPower(beta1, update)
    factors.secondCorrection = 1 - exactPower(beta2, update)
  },
  kernel: () => 'adam',
} as const

/** Adam's next w, of a w that has decayed or not. */
function nextOfAdam(
  { beta1, beta2, epsilon }: AdamOptions,
  { learningRate, firstCorrection, secondCorrection }: UpdateFactors,
  w: number,
  g: number,
  state: Float64Array,
): number {
  const m = (state[0] = mean(state[0]!, beta1, g))
  const v = (state[1] = mean(state[1]!, beta2, g * g))
  const size = Math.sqrt(v / secondCorrection) + epsilon
  return w - (learningRate * (m / firstCorrection)) / size
}

/** @param kept What is kept of w, before it moves. */
function setAdam(
  set: SetCoefficients,
  { beta1, beta2, epsilon }: AdamOptions,
  { learningRate, firstCorrection, secondCorrection }: UpdateFactors,
  kept: number,
): void {
  const rate = learningRate / firstCorrection
  const correction = Math.sqrt(secondCorrection)
  set(rate, beta1, 1 - beta1, beta2, 1 - beta2, correction, epsilon, kept)
}

export const optimizers: OptimizerTable = {
  sgd: {
    defaults: { learningRate: 0.01, momentum: 0, nesterov: false },
    rules: { momentum: 'below1', nesterov: 'trueOrFalse' },
    state: ({ momentum }) => (momentum > 0 ? ['momentum_buffer'] : []),
    next({ momentum, nesterov }, { learningRate }, w, g, state) {
      if (momentum === 0) return w - learningRate * g
      const v = (state[0] = momentum * state[0]! + g)
      return w - learningRate * (nesterov ? g + momentum * v : v)
    },
    kernel: ({ momentum }) => (momentum === 0 ? 'sgd' : 'momentumSgd'),
    setCoefficients(set, { momentum, nesterov }, { learningRate }) {
      if (momentum === 0) set(learningRate)
      else set(learningRate, momentum, nesterov ? 1 : 0)
    },
  },
  rmsprop: {
    defaults: { learningRate: 0.001, decay: 0.9, epsilon: 1e-7, centered: false },
    rules: { decay: 'below1', epsilon: 'above0', centered: 'trueOrFalse' },
    state: ({ centered }) => (centered ? ['square_avg', 'grad_avg'] : ['square_avg']),
    next({ decay, epsilon, centered }, { learningRate }, w, g, state) {
      const v = (state[0] = mean(state[0]!, decay, g * g))
      const m = centered ? (state[1] = mean(state[1]!, decay, g)) : 0
      return w - (learningRate * g) / (Math.sqrt(Math.max(0, v - m * m)) + epsilon)
    },
    kernel: ({ centered }) => (centered ? 'centeredScaled' : 'squareScaled'),
    setCoefficients: (set, { decay, epsilon }, { learningRate }) =>
      set(learningRate, decay, 1 - decay, epsilon),
  },
  adagrad: {
    defaults: { learningRate: 0.01, epsilon: 1e-7 },
    rules: { epsilon: 'above0' },
    state: () => ['sum'],
    next({ epsilon }, { learningRate }, w, g, state) {
      const v = (state[0] = state[0]! + g * g)
      return w - (learningRate * g) / (Math.sqrt(v) + epsilon)
    },
    kernel: () => 'squareScaled',
    setCoefficients: (set, { epsilon }, { learningRate }) => set(learningRate, 1, 1, epsilon),
  },
  adadelta: {
    defaults: { learningRate: 1, decay: 0.95, epsilon: 1e-6 },
    rules: { decay: 'below1', epsilon: 'above0' },
    state: () => ['square_avg', 'acc_delta'],
    next({ decay, epsilon }, { learningRate }, w, g, state) {
      const v = (state[0] = mean(state[0]!, decay, g * g))
      const d = (Math.sqrt(state[1]! + epsilon) / Math.sqrt(v + epsilon)) * g
      state[1] = mean(state[1]!, decay, d * d)
      return w - learningRate * d
    },
    kernel: () => 'adadelta',
    setCoefficients: (set, { decay, epsilon }, { learningRate }) =>
      set(learningRate, decay, 1 - decay, epsilon),
  },
  adam: {
    ...adamKind,
    next: nextOfAdam,
    setCoefficients: (set, optimizer, factors) => setAdam(set, optimizer, factors, 1),
  },
  adamw: {
    ...adamKind,
    defaults: { ...adamKind.defaults, weightDecay: 0.01 },
    rules: { ...adamKind.rules, weightDecay: 'atLeast0' },
    next: (optimizer, factors, w, g, state) =>
      nextOfAdam(optimizer, factors, w * keptOf(optimizer, factors), g, state),
    setCoefficients: (set, optimizer, factors) =>
      setAdam(set, optimizer, factors, keptOf(optimizer, factors)),
  },
}

function keptOf({ weightDecay }: Adamw, { learningRate }: UpdateFactors): number {
  return 1 - learningRate * weightDecay
}

export const optimizerNames = Object.keys(optimizers) as OptimizerName[]

/** What there is to know of an optimizer. */
export function kindOf(
  optimizer: Optimizer,
  table: OptimizerTable = optimizers,
): OptimizerKind<Optimizer> {
  return table[optimizer.name]
}

/** An optimizer with its defaults. */
export function optimizerNamed(name: OptimizerName): Optimizer {
  return { name, ...optimizers[name].defaults } as Optimizer
}

/** The names of the numbers that an optimizer keeps for each parameter; all begin at 0. */
export function stateNames(optimizer: Optimizer): readonly string[] {
  return kindOf(optimizer).state(optimizer)
}

/** How many numbers an optimizer keeps for each parameter. */
export function stateElements(optimizer: Optimizer): number {
  return stateNames(optimizer).length
}

/** Puts into `factors` what update number `update`, counted from 1, takes at a learning rate. */
export function setUpdateFactors(
  factors: UpdateFactors,
  optimizer: Optimizer,
  learningRate: number,
  update: number,
): void {
  factors.learningRate = learningRate
  kindOf(optimizer).correct?.(factors, optimizer, update)
}
