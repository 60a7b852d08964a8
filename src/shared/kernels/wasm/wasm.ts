// Backends `wasm` and `wasm-relaxed`: float32 in WebAssembly SIMD, compiled from assembly/. The
// first has plain multiplications and additions, so that its results have the same bits on every
// machine and engine; the second fuses them where the processor can.

import { paddedWidth } from '../../batches/padding.js'
import type { ActivationKernels, Kernels } from '../kernels.js'
import { extentOf } from '../../batches/parts.js'

/** The exports of assembly/index.ts: every argument and result is a number or nothing. */
type Exports = Record<string, (...values: number[]) => number>

/** Panels of the weights, then of the transposed weights. */
export function wasmPreparedElements(inputs: number, outputs: number): number {
  return panelElements(inputs, outputs) + paddedWidth(inputs) * outputs
}

/**
 * Elements that `transposedProduct` takes beside its operands: panels, strips of 16 inputs, and
 * strips of the gradient that wait.
 */
export function wasmProductElements(
  parts: number,
  rows: number,
  _inputs: number,
  outputs: number,
): number {
  return parts * rows * (paddedWidth(outputs) + 16) + 16 * paddedWidth(outputs) * Math.log2(parts)
}

function panelElements(inputs: number, outputs: number): number {
  return inputs * paddedWidth(outputs)
}

/** An operation of the compiled kernels over an arena, by name. */
export type Operations = (name: string) => (...values: number[]) => number

/**
 * @param compiled The compiled kernels.
 * @param memory The arena.
 */
