// Activations as formulas in float64: what the reference backend computes and the wasm kernels are tested against.
// A new one is an entry here and one in kernels/assembly/activations.ts.

/** An activation that acts on each element alone. */
export interface ElementwiseActivation {
  kind: 'elementwise'
  /** f(z) */
  forward: (z: number) => number
  /** f'(z), written in terms of a = f(z). */
  derivative: (a: number) => number
}

/** An activation over a whole row of outputs. */
export interface RowActivation {
  kind: 'row'
}

export const activations = {
  identity: { kind: 'elementwise', forward: (z) => z, derivative: () => 1 },
  sigmoid: { kind: 'elementwise', forward: (z) => 1 / (1 + Math.exp(-z)), derivative: (a) => a * (1 - a) },
  tanh: { kind: 'elementwise', forward: (z) => Math.tanh(z), derivative: (a) => 1 - a * a },
  relu: { kind: 'elementwise', forward: (z) => (z < 0 ? 0 : z), derivative: (a) => (a > 0 ? 1 : 0) },
  softmax: { kind: 'row' },
} as const satisfies Record<string, ElementwiseActivation | RowActivation>

export type ActivationName = keyof typeof activations
export const activationNames = Object.keys(activations) as ActivationName[]
