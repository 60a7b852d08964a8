// The dense layer: A = f(X.W + b).
//
//   backward, given dA:   dZ = dA * f'(Z)    dW = X^T.dZ    db = column sums of dZ    dX = dZ.W^T
//
// (Goodfellow, Bengio and Courville, Deep Learning, 2016, algorithms 6.3 and 6.4.)

import { NOWHERE, advance, index32 } from '../../arena/offsets.js'
import type { Tensor } from '../../arena/parameter-layout.js'
import { extentOf } from '../../arena/parts.js'
import { paddedWidth } from '../../batches/padding.js'
import type { ActivationOperands, DenseOperands } from '../../kernels/kernels.js'
import { type ActivationName, keepsSlopes } from '../../formulas/activations.js'
import type { Initializer } from '../../formulas/initializers.js'
import type { LayerContext, LayerKind, OutputLayer } from './layer.js'

/**
 * One dense layer: `units` outputs, each activation(inputs . weights + bias), with weights (inputs,
 * units) and biases (units). Made by `dense`.
 */
export interface DenseLayer {
  /** What kind of layer it is. */
  kind: 'dense'
  /** Outputs of the layer, a whole number of at least 1. */
  units: number
  /** What the sums inputs . weights + bias go through. */
  activation: ActivationName
  /** How the weights start, by name or as `normal(0.1)` has it; biases start at 0. */
  initializer: Initializer
  /**
   * Whether it has biases. Without, its outputs are activation(inputs . weights), and its array of
   * biases is empty.
   * @default true
   */
  bias?: boolean
}

/**
 * A dense layer: each of its outputs is activation(inputs . weights + bias).
 *
 * @param units Outputs of the layer, a whole number of at least 1.
 * @param activation What the sums inputs . weights + bias go through; 'identity' if left out.
 * @param options How the layer starts.
 * @returns The layer, for a network's `layers`.
 */
export function dense(
  units: number,
  activation: ActivationName = 'identity',
  options: {
    /**
     * How the weights start, by name or as `normal(0.1)`; biases start at 0.
     * @default 'xavier'
     */
    initializer?: Initializer
    /**
     * Whether it has biases. Without, its outputs are activation(inputs . weights), and its array
     * of biases is empty.
     * @default true
     */
    bias?: boolean
  } = {},
): DenseLayer {
  const { initializer = 'xavier', bias = true } = options
  // Whatever else the options have, a trainer's checks find.
  return { kind: 'dense', units, activation, ...options, initializer, bias }
}

export const denseKind: LayerKind<DenseLayer> = {
  fields: {
    units: 'count',
    activation: 'activation',
    initializer: 'initializer',
    bias: 'trueUnlessSaid',
  },

  describe: ({ activation, units, bias = true }) =>
    `${units} ${activation}${bias ? '' : ' without bias'}`,

  outputs: ({ units }) => units,

  tensors({ units, initializer, bias = true }, inputs): Omit<Tensor, 'layer'>[] {
    const fans = { inputs, outputs: units }
    return [
      { list: 'weights', rows: inputs, columns: units, regularized: true, initializer, fans },
      {
        list: 'biases',
        rows: 1,
        columns: bias ? units : 0,
        regularized: false,
        initializer: 'zeros',
        fans,
      },
    ]
  },

  flops: ({ units }, inputs, passesBack) => (passesBack ? 6 : 4) * inputs * units,

  claimShared: ({ units }, inputs, { elements, kernels }) => ({
    prepared: elements(kernels.preparedElements(inputs, units)),
  }),

  claimScratch: ({ activation, units, bias = true }, _inputs, { elements, matrix }) => ({
    z: matrix(units),
    slopes: keepsSlopes(activation) ? matrix(units) : NOWHERE,
    // For the kernels, which know no layer without bias: zeros to add, and a place for a gradient
    // that nobody wants.
    zeros: bias ? NOWHERE : elements(paddedWidth(units)),
    unwanted: bias ? NOWHERE : elements(paddedWidth(units)),
  }),

  temporaryElements: ({ units }, inputs, { kernels, parts, partStride }) =>
    kernels.productElements({ parts, rows: partStride, inputs, outputs: units }),

  create: createDense,
}

function createDense(
  { activation, units, bias = true }: DenseLayer,
  context: LayerContext,
): OutputLayer {
  const { block, inputs, kernels, passesBack, scratch, shared, temporary, tensors } = context
  const [weightsPlace, biasPlace] = tensors.map(({ first }) => first * block.elementBytes) as [
    number,
    number,
  ]
  if (!bias) {
    const [first, words] = [index32(scratch.zeros!), (paddedWidth(units) * block.elementBytes) / 4]
    block.words.fill(0, first, first + words)
  }
  const product: DenseOperands = {
    inputs,
    outputs: units,
    parts: block.parts,
    x: NOWHERE,
    weights: NOWHERE,
    prepared: shared.prepared!,
    z: scratch.z!,
    dZ: NOWHERE,
    dX: NOWHERE,
    dWeights: NOWHERE,
    dBias: NOWHERE,
    scratch: temporary,
    accumulate: false,
  }
  const elementwise: ActivationOperands = {
    rows: 0,
    columns: units,
    a: scratch.z!,
    bias: NOWHERE,
    slopes: scratch.slopes!,
    dA: NOWHERE,
  }
  const { forward, backward } = kernels.activations[activation]

  const layer: OutputLayer = {
    forward(x, parameters) {
      const z = layer.linear(x, parameters)
      layer.activate(parameters)
      return z
    },

    linear(x, parameters) {
      product.x = x
      product.weights = advance(parameters, weightsPlace)
      kernels.matmul(product)
      return product.z
    },

    bias: (parameters) => (bias ? advance(parameters, biasPlace) : scratch.zeros!),

    activate(parameters) {
      elementwise.rows = extentOf(block.parts)
      elementwise.bias = layer.bias(parameters)
      forward(elementwise)
    },

    backward(way) {
      elementwise.rows = extentOf(block.parts)
      elementwise.dA = way.dOutputs
      backward(elementwise)
      return layer.backwardLinear(way)
    },

    backwardLinear({ dOutputs, spare, parameters, gradient, accumulate }) {
      product.dZ = dOutputs
      product.dX = spare
      product.weights = advance(parameters, weightsPlace)
      product.dWeights = advance(gradient, weightsPlace)
      product.dBias = bias ? advance(gradient, biasPlace) : scratch.unwanted!
      product.accumulate = accumulate
      kernels.matmulTransposedA(product)
      if (passesBack) kernels.matmulTransposedB(product)
      return spare
    },

    prepare(parameters, firstRow, endRow, toGoBack) {
      product.weights = advance(parameters, weightsPlace)
      kernels.prepare(product, firstRow, endRow, toGoBack && passesBack)
    },
  }
  return layer
}
