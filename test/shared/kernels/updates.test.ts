// Every optimizer's update, in every backend, against its formula as its authors wrote it down.

import { describe, expect, it } from 'vitest'
import {
  type Optimizer,
  adadelta,
  adagrad,
  adam,
  adamw,
  rmsprop,
  setUpdateFactors,
  sgd,
  stateElements,
} from '../../../dist/shared/optimizers/optimizers.js'
import { backends } from '../../../dist/shared/backends.js'
import { backendsHere } from '../../machine.js'
import { noise, openBench, updateOperands } from '../support.js'

const ELEMENTS = 16
const UPDATES = 7
const RATE = 0.125

/** What each update takes from a parameter w, by its gradient g; t counts from 1. */
type Rule = () => (g: number, t: number, w: number) => number

// Epsilons as large as the gradients, so that it shows where they stand.
const rules: [Optimizer, Rule][] = [
  [sgd(), () => (g) => RATE * g],
  [
    sgd({ momentum: 0.75 }),
    () => {
      let velocity = 0
      return (g) => RATE * (velocity = 0.75 * velocity + g)
    },
  ],
  [
    // Sutskever et al. 2013, in the form that looks ahead.
    sgd({ momentum: 0.75, nesterov: true }),
    () => {
      let velocity = 0
      return (g) => {
        velocity = 0.75 * velocity + g
        return RATE * (g + 0.75 * velocity)
      }
    },
  ],
  [
    // Tieleman and Hinton 2012; epsilon outside the root, as PyTorch.
    rmsprop({ decay: 0.5, epsilon: 0.5 }),
    () => {
      let square = 0
      return (g) => {
        square = 0.5 * square + 0.5 * g * g
        return (RATE * g) / (Math.sqrt(square) + 0.5)
      }
    },
  ],
  [
    // Duchi, Hazan and Singer 2011; epsilon outside the root, as PyTorch.
    adagrad({ epsilon: 0.5 }),
    () => {
      let sum = 0
      return (g) => (RATE * g) / (Math.sqrt((sum += g * g)) + 0.5)
    },
  ],
  [
    // Zeiler 2012, algorithm 1: RMS[x] = sqrt(E[x^2] + epsilon).
    adadelta({ decay: 0.75, epsilon: 0.25 }),
    () => {
      let [squares, moves] = [0, 0]
      return (g) => {
        squares = 0.75 * squares + 0.25 * g * g
        const move = (Math.sqrt(moves + 0.25) / Math.sqrt(squares + 0.25)) * g
        moves = 0.75 * moves + 0.25 * move * move
        return RATE * move
      }
    },
  ],
  ...[0, 0.5].map((weightDecay): [Optimizer, Rule] => [
    // Kingma and Ba 2015, algorithm 1: both means are corrected before epsilon is added. With
    // decay: Loshchilov and Hutter 2019, algorithm 2.
    weightDecay
      ? adamw({ beta1: 0.75, beta2: 0.875, epsilon: 0.5, weightDecay })
      : adam({ beta1: 0.75, beta2: 0.875, epsilon: 0.5 }),
    () => {
      let [m, v] = [0, 0]
      return (g, t, w) => {
        m = 0.75 * m + 0.25 * g
        v = 0.875 * v + 0.125 * g * g
        const [mean, variance] = [m / (1 - 0.75 ** t), v / (1 - 0.875 ** t)]
        return RATE * (mean / (Math.sqrt(variance) + 0.5) + weightDecay * w)
      }
    },
  ]),
]

describe.each(backendsHere)('%s', (backend) => {
  it.each(rules)('%o', (optimizer, rule) => {
    const { kernels, put, get } = openBench(backend)
    const bound = backends[backend].dtype === 'float32' ? 2e-6 : 1e-14
    const kept = Math.max(1, stateElements(optimizer))
    const bytes = backends[backend].dtype === 'float32' ? 4 : 8
    // Two versions, the next written from the current one.
    const versions = [0, 1].map(() => ({
      parameters: put(1, ELEMENTS, (_, i) => noise(1, i)),
      state: put(kept, ELEMENTS, () => 0),
    }))
    const expected = get(versions[0]!.parameters, 1, ELEMENTS)
    const takes = expected.map(rule)
    const factors = { learningRate: 0, firstCorrection: 1, secondCorrection: 1 }
    for (let t = 1; t <= UPDATES; t++) {
      const [current, next] = [versions[(t - 1) % 2]!, versions[t % 2]!]
      const gradient = put(1, ELEMENTS, (_, i) => noise(t + 1, i))
      setUpdateFactors(factors, optimizer, RATE, t)
      kernels.update(
        optimizer,
        factors,
        updateOperands({
          parameters: current.parameters,
          nextParameters: next.parameters,
          gradient,
          state: current.state,
          nextState: next.state,
          stateStride: ELEMENTS * bytes,
          elements: ELEMENTS,
        }),
      )
      get(gradient, 1, ELEMENTS).forEach((g, i) => (expected[i]! -= takes[i]!(g, t, expected[i]!)))
      get(next.parameters, 1, ELEMENTS).forEach((w, i) =>
        expect(Math.abs(w - expected[i]!), `update ${t}, parameter ${i}`).toBeLessThan(bound),
      )
    }
  })
})
