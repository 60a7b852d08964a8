// The optimizers' updates, one chunk of the parameters at a time. Formulas, sources and names:
// shared/optimizers/optimizers.ts. The coefficients of an optimizer are set first, by the function
// of its name and `Coefficients`, and stay until they are set again. Numbers kept for a parameter
// are read from `state` and written to `nextState`; where there are two of them, the second ones
// lie `stride` bytes further on.

// @ts-ignore: decorator
@inline
function splat(value: f32): v128 {
  return f32x4.splat(value)
}

/** decay * before + rest * value, with rest = 1 - decay. */
// @ts-ignore: decorator
@inline
function movingMean(before: v128, decay: v128, rest: v128, value: v128): v128 {
  return f32x4.add(f32x4.mul(decay, before), f32x4.mul(rest, value))
}

let sgdRate: f32 = 0

export function sgdCoefficients(rate: f32): void {
  sgdRate = rate
}

/** next = parameters - rate * gradient. */
export function sgd(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
): void {
  const rate = splat(sgdRate)
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 32) {
    const move0 = f32x4.mul(rate, v128.load(gradient + at))
    const move1 = f32x4.mul(rate, v128.load(gradient + at, 16))
    v128.store(next + at, f32x4.sub(v128.load(parameters + at), move0))
    v128.store(next + at, f32x4.sub(v128.load(parameters + at, 16), move1), 16)
  }
}

let momentumRate: f32 = 0
let momentumShare: f32 = 0
let isNesterov: bool = false

export function momentumSgdCoefficients(rate: f32, momentum: f32, nesterov: bool): void {
  momentumRate = rate
  momentumShare = momentum
  isNesterov = nesterov
}

export function momentumSgd(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
): void {
  const rate = splat(momentumRate)
  const momentum = splat(momentumShare)
  const nesterov = isNesterov
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const velocity = f32x4.add(f32x4.mul(momentum, v128.load(state + at)), g)
    v128.store(nextState + at, velocity)
    const move = nesterov ? f32x4.add(g, f32x4.mul(momentum, velocity)) : velocity
    v128.store(next + at, f32x4.sub(v128.load(parameters + at), f32x4.mul(rate, move)))
  }
}

let squareRate: f32 = 0
let squareDecay: f32 = 0
let squareRest: f32 = 0
let squareEpsilon: f32 = 0

/** RMSprop with rest = 1 - decay; Adagrad with decay 1 and rest 1. */
export function squareScaledCoefficients(rate: f32, decay: f32, rest: f32, epsilon: f32): void {
  squareRate = rate
  squareDecay = decay
  squareRest = rest
  squareEpsilon = epsilon
}

export function squareScaled(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
): void {
  const rate = splat(squareRate)
  const decay = splat(squareDecay)
  const rest = splat(squareRest)
  const epsilon = splat(squareEpsilon)
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const square = movingMean(v128.load(state + at), decay, rest, f32x4.mul(g, g))
    v128.store(nextState + at, square)
    const move = f32x4.div(f32x4.mul(rate, g), f32x4.add(f32x4.sqrt(square), epsilon))
    v128.store(next + at, f32x4.sub(v128.load(parameters + at), move))
  }
}

let centeredRate: f32 = 0
let centeredDecay: f32 = 0
let centeredRest: f32 = 0
let centeredEpsilon: f32 = 0

export function centeredScaledCoefficients(rate: f32, decay: f32, rest: f32, epsilon: f32): void {
  centeredRate = rate
  centeredDecay = decay
  centeredRest = rest
  centeredEpsilon = epsilon
}

/** RMSprop, centered. */
export function centeredScaled(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
): void {
  const rate = splat(centeredRate)
  const decay = splat(centeredDecay)
  const rest = splat(centeredRest)
  const epsilon = splat(centeredEpsilon)
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const square = movingMean(v128.load(state + at), decay, rest, f32x4.mul(g, g))
    const first = movingMean(v128.load(state + stride + at), decay, rest, g)
    v128.store(nextState + at, square)
    v128.store(nextState + stride + at, first)
    const variance = f32x4.pmax(f32x4.sub(square, f32x4.mul(first, first)), splat(0)) // keeps NaN
    const move = f32x4.div(f32x4.mul(rate, g), f32x4.add(f32x4.sqrt(variance), epsilon))
    v128.store(next + at, f32x4.sub(v128.load(parameters + at), move))
  }
}

let deltaRate: f32 = 0
let deltaDecay: f32 = 0
let deltaRest: f32 = 0
let deltaEpsilon: f32 = 0

export function adadeltaCoefficients(rate: f32, decay: f32, rest: f32, epsilon: f32): void {
  deltaRate = rate
  deltaDecay = decay
  deltaRest = rest
  deltaEpsilon = epsilon
}

export function adadelta(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
): void {
  const rate = splat(deltaRate)
  const decay = splat(deltaDecay)
  const rest = splat(deltaRest)
  const epsilon = splat(deltaEpsilon)
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const square = movingMean(v128.load(state + at), decay, rest, f32x4.mul(g, g))
    const moves = v128.load(state + stride + at)
    const size = f32x4.sqrt(f32x4.add(moves, epsilon))
    const move = f32x4.mul(f32x4.div(size, f32x4.sqrt(f32x4.add(square, epsilon))), g)
    v128.store(nextState + at, square)
    v128.store(nextState + stride + at, movingMean(moves, decay, rest, f32x4.mul(move, move)))
    v128.store(next + at, f32x4.sub(v128.load(parameters + at), f32x4.mul(rate, move)))
  }
}

let adamRate: f32 = 0
let adamBeta1: f32 = 0
let adamRest1: f32 = 0
let adamBeta2: f32 = 0
let adamRest2: f32 = 0
let adamCorrection: f32 = 0
let adamEpsilon: f32 = 0
let adamKept: f32 = 0

/**
 * Adam with kept = 1, and AdamW with kept = 1 - learningRate * weightDecay. `rate` is learningRate
 * / (1 - beta1^t), `correction` the square root of 1 - beta2^t.
 */
export function adamCoefficients(
  rate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  correction: f32,
  epsilon: f32,
  kept: f32,
): void {
  adamRate = rate
  adamBeta1 = beta1
  adamRest1 = rest1
  adamBeta2 = beta2
  adamRest2 = rest2
  adamCorrection = correction
  adamEpsilon = epsilon
  adamKept = kept
}

export function adam(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
): void {
  const rate = splat(adamRate)
  const beta1 = splat(adamBeta1)
  const rest1 = splat(adamRest1)
  const beta2 = splat(adamBeta2)
  const rest2 = splat(adamRest2)
  const correction = splat(adamCorrection)
  const epsilon = splat(adamEpsilon)
  const kept = splat(adamKept)
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const first = movingMean(v128.load(state + at), beta1, rest1, g)
    const second = movingMean(v128.load(state + stride + at), beta2, rest2, f32x4.mul(g, g))
    v128.store(nextState + at, first)
    v128.store(nextState + stride + at, second)
    const size = f32x4.add(f32x4.div(f32x4.sqrt(second), correction), epsilon)
    const move = f32x4.div(f32x4.mul(rate, first), size)
    v128.store(next + at, f32x4.sub(f32x4.mul(kept, v128.load(parameters + at)), move))
  }
}
