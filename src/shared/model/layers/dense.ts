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
import { rowsOfBlock } from '../block.js'
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

  claimScratch: ({ activation, units, bias = true }, inputs, { elements, matrix }, passesBack) => ({
    z: matrix(units),
    slopes: keepsSlopes(activation) ? matrix(units) : NOWHERE,
    ...(passesBack && { dX: matrix(inputs) }),
    // For the kernels, which know no layer without bias: zeros to add.
    zeros: bias ? NOWHERE : elements(paddedWidth(units)),
  }),

  temporaryElements: ({ units }, inputs, { kernels, parts, partStride, sliceRows }) =>
    kernels.productElements({ parts, rows: partStride, inputs, outputs: units, sliceRows }),

  create: createDense,
}

function createDense(
  { activation, units, bias = true }: DenseLayer,
  context: LayerContext,
): OutputLayer {
  const { block, dOutputs, inputs, kernels, passesBack, scratch, shared, source, tensors } = context
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
    sliceRows: context.sliceRows,
    x: NOWHERE,
    weights: NOWHERE,
    prepared: shared.prepared!,
    z: NOWHERE,
    dZ: NOWHERE,
    dX: NOWHERE,
    dWeights: NOWHERE,
    dBias: NOWHERE,
    scratch: context.temporary,
    accumulate: false,
  }
  const elementwise: ActivationOperands = {
    rows: 0,
    columns: units,
    a: NOWHERE,
    bias: NOWHERE,
    slopes: NOWHERE,
    dA: NOWHERE,
  }
  const { forward, backward } = kernels.activations[activation]
  /** Makes the block's rows those of the operands. */
  const enterBlock = (): void => {
    elementwise.rows = extentOf(block.parts)
    elementwise.a = product.z = rowsOfBlock(block, scratch.z!, units)
    elementwise.slopes = rowsOfBlock(block, scratch.slopes!, units)
    elementwise.dA = product.dZ = rowsOfBlock(block, dOutputs, units)
  }

  const layer: OutputLayer = {
    outputs: () => scratch.z!,

    forward(parameters) {
      layer.linear(parameters)
      elementwise.bias = layer.bias(parameters)
      forward(elementwise)
    },

    linear(parameters) {
      enterBlock()
      product.x = rowsOfBlock(block, source(), inputs)
      product.weights = advance(parameters, weightsPlace)
      kernels.matmul(product)
    },

    bias: (parameters) => (bias ? advance(parameters, biasPlace) : scratch.zeros!),

    backward(parameters) {
      enterBlock()
      backward(elementwise)
      layer.backwardLinear(parameters)
    },

    backwardLinear(parameters) {
      if (!passesBack) return
      enterBlock()
      product.dX = rowsOfBlock(block, scratch.dX!, inputs)
      product.weights = advance(parameters, weightsPlace)
      kernels.matmulTransposedB(product)
    },

    gradient(gradient, accumulate, { list, first, end }) {
      enterBlock()
      product.accumulate = accumulate
      if (list === 'weights') {
        product.x = rowsOfBlock(block, source(), inputs)
        product.dWeights = advance(gradient, weightsPlace)
        kernels.matmulTransposedA(product, first, end)
      } else {
        product.dBias = advance(gradient, biasPlace)
        kernels.sumColumns(product, first, end)
      }
    },

    prepare(parameters, firstRow, endRow, toGoBack) {
      product.weights = advance(parameters, weightsPlace)
      kernels.prepare(product, firstRow, endRow, toGoBack && passesBack)
    },
  }
  return layer
}
