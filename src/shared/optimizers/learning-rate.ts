// Learning rates that change as training goes on: plain data, evaluated by every worker for every
// step. Time is counted in epochs, t = steps / steps of an epoch, from the epoch numbered 0 of
// `fit`, so that a schedule means the same for any batch size and goes on where `initialEpoch`
// says.

import { exactCosine, exactPower } from '../numerics/exact.js'

/** The same rate throughout. Made by `constantRate`. */
export interface ConstantRate {
  /** Which schedule this is. */
  name: 'constant'
  /** The rate of every step, above 0. */
  learningRate: number
}
/**
 * Falls in steps: learningRate * factor^floor(t / every), with t the time in epochs. Made by
 * `stepDecay`.
 */
export interface StepDecay {
  /** Which schedule this is. */
  name: 'step'
  /** The rate of the first `every` epochs, above 0. */
  learningRate: number
  /**
   * What the rate is multiplied by at each fall, above 0.
   * @default 0.1
   */
  factor: number
  /**
   * Epochs from one fall to the next, above 0; need not be whole.
   * @default 10
   */
  every: number
}
/**
 * Falls (or, with a factor above 1, rises) a little with every step: learningRate * factor^(t /
 * every), with t the time in epochs. Made by `exponentialDecay`.
 */
export interface ExponentialDecay {
  /** Which schedule this is. */
  name: 'exponential'
  /** The rate of the first step, above 0. */
  learningRate: number
  /**
   * What the rate is multiplied by over `every` epochs, above 0.
   * @default 0.96
   */
  factor: number
  /**
   * Epochs over which the rate is multiplied by `factor` once, above 0; need not be whole.
   * @default 1
   */
  every: number
}
/**
 * Falls along half a cosine: minimum + (learningRate - minimum) (1 + cos(pi t / epochs)) / 2, with
 * t the time in epochs, then `minimum` (Loshchilov and Hutter, "SGDR: Stochastic gradient descent
 * with warm restarts", 2017, section 3; without restarts). Made by `cosineDecay`.
 */
export interface CosineDecay {
  /** Which schedule this is. */
  name: 'cosine'
  /** The rate of the first step, above 0. */
  learningRate: number
  /** Epochs until the rate is `minimum`, above 0; usually as many as training has. */
  epochs: number
  /**
   * The rate at the end, at least 0.
   * @default 0
   */
  minimum: number
}
/**
 * Falls with a power of the epoch: learningRate / (1 + t)^power, with t the time in epochs. Made by
 * `inverseScaling`.
 */
export interface InverseScaling {
  /** Which schedule this is. */
  name: 'inverseScaling'
  /** The rate of the first step, above 0. */
  learningRate: number
  /**
   * How fast the rate falls, at least 0: with 0 not at all, with 1 to half of it in one epoch.
   * @default 0.5
   */
  power: number
}
/**
 * Rises in equal steps to the first rate of another schedule, which begins where the rise ends
 * (Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, section 2.2).
 * Made by `warmUp`.
 */
export interface WarmUp {
  /** Which schedule this is. */
  name: 'warmUp'
  /** Epochs that the rise takes, above 0; need not be whole. */
  epochs: number
  /** What follows; its time begins when the rise has ended. */
  then: LastingSchedule
}
/**
 * Falls when the mean loss no longer does: the rate is multiplied by `factor` whenever the loss
 * (that of the validation, if there is one) has not improved for `patience` epochs. As Keras's
 * ReduceLROnPlateau. Made by `reduceOnPlateau`.
 */
export interface ReduceOnPlateau {
  /** Which schedule this is. */
  name: 'reduceOnPlateau'
  /** The rate until the first plateau, above 0. */
  learningRate: number
  /**
   * What the rate is multiplied by after a plateau, above 0 and below 1.
   * @default 0.1
   */
  factor: number
  /**
   * Epochs in a row without an improvement after which the rate falls: a whole number of at least
   * 0; 0 acts as 1.
   * @default 10
   */
  patience: number
  /**
   * An epoch counts as an improvement only if its loss is lower than the lowest so far by more than
   * this, at least 0.
   * @default 1e-4
   */
  minimumChange: number
  /**
   * Epochs after a fall in which nothing is counted, a whole number of at least 0.
   * @default 0
   */
  cooldown: number
  /**
   * The rate never falls below this, at least 0.
   * @default 0
   */
  minimum: number
}

