// The optimizers' updates, on one chunk of the parameters at a time; formulas and sources:
// shared/optimizers.ts. Numbers kept for a parameter are read from `state` and written to
// `nextState`; where there are two of them, the second ones lie `stride` bytes on.

// @ts-ignore: decorator
@inline
function splat(value: f32): v128 {
  return f32x4.splat(value)
}

/** decay * before + rest * value, with rest = 1 - decay. */
// @ts-ignore: decorator
@inline
function movingMean(before: v128, decay: f32, rest: f32, value: v128): v128 {
  return f32x4.add(f32x4.mul(splat(decay), before), f32x4.mul(splat(rest), value))
}

/** next = parameters - learningRate * gradient. */
export function sgd(
  parameters: usize,
  next: usize,
  gradient: usize,
  elements: i32,
  learningRate: f32,
): void {
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    v128.store(
      next + at,
      f32x4.sub(
        v128.load(parameters + at),
        f32x4.mul(splat(learningRate), v128.load(gradient + at)),
      ),
    )
  }
}

export function momentumSgd(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  elements: i32,
  learningRate: f32,
  momentum: f32,
  nesterov: bool,
): void {
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const velocity = f32x4.add(f32x4.mul(splat(momentum), v128.load(state + at)), g)
    v128.store(nextState + at, velocity)
    const move = nesterov ? f32x4.add(g, f32x4.mul(splat(momentum), velocity)) : velocity
    v128.store(
      next + at,
      f32x4.sub(v128.load(parameters + at), f32x4.mul(splat(learningRate), move)),
    )
  }
}

/** RMSprop with rest = 1 - decay; Adagrad with decay 1 and rest 1. */
export function squareScaled(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  elements: i32,
  learningRate: f32,
  decay: f32,
  rest: f32,
  epsilon: f32,
): void {
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const square = movingMean(v128.load(state + at), decay, rest, f32x4.mul(g, g))
    v128.store(nextState + at, square)
    const move = f32x4.div(
      f32x4.mul(splat(learningRate), g),
      f32x4.add(f32x4.sqrt(square), splat(epsilon)),
    )
    v128.store(next + at, f32x4.sub(v128.load(parameters + at), move))
  }
}

export function adadelta(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
  learningRate: f32,
  decay: f32,
  rest: f32,
  epsilon: f32,
): void {
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const square = movingMean(v128.load(state + at), decay, rest, f32x4.mul(g, g))
    const moves = v128.load(state + stride + at)
    const move = f32x4.mul(
      f32x4.div(
        f32x4.sqrt(f32x4.add(moves, splat(epsilon))),
        f32x4.sqrt(f32x4.add(square, splat(epsilon))),
      ),
      g,
    )
    v128.store(nextState + at, square)
    v128.store(nextState + stride + at, movingMean(moves, decay, rest, f32x4.mul(move, move)))
    v128.store(
      next + at,
      f32x4.sub(v128.load(parameters + at), f32x4.mul(splat(learningRate), move)),
    )
  }
}

/**
 * Adam, and AdamW with kept = 1 - learningRate * weightDecay. `rate` is learningRate / (1 -
 * beta1^t), `correction` the square root of 1 - beta2^t.
 */
export function adam(
  parameters: usize,
  next: usize,
  gradient: usize,
  state: usize,
  nextState: usize,
  stride: usize,
  elements: i32,
  rate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  correction: f32,
  epsilon: f32,
  kept: f32,
): void {
  for (let at: usize = 0, end = (<usize>elements) << 2; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const first = movingMean(v128.load(state + at), beta1, rest1, g)
    const second = movingMean(v128.load(state + stride + at), beta2, rest2, f32x4.mul(g, g))
    v128.store(nextState + at, first)
    v128.store(nextState + stride + at, second)
    const scale = f32x4.add(f32x4.div(f32x4.sqrt(second), splat(correction)), splat(epsilon))
    const move = f32x4.div(f32x4.mul(splat(rate), first), scale)
    v128.store(next + at, f32x4.sub(f32x4.mul(splat(kept), v128.load(parameters + at)), move))
  }
}
