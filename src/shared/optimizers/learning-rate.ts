// Learning rates that change as training goes on: plain data, evaluated by every worker for every
// step. Time is counted in epochs, t = steps / steps of an epoch, from the epoch numbered 0 of
// `fit`, so that a schedule means the same for any batch size and goes on where `initialEpoch`
// says.

import { exactCosine, exactPower } from '../numerics/exact.js'

/** The same rate throughout. */
export interface ConstantRate {
  name: 'constant'
  learningRate: number
}
/** learningRate * factor^floor(t / every) */
export interface StepDecay {
  name: 'step'
  learningRate: number
  factor: number
  every: number
}
/** learningRate * factor^(t / every) */
export interface ExponentialDecay {
  name: 'exponential'
  learningRate: number
  factor: number
  every: number
}
/**
 * minimum + (learningRate - minimum) (1 + cos(pi t / epochs)) / 2, then `minimum`: Loshchilov and
 * Hutter, "SGDR" (2017), without restarts.
 */
export interface CosineDecay {
  name: 'cosine'
  learningRate: number
  epochs: number
  minimum: number
}
/** learningRate / (1 + t)^power */
export interface InverseScaling {
  name: 'inverseScaling'
  learningRate: number
  power: number
}
/**
 * Rises in equal steps to the first rate of `then` over so many epochs (Goyal et al., 2017); `then`
 * begins where it ends.
 */
export interface WarmUp {
  name: 'warmUp'
  epochs: number
  then: LastingSchedule
}
/**
 * The rate times `factor` whenever the cost (of validation, if there is one) has not fallen by more
 * than `minimumChange` for `patience` epochs, then `cooldown` epochs without judging; never below
 * `minimum`. Keras's ReduceLROnPlateau.
 */
export interface ReduceOnPlateau {
  name: 'reduceOnPlateau'
  learningRate: number
  factor: number
  patience: number
  minimumChange: number
  cooldown: number
  minimum: number
}

export type Schedule =
  | ConstantRate
  | StepDecay
  | ExponentialDecay
  | CosineDecay
  | InverseScaling
  | WarmUp
  | ReduceOnPlateau
/** A schedule that goes on for as long as training does; a warm-up ends in one. */
export type LastingSchedule = Exclude<Schedule, WarmUp>
export type ScheduleName = LastingSchedule['name']
/** A number, or how it changes. */
export type LearningRate = number | Schedule

/**
 * The same rate throughout, as a number alone also says.
 * @param options `learningRate`, above 0.
 */
export function constantRate(options: { learningRate: number }): ConstantRate {
  return { name: 'constant', ...options }
}

/**
 * Falls in steps.
 * @param options `learningRate`; `factor`
 * @default 0.1; `every` so many epochs
 * @default 10
 */
export function stepDecay(options: {
  learningRate: number
  factor?: number
  every?: number
}): StepDecay {
  return { name: 'step', factor: 0.1, every: 10, ...options }
}

/**
 * Falls (or, with a factor above 1, rises) a little with every step.
 * @param options `learningRate`; `factor`
 * @default 0.96; `every` so many epochs
 * @default 1
 */
export function exponentialDecay(options: {
  learningRate: number
  factor?: number
  every?: number
}): ExponentialDecay {
  return { name: 'exponential', factor: 0.96, every: 1, ...options }
}

/**
 * Falls along half a cosine.
 * @param options `learningRate`; `epochs` it takes; `minimum` it ends at
 * @default 0
 */
export function cosineDecay(options: {
  learningRate: number
  epochs: number
  minimum?: number
}): CosineDecay {
  return { name: 'cosine', minimum: 0, ...options }
}

/**
 * Falls with a power of the epoch.
 * @param options `learningRate`; `power`
 * @default 0.5
 */
export function inverseScaling(options: { learningRate: number; power?: number }): InverseScaling {
  return { name: 'inverseScaling', power: 0.5, ...options }
}

/**
 * Begins gently.
 * @param options `epochs` of rising; `then`: the rate or schedule that follows.
 */
export function warmUp({
  then,
  ...options
}: {
  epochs: number
  then: number | LastingSchedule
}): WarmUp {
  return {
    name: 'warmUp',
    ...options,
    then: typeof then === 'number' ? constantRate({ learningRate: then }) : then,
  }
}

/**
 * Falls when the cost no longer does.
 * @param options `learningRate`; `factor`
 * @default 0.1; `patience` in epochs
 * @default 10; `minimumChange`
 * @default 1e-4; `cooldown` in epochs
 * @default 0; `minimum`
 * @default 0
 */
export function reduceOnPlateau(options: {
  learningRate: number
  factor?: number
  patience?: number
  minimumChange?: number
  cooldown?: number
  minimum?: number
}): ReduceOnPlateau {
  return {
    name: 'reduceOnPlateau',
    factor: 0.1,
    patience: 10,
    minimumChange: 1e-4,
    cooldown: 0,
    minimum: 0,
    ...options,
  }
}

/**
 * The learning rate of a step.
 *
 * @param steps Steps before it since epoch 0.
 * @param stepsPerEpoch How many an epoch has.
 * @param reduction What the plateaus so far have multiplied the rate by; see `plateauOf`.
 */
export function learningRateAt(
  rate: LearningRate,
  steps: number,
  stepsPerEpoch: number,
  reduction = 1,
): number {
  if (typeof rate === 'number') return rate
  const t = steps / stepsPerEpoch
  switch (rate.name) {
    case 'constant':
      return rate.learningRate
    case 'step':
      return rate.learningRate * exactPower(rate.factor, Math.floor(t / rate.every))
    case 'exponential':
      return rate.learningRate * exactPower(rate.factor, t / rate.every)
    case 'cosine': {
      const done = Math.min(1, t / rate.epochs)
      return (
        rate.minimum + ((rate.learningRate - rate.minimum) * (1 + exactCosine(Math.PI * done))) / 2
      )
    }
    case 'inverseScaling':
      return rate.learningRate / exactPower(1 + t, rate.power)
    case 'warmUp': {
      const rising = rate.epochs * stepsPerEpoch
      if (steps >= rising)
        return learningRateAt(rate.then, steps - rising, stepsPerEpoch, reduction)
      return (
        learningRateAt(rate.then, 0, stepsPerEpoch, reduction) * Math.min(1, (steps + 1) / rising)
      )
    }
    case 'reduceOnPlateau':
      return Math.max(rate.minimum, rate.learningRate * reduction)
    default:
      return rate satisfies never
  }
}

/** The plateau schedule in a learning rate, if there is one. */
export function plateauOf(rate: LearningRate): ReduceOnPlateau | undefined {
  if (typeof rate === 'number') return undefined
  if (rate.name === 'warmUp') return plateauOf(rate.then)
  return rate.name === 'reduceOnPlateau' ? rate : undefined
}