export function wasmOperations(
  compiled: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Operations {
  const wasm = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports
  return (name) => {
    const found = wasm[name]
    if (!found) throw new Error(`internal: the kernels export no ${name}`)
    return found
  }
}

export function createWasmKernels(operation: Operations): Kernels {
  const activation = (name: string): ActivationKernels => ({
    forward: operation(name),
    backward: operation(`${name}Derivative`),
  })
  const sloped = (name: string): ActivationKernels => ({
    forward: operation(name),
    backward: operation('multiplyBySlopes'),
  })
  const gathers = {
    uint8: operation('gatherUint8'),
    float32: operation('gatherFloat32'),
    labels: operation('gatherLabels'),
  }
  const [packWeights, packTransposedWeights] = [
    operation('packWeights'),
    operation('packTransposedWeights'),
  ]
  const [multiplyPanels, multiplyTransposed] = [
    operation('multiplyPanels'),
    operation('multiplyTransposed'),
  ]
  const [softmaxCrossEntropy, sigmoidCrossEntropy] = [
    operation('softmaxCrossEntropy'),
    operation('sigmoidCrossEntropy'),
  ]
  const [squaredError, absoluteError, huber] = [
    operation('squaredError'),
    operation('absoluteError'),
    operation('huber'),
  ]
  const allFinite = operation('allFinite')

  return {
    gather(type, source, rowNumbers, matrix, rows, columns, scale) {
      if (type === 'float64')
        throw new Error('internal: this backend stores examples as uint8 or float32')
      gathers[type](source, rowNumbers, matrix, rows, columns, scale)
    },
    prepare(weights, prepared, inputs, outputs, first, end, backward) {
      packWeights(weights, prepared, inputs, outputs, first, end)
      if (backward)
        packTransposedWeights(
          weights,
          prepared + 4 * panelElements(inputs, outputs),
          inputs,
          outputs,
          first,
          end,
        )
    },
    product(x, _weights, prepared, z, parts, inputs, outputs) {
      multiplyPanels(x, prepared, z, extentOf(parts), inputs, outputs)
    },
    productByTransposed(deltas, _weights, prepared, errors, parts, inputs, outputs) {
      multiplyPanels(
        deltas,
        prepared + 4 * panelElements(inputs, outputs),
        errors,
        extentOf(parts),
        outputs,
        inputs,
      )
    },
    transposedProduct(
      a,
      deltas,
      gradient,
      biasGradient,
      scratch,
      { count, stride, rowsAt },
      inputs,
      outputs,
      accumulate,
    ) {
      multiplyTransposed(
        a,
        deltas,
        gradient,
        biasGradient,
        scratch,
        rowsAt,
        count,
        stride,
        inputs,
        outputs,
        accumulate ? 1 : 0,
      )
    },
    activations: {
      identity: activation('identity'),
      sigmoid: activation('sigmoid'),
      tanh: activation('tanh'),
      relu: activation('relu'),
      leakyRelu: activation('leakyRelu'),
      elu: activation('elu'),
      softplus: activation('softplus'),
      silu: sloped('silu'),
      gelu: sloped('gelu'),
      softmax: activation('softmax'),
    },
    dropout: operation('dropout'),
    losses: {
      halfSquaredError: (outputs, _bias, targets, deltas, rows, columns) =>
        squaredError(outputs, targets, deltas, rows, columns, 0.5),
      meanSquaredError: (outputs, _bias, targets, deltas, rows, columns) =>
        squaredError(outputs, targets, deltas, rows, columns, 1 / columns),
      meanAbsoluteError: (outputs, _bias, targets, deltas, rows, columns) =>
        absoluteError(outputs, targets, deltas, rows, columns, 1 / columns),
      huber: (outputs, _bias, targets, deltas, rows, columns) =>
        huber(outputs, targets, deltas, rows, columns, 1 / columns),
      binaryCrossEntropy: sigmoidCrossEntropy,
      categoricalCrossEntropy: softmaxCrossEntropy,
    },
    countCorrect: operation('countCorrect'),
    addInto: operation('addInto'),
    sumSlots: operation('sumSlots'),
    addDecay: operation('addDecay'),
    sumSquares: operation('sumSquares'),
    allFinite: (values, elements) => allFinite(values, elements) === 1,
    divide: operation('divide'),
    scaleRows: operation('scaleRows'),
    update: wasmUpdate(operation),
  }
}

/**
 * Coefficients are worked out in double precision and rounded once, on their way into the kernel.
 */
function wasmUpdate(operation: Operations): Kernels['update'] {
  const [sgd, momentumSgd, squareScaled] = [
    operation('sgd'),
    operation('momentumSgd'),
    operation('squareScaled'),
  ]
  const [adadelta, adam] = [operation('adadelta'), operation('adam')]
  return (
    optimizer,
    { learningRate, firstCorrection, secondCorrection },
    parameters,
    next,
    gradient,
    state,
    nextState,
    stride,
    elements,
  ) => {
    switch (optimizer.name) {
      case 'sgd': {
        const { momentum, nesterov } = optimizer
        if (momentum === 0) sgd(parameters, next, gradient, elements, learningRate)
        else
          momentumSgd(
            parameters,
            next,
            gradient,
            state,
            nextState,
            elements,
            learningRate,
            momentum,
            nesterov ? 1 : 0,
          )
        return
      }
      case 'rmsprop': {
        const { decay, epsilon } = optimizer
        squareScaled(
          parameters,
          next,
          gradient,
          state,
          nextState,
          elements,
          learningRate,
          decay,
          1 - decay,
          epsilon,
        )
        return
      }
      case 'adagrad':
        squareScaled(
          parameters,
          next,
          gradient,
          state,
          nextState,
          elements,
          learningRate,
          1,
          1,
          optimizer.epsilon,
        )
        return
      case 'adadelta': {
        const { decay, epsilon } = optimizer
        adadelta(
          parameters,
          next,
          gradient,
          state,
          nextState,
          stride,
          elements,
          learningRate,
          decay,
          1 - decay,
          epsilon,
        )
        return
      }
      case 'adam':
      case 'adamw': {
        const { beta1, beta2, epsilon } = optimizer
        const kept = optimizer.name === 'adamw' ? 1 - learningRate * optimizer.weightDecay : 1
        adam(
          parameters,
          next,
          gradient,
          state,
          nextState,
          stride,
          elements,
          learningRate / firstCorrection,
          beta1,
          1 - beta1,
          beta2,
          1 - beta2,
          Math.sqrt(secondCorrection),
          epsilon,
          kept,
        )
        return
      }
      default:
        optimizer satisfies never
    }
  }
}