/** How a learning rate changes while training goes on. Its time is counted in epochs. */
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
/** The names of the schedules that go on for as long as training does. */
export type ScheduleName = LastingSchedule['name']
/** A number above 0, the same throughout, or a schedule that says how it changes. */
export type LearningRate = number | Schedule
/** What a schedule is made from: its fields without the name, of which some have a default. */
export type ScheduleOptions<Kind extends Schedule, WithDefault extends keyof Kind = never> = Omit<
  Kind,
  'name' | WithDefault
> &
  Partial<Pick<Kind, WithDefault>>

/**
 * A learning rate that stays the same, as a number alone also says.
 *
 * @param options The schedule's fields.
 * @returns The schedule, for an optimizer's `learningRate`.
 */
export function constantRate(options: ScheduleOptions<ConstantRate>): ConstantRate {
  return { name: 'constant', ...options }
}

/**
 * A learning rate that falls in steps: learningRate * factor^floor(t / every), t in epochs.
 *
 * @param options The schedule's fields.
 * @returns The schedule, for an optimizer's `learningRate`.
 */
export function stepDecay(options: ScheduleOptions<StepDecay, 'factor' | 'every'>): StepDecay {
  return { name: 'step', factor: 0.1, every: 10, ...options }
}

/**
 * A learning rate that falls (or, with a factor above 1, rises) a little with every step:
 * learningRate * factor^(t / every), t in epochs.
 *
 * @param options The schedule's fields.
 * @returns The schedule, for an optimizer's `learningRate`.
 */
export function exponentialDecay(
  options: ScheduleOptions<ExponentialDecay, 'factor' | 'every'>,
): ExponentialDecay {
  return { name: 'exponential', factor: 0.96, every: 1, ...options }
}

/**
 * A learning rate that falls along half a cosine: minimum + (learningRate - minimum) (1 + cos(pi t
 * / epochs)) / 2, t in epochs, then `minimum`.
 *
 * @param options The schedule's fields.
 * @returns The schedule, for an optimizer's `learningRate`.
 */
export function cosineDecay(options: ScheduleOptions<CosineDecay, 'minimum'>): CosineDecay {
  return { name: 'cosine', minimum: 0, ...options }
}

/**
 * A learning rate that falls with a power of the epoch: learningRate / (1 + t)^power, t in epochs.
 *
 * @param options The schedule's fields.
 * @returns The schedule, for an optimizer's `learningRate`.
 */
export function inverseScaling(options: ScheduleOptions<InverseScaling, 'power'>): InverseScaling {
  return { name: 'inverseScaling', power: 0.5, ...options }
}

/**
 * A learning rate that rises in equal steps, then follows another schedule.
 *
 * @param options The rise, and what follows.
 * @returns The schedule, for an optimizer's `learningRate`.
 */
export function warmUp(options: {
  /** Epochs that the rise takes, above 0; need not be whole. */
  epochs: number
  /** The rate, or the schedule, that follows. */
  then: number | LastingSchedule
}): WarmUp {
  const { then, ...rest } = options
  return {
    name: 'warmUp',
    ...rest,
    then: typeof then === 'number' ? constantRate({ learningRate: then }) : then,
  }
}

/**
 * A learning rate that falls when the loss no longer does.
 *
 * @param options The schedule's fields.
 * @returns The schedule, for an optimizer's `learningRate`.
 */
export function reduceOnPlateau(
  options: ScheduleOptions<
    ReduceOnPlateau,
    'factor' | 'patience' | 'minimumChange' | 'cooldown' | 'minimum'
  >,
): ReduceOnPlateau {
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
 * @param rate The rate, or its schedule.
 * @param steps Steps before it since epoch 0.
 * @param stepsPerEpoch Steps that an epoch has.
 * @param reduction What the plateaus so far have multiplied the rate by; see `plateauOf`.
 * @returns The rate, a number.
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

/**
 * The plateau schedule in a learning rate.
 *
 * @param rate The rate, or its schedule.
 * @returns The schedule, also where it follows a warm-up; undefined if there is none.
 */
export function plateauOf(rate: LearningRate): ReduceOnPlateau | undefined {
  if (typeof rate === 'number') return undefined
  if (rate.name === 'warmUp') return plateauOf(rate.then)
  return rate.name === 'reduceOnPlateau' ? rate : undefined
}
