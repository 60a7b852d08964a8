// The optimizers' updates, on one chunk of the parameters at a time; formulas and sources:
// shared/optimizers/optimizers.ts, which calls them by name. What they work on is set first;
// coefficients follow. Numbers kept for a parameter are read from `state` and written to
// `nextState`; where there are two of them, the second ones lie `stride` bytes on.

let parameters: usize = 0
let nextParameters: usize = 0
let gradient: usize = 0
let state: usize = 0
let nextState: usize = 0
let stride: usize = 0
/** Bytes of the chunk. */
let bytes: usize = 0

/** What the next update works on. */
export function setUpdateOperands(
  parametersAt: usize,
  nextParametersAt: usize,
  gradientAt: usize,
  stateAt: usize,
  nextStateAt: usize,
  stateStride: usize,
  elements: i32,
): void {
  parameters = parametersAt
  nextParameters = nextParametersAt
  gradient = gradientAt
  state = stateAt
  nextState = nextStateAt
  stride = stateStride
  bytes = (<usize>elements) << 2
}

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
export function sgd(learningRate: f32): void {
  const w = parameters
  const next = nextParameters
  const dW = gradient
  const end = bytes
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(
      next + at,
      f32x4.sub(v128.load(w + at), f32x4.mul(splat(learningRate), v128.load(dW + at))),
    )
  }
}

export function momentumSgd(learningRate: f32, momentum: f32, nesterov: bool): void {
  const w = parameters
  const next = nextParameters
  const dW = gradient
  const before = state
  const after = nextState
  const end = bytes
  for (let at: usize = 0; at < end; at += 16) {
    const g = v128.load(dW + at)
    const velocity = f32x4.add(f32x4.mul(splat(momentum), v128.load(before + at)), g)
    v128.store(after + at, velocity)
    const move = nesterov ? f32x4.add(g, f32x4.mul(splat(momentum), velocity)) : velocity
    v128.store(next + at, f32x4.sub(v128.load(w + at), f32x4.mul(splat(learningRate), move)))
  }
}

/** RMSprop with rest = 1 - decay; Adagrad with decay 1 and rest 1. */
export function squareScaled(learningRate: f32, decay: f32, rest: f32, epsilon: f32): void {
  const w = parameters
  const next = nextParameters
  const dW = gradient
  const before = state
  const after = nextState
  const end = bytes
  for (let at: usize = 0; at < end; at += 16) {
    const g = v128.load(dW + at)
    const square = movingMean(v128.load(before + at), decay, rest, f32x4.mul(g, g))
    v128.store(after + at, square)
    const move = f32x4.div(
      f32x4.mul(splat(learningRate), g),
      f32x4.add(f32x4.sqrt(square), splat(epsilon)),
    )
    v128.store(next + at, f32x4.sub(v128.load(w + at), move))
  }
}

export function adadelta(learningRate: f32, decay: f32, rest: f32, epsilon: f32): void {
  const w = parameters
  const next = nextParameters
  const dW = gradient
  const before = state
  const after = nextState
  const apart = stride
  const end = bytes
  for (let at: usize = 0; at < end; at += 16) {
    const g = v128.load(dW + at)
    const square = movingMean(v128.load(before + at), decay, rest, f32x4.mul(g, g))
    const moves = v128.load(before + apart + at)
    const move = f32x4.mul(
      f32x4.div(
        f32x4.sqrt(f32x4.add(moves, splat(epsilon))),
        f32x4.sqrt(f32x4.add(square, splat(epsilon))),
      ),
      g,
    )
    v128.store(after + at, square)
    v128.store(after + apart + at, movingMean(moves, decay, rest, f32x4.mul(move, move)))
    v128.store(next + at, f32x4.sub(v128.load(w + at), f32x4.mul(splat(learningRate), move)))
  }
}

/**
 * Adam, and AdamW with kept = 1 - learningRate * weightDecay. `rate` is learningRate / (1 -
 * beta1^t), `correction` the square root of 1 - beta2^t.
 */
export function adam(
  rate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  correction: f32,
  epsilon: f32,
  kept: f32,
): void {
  const w = parameters
  const next = nextParameters
  const dW = gradient
  const before = state
  const after = nextState
  const apart = stride
  const end = bytes
  for (let at: usize = 0; at < end; at += 16) {
    const g = v128.load(dW + at)
    const first = movingMean(v128.load(before + at), beta1, rest1, g)
    const second = movingMean(v128.load(before + apart + at), beta2, rest2, f32x4.mul(g, g))
    v128.store(after + at, first)
    v128.store(after + apart + at, second)
    const scale = f32x4.add(f32x4.div(f32x4.sqrt(second), splat(correction)), splat(epsilon))
    const move = f32x4.div(f32x4.mul(splat(rate), first), scale)
    v128.store(next + at, f32x4.sub(f32x4.mul(splat(kept), v128.load(w + at)), move))
  }
}
