// Losses of one example with p the outputs, y the targets and n the number of outputs. A new one is
// an entry here and one in each backend's table of losses (kernels/wasm.ts, kernels/reference.ts).

import type { ActivationName } from './activations.js'

export interface Loss {
  formula: string
  /** The output activation the loss is defined with; its kernel is fused with that activation. */
  activation?: ActivationName
}

export const losses = {
  halfSquaredError: { formula: 'sum of (p - y)^2 / 2' },
  meanSquaredError: { formula: 'sum of (p - y)^2 / n' },
  /** Its gradient where p = y is 0. */
  meanAbsoluteError: { formula: 'sum of |p - y| / n' },
  /** Squared near the target, absolute beyond 1: Huber (1964), delta 1. */
  huber: { formula: 'sum of (d <= 1 ? d^2 / 2 : d - 1/2) / n with d = |p - y|' },
  binaryCrossEntropy: { formula: '-sum of y log p + (1 - y) log(1 - p)', activation: 'sigmoid' },
  categoricalCrossEntropy: { formula: '-sum of y log p', activation: 'softmax' },
} as const satisfies Record<string, Loss>

export type LossName = keyof typeof losses
export const lossNames = Object.keys(losses) as LossName[]

/** The activation that the loss's kernel includes, if any. */
export function fusedActivation(loss: LossName): ActivationName | undefined {
  const { activation }: Loss = losses[loss]
  return activation
}

/** Whether the outputs say which class, so that an accuracy means something. */
export function hasAccuracy(outputActivation: ActivationName): boolean {
  return outputActivation === 'softmax' || outputActivation === 'sigmoid'
}
