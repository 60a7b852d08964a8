// The losses of one example, as formulas in float64: what the reference backend computes and the
// wasm kernels are tested against. p are the outputs, y the targets, n the number of outputs. A new
// one is an entry here and a function of the same name in kernels/wasm/assembly/losses.ts.

import type { ActivationName } from './activations.js'

/** A loss that is scale * the sum of term(p - y). */
export interface DifferenceLoss {
  kind: 'difference'
  formula: string
  term: (difference: number) => number
  /** The derivative of `term`. */
  slope: (difference: number) => number
  scale: (outputs: number) => number
}

/**
 * A loss that is defined with one activation of the outputs: its kernel is fused with that
 * activation, and works from the pre-activations z.
 */
export interface FusedLoss {
  kind: 'fused'
  formula: string
  activation: ActivationName
  /** Of one row of z: what each output adds to the loss, from its target. */
  terms: (z: ArrayLike<number>) => (y: number, output: number) => number
  /** The derivative with respect to one z, from its output, its target and all targets' sum. */
  slope: (p: number, y: number, sum: number) => number
}

export type Loss = DifferenceLoss | FusedLoss

const perOutput = (outputs: number): number => 1 / outputs

export const losses = {
  halfSquaredError: {
    kind: 'difference',
    formula: 'sum of (p - y)^2 / 2',
    term: (d) => d * d,
    slope: (d) => 2 * d,
    scale: () => 1 / 2,
  },
  meanSquaredError: {
    kind: 'difference',
    formula: 'sum of (p - y)^2 / n',
    term: (d) => d * d,
    slope: (d) => 2 * d,
    scale: perOutput,
  },
  /** Its gradient where p = y is 0. */
  meanAbsoluteError: {
    kind: 'difference',
    formula: 'sum of |p - y| / n',
    term: Math.abs,
    slope: Math.sign,
    scale: perOutput,
  },
  /** Squared near the target, absolute beyond 1: Huber (1964), delta 1. */
  huber: {
    kind: 'difference',
    formula: 'sum of (d <= 1 ? d^2 / 2 : d - 1/2) / n with d = |p - y|',
    term: (d) => (Math.abs(d) <= 1 ? (d * d) / 2 : Math.abs(d) - 1 / 2),
    slope: (d) => Math.max(-1, Math.min(d, 1)),
    scale: perOutput,
  },
  binaryCrossEntropy: {
    kind: 'fused',
    formula: '-sum of y log p + (1 - y) log(1 - p)',
    activation: 'sigmoid',
    terms: (z) => (y, j) => Math.max(z[j]!, 0) - z[j]! * y + Math.log1p(Math.exp(-Math.abs(z[j]!))),
    slope: (p, y) => p - y,
  },
  categoricalCrossEntropy: {
    kind: 'fused',
    formula: '-sum of y log p',
    activation: 'softmax',
    terms(z) {
      const row = Array.from(z)
      const largest = row.reduce((a, x) => Math.max(a, x))
      const logSum = Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0))
      return (y, j) => (y === 0 ? 0 : y * (logSum + largest - row[j]!))
    },
    slope: (p, y, sum) => p * sum - y,
  },
} satisfies Record<string, Loss>

/** The names of the losses: what one example adds to the cost. */
export type LossName = keyof typeof losses
export const lossNames = Object.keys(losses) as LossName[]

/** The activation that the loss's kernel includes, if any. */
export function fusedActivation(name: LossName): ActivationName | undefined {
  const loss: Loss = losses[name]
  return loss.kind === 'fused' ? loss.activation : undefined
}
