// Activations as formulas in float64: what the reference backend computes and the wasm kernels are
// tested against. A new one is two entries here and functions of the same name in
// kernels/wasm/assembly/activations.ts.

/** How each acts: all that what only predicts needs to know. */
const kinds = {
  identity: 'elementwise',
  sigmoid: 'elementwise',
  tanh: 'elementwise',
  relu: 'elementwise',
  leakyRelu: 'elementwise',
  elu: 'elementwise',
  softplus: 'elementwise',
  silu: 'sloped',
  gelu: 'sloped',
  softmax: 'row',
} as const

/** The names of the activations: the functions that the sums of a layer go through. */
export type ActivationName = keyof typeof kinds
export const activationNames = Object.keys(kinds) as ActivationName[]

/** Whether forward writes the slopes, for backward to read in place of the outputs. */
export function keepsSlopes(name: ActivationName): boolean {
  return kinds[name] === 'sloped'
}

/** An activation that acts on each element alone, and whose derivative its output tells. */
export interface ElementwiseActivation {
  kind: 'elementwise'
  /** f(z) */
  forward: (z: number) => number
  /** f'(z), written in terms of a = f(z). */
  derivative: (a: number) => number
}

/**
 * An activation that acts on each element alone, and isn't monotonic: two pre-activations can have
 * one output, so forward keeps the slopes as well.
 */
export interface SlopedActivation {
  kind: 'sloped'
  /** f(z) */
  forward: (z: number) => number
  /** f'(z) */
  slope: (z: number) => number
}

/** An activation over a whole row of outputs. */
export interface RowActivation {
  kind: 'row'
  /** A row of pre-activations becomes one of outputs, in its place. */
  forward: (row: Float64Array) => void
  /** The gradient with respect to the outputs becomes that to the pre-activations. */
  backward: (gradient: Float64Array, outputs: Float64Array) => void
}

export type Activation = ElementwiseActivation | SlopedActivation | RowActivation

export const activations = {
  identity: { kind: 'elementwise', forward: (z) => z, derivative: () => 1 },
  sigmoid: { kind: 'elementwise', forward: sigmoid, derivative: (a) => a * (1 - a) },
  tanh: { kind: 'elementwise', forward: (z) => Math.tanh(z), derivative: (a) => 1 - a * a },
  relu: {
    kind: 'elementwise',
    forward: (z) => (z < 0 ? 0 : z),
    derivative: (a) => (a > 0 ? 1 : 0),
  },
  /** z, or z / 100 below 0: Maas, Hannun and Ng (2013). */
  leakyRelu: {
    kind: 'elementwise',
    forward: (z) => (z > 0 ? z : 0.01 * z),
    derivative: (a) => (a > 0 ? 1 : 0.01),
  },
  /** z, or e^z - 1 below 0: Clevert, Unterthiner and Hochreiter (2016), alpha 1. */
  elu: {
    kind: 'elementwise',
    forward: (z) => (z > 0 ? z : Math.expm1(z)),
    derivative: (a) => (a > 0 ? 1 : a + 1),
  },
  /** log(1 + e^z), its slope the sigmoid: Dugas et al. (2001). */
  softplus: {
    kind: 'elementwise',
    forward: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
    derivative: (a) => -Math.expm1(-a),
  },
  /** z sigmoid(z), also called swish: Elfwing, Uchibe and Doya (2018). */
  silu: {
    kind: 'sloped',
    forward: (z) => z * sigmoid(z),
    slope: (z) => sigmoid(z) * (1 + z * sigmoid(-z)),
  },
  /**
   * z Phi(z), Phi the standard normal distribution, exact and not by tanh: Hendrycks and Gimpel
   * (2016).
   */
  gelu: {
    kind: 'sloped',
    forward: (z) => z * normalShare(z),
    slope: (z) => normalShare(z) + z * normalDensity(z),
  },
  /** p_j = e^z_j / the sum of e^z_i, less the largest z each: so that nothing overflows. */
  softmax: {
    kind: 'row',
    forward(row) {
      const largest = row.reduce((a, x) => Math.max(a, x))
      for (let j = 0; j < row.length; j++) row[j] = Math.exp(row[j]! - largest)
      const sum = row.reduce((a, x) => a + x)
      for (let j = 0; j < row.length; j++) row[j] = row[j]! / sum
    },
    backward(gradient, p) {
      let mean = 0
      for (let j = 0; j < p.length; j++) mean += gradient[j]! * p[j]!
      for (let j = 0; j < p.length; j++) gradient[j] = p[j]! * (gradient[j]! - mean)
    },
  },
} satisfies {
  [Name in ActivationName]: Activation & { kind: (typeof kinds)[Name] }
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z))
}

/** The share of the standard normal distribution below z. */
function normalShare(z: number): number {
  return (1 + errorFunction(z * Math.SQRT1_2)) / 2
}

function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
}

/** erf x to an absolute 1e-15: Abramowitz and Stegun, 7.1.6, whose terms all have one sign. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x)
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}
