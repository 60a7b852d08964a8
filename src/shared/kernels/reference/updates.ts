// The optimizers' updates in plain TypeScript on float64, one parameter at a time; formulas and
// sources: optimizers.ts.

import type { Optimizer, UpdateFactors } from '../../optimizers/optimizers.js'

/**
 * Moves the parameters by the gradient; `state[k]` is the k-th number kept for each parameter,
 * `nextState[k]` the one after the update.
 */
export function updateParameters(
  optimizer: Optimizer,
  { learningRate, firstCorrection, secondCorrection }: UpdateFactors,
  parameters: Float64Array,
  next: Float64Array,
  gradient: Float64Array,
  state: Float64Array[],
  nextState: Float64Array[],
): void {
  const mean = (before: number, decay: number, value: number): number =>
    decay * before + (1 - decay) * value
  const [s0, s1, n0, n1] = [state[0]!, state[1]!, nextState[0]!, nextState[1]!]
  for (let i = 0; i < parameters.length; i++) {
    const w = parameters[i]!
    const g = gradient[i]!
    switch (optimizer.name) {
      case 'sgd': {
        const { momentum, nesterov } = optimizer
        if (momentum === 0) {
          next[i] = w - learningRate * g
          break
        }
        const velocity = (n0[i] = momentum * s0[i]! + g)
        next[i] = w - learningRate * (nesterov ? g + momentum * velocity : velocity)
        break
      }
      case 'rmsprop': {
        const square = (n0[i] = mean(s0[i]!, optimizer.decay, g * g))
        next[i] = w - (learningRate * g) / (Math.sqrt(square) + optimizer.epsilon)
        break
      }
      case 'adagrad': {
        const squares = (n0[i] = s0[i]! + g * g)
        next[i] = w - (learningRate * g) / (Math.sqrt(squares) + optimizer.epsilon)
        break
      }
      case 'adadelta': {
        const { decay, epsilon } = optimizer
        const square = (n0[i] = mean(s0[i]!, decay, g * g))
        const move = (Math.sqrt(s1[i]! + epsilon) / Math.sqrt(square + epsilon)) * g
        n1[i] = mean(s1[i]!, decay, move * move)
        next[i] = w - learningRate * move
        break
      }
      case 'adam':
      case 'adamw': {
        const first = (n0[i] = mean(s0[i]!, optimizer.beta1, g))
        const second = (n1[i] = mean(s1[i]!, optimizer.beta2, g * g))
        const kept = optimizer.name === 'adamw' ? w * (1 - learningRate * optimizer.weightDecay) : w
        next[i] =
          kept -
          (learningRate * (first / firstCorrection)) /
            (Math.sqrt(second / secondCorrection) + optimizer.epsilon)
        break
      }
      default:
        optimizer satisfies never
    }
  }
}
