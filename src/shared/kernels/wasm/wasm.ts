// Backends `wasm` and `wasm-relaxed`: float32 in WebAssembly SIMD, compiled from assembly/. The
// first has plain multiplications and additions, so that its results have the same bits on every
// machine and engine; the second fuses them where the processor can. What has a name (activations,
// losses, optimizers) is looked up by it among the exports.

import { advance } from '../../arena/offsets.js'
import { paddedWidth } from '../../batches/padding.js'
import { type BlockShape, extentOf } from '../../arena/parts.js'
import { type ActivationName, activationNames, keepsSlopes } from '../../formulas/activations.js'
import { lossNames } from '../../formulas/losses.js'
import {
  type Optimizer,
  type OptimizerKind,
  type UpdateFactors,
  kindOf,
} from '../../optimizers/optimizers.js'
import type { ActivationKernels, Kernels } from '../kernels.js'
import { type ForwardKernels, byName, createForwardKernels, panelElements } from './forward.js'
import type { Operations } from './operations.js'

/** Panels of the weights, then of the transposed weights. */
export function wasmPreparedElements(inputs: number, outputs: number): number {
  return panelElements(inputs, outputs) + paddedWidth(inputs) * outputs
}

/**
 * Elements that `matmulTransposedA` takes beside its operands: panels, strips of 16 inputs, and
 * strips of the gradient that wait.
 */
export function wasmProductElements({ parts, rows, outputs }: BlockShape): number {
  return parts * rows * (paddedWidth(outputs) + 16) + 16 * paddedWidth(outputs) * Math.log2(parts)
}

export function createWasmKernels(operation: Operations): Kernels {
  const forward = createForwardKernels(operation)
  return {
    ...wasmProducts(operation, forward),
    ...wasmSums(operation),
    gather: wasmGather(operation),
    activations: byName(activationNames, (name) => ({
      ...forward.activations[name],
      backward: wasmBackward(operation, name),
    })),
    dropout: wasmDropout(operation),
    losses: byName(lossNames, (name) => wasmLoss(operation, name)),
    countRightClasses: wasmCount(operation, 'countRightClasses'),
    countRightSides: wasmCount(operation, 'countRightSides'),
    update: wasmUpdate(operation),
  }
}

function wasmProducts(
  operation: Operations,
  forward: ForwardKernels,
): Pick<Kernels, 'prepare' | 'matmul' | 'matmulTransposedB' | 'matmulTransposedA' | 'sumColumns'> {
  const packTransposedWeights = operation('packTransposedWeights')
  const multiplyPanels = operation('multiplyPanels')
  const setParts = operation('setParts')
  const multiplyTransposed = operation('multiplyTransposed')
  const sumColumns = operation('sumColumns')
  return {
    prepare(operands, firstRow, endRow, backward) {
      forward.prepare(operands, firstRow, endRow, false)
      if (!backward) return
      const { weights, prepared, inputs, outputs } = operands
      const transposed = advance(prepared, 4 * panelElements(inputs, outputs))
      packTransposedWeights(weights, transposed, inputs, outputs, firstRow, endRow)
    },
    matmul: forward.matmul,
    matmulTransposedB({ dZ, prepared, dX, parts, inputs, outputs }) {
      const transposed = advance(prepared, 4 * panelElements(inputs, outputs))
      multiplyPanels(dZ, transposed, dX, extentOf(parts), outputs, inputs)
    },
    matmulTransposedA(
      { x, dZ, dWeights, scratch, parts, inputs, outputs, accumulate },
      first,
      end,
    ) {
      setParts(parts.rowsAt, parts.count, parts.stride)
      const columns = advance(x, 4 * first)
      const rows = advance(dWeights, 4 * first * paddedWidth(outputs))
      const add = accumulate ? 1 : 0
      multiplyTransposed(columns, dZ, rows, scratch, inputs, outputs, end - first, add)
    },
    sumColumns({ dZ, dBias, scratch, parts, outputs, accumulate }, first, end) {
      setParts(parts.rowsAt, parts.count, parts.stride)
      sumColumns(dZ, dBias, scratch, outputs, first, end, accumulate ? 1 : 0)
    },
  }
}

function wasmGather(operation: Operations): Kernels['gather'] {
  const gathers = {
    uint8: operation('gatherUint8'),
    float32: operation('gatherFloat32'),
    labels: operation('gatherLabels'),
  }
  return ({ type, source, rowNumbers, matrix, rows, columns, scale }) => {
    if (type === 'float64')
      throw new Error('internal: this backend stores examples as uint8 or float32')
    gathers[type](source, rowNumbers, matrix, rows, columns, scale)
  }
}

function wasmBackward(operation: Operations, name: ActivationName): ActivationKernels['backward'] {
  if (keepsSlopes(name)) {
    const multiplyBySlopes = operation('multiplyBySlopes')
    return ({ dA, slopes, rows, columns }) => multiplyBySlopes(dA, slopes, rows, columns)
  }
  const derivative = operation(`${name}Derivative`)
  return ({ dA, a, rows, columns }) => derivative(dA, a, rows, columns)
}

function wasmDropout(operation: Operations): Kernels['dropout'] {
  const dropout = operation('dropout')
  return ({ from, to, rowNumbers, rows, columns, rate, key }) =>
    dropout(from, to, rowNumbers, rows, columns, rate, key)
}

function wasmLoss(
  operation: Operations,
  name: (typeof lossNames)[number],
): Kernels['losses'][typeof name] {
  const loss = operation(name)
  return ({ outputs, bias, targets, dOutputs, rows, columns }) =>
    loss(outputs, bias, targets, dOutputs, rows, columns)
}

function wasmCount(
  operation: Operations,
  name: 'countRightClasses' | 'countRightSides',
): Kernels[typeof name] {
  const count = operation(name)
  return ({ outputs, targets, rows, columns }) => count(outputs, targets, rows, columns)
}

function wasmSums(
  operation: Operations,
): Pick<
  Kernels,
  'scaleRows' | 'addInto' | 'sumSlots' | 'addDecay' | 'sumSquares' | 'allFinite' | 'divide'
> {
  const sumSlots = operation('sumSlots')
  const allFinite = operation('allFinite')
  return {
    scaleRows: operation('scaleRows'),
    addInto: operation('addInto'),
    sumSlots: ({ slots, slotBytes, count, sum, elements, divisor }) =>
      sumSlots(slots, slotBytes, count, sum, elements, divisor),
    addDecay: operation('addDecay'),
    sumSquares: operation('sumSquares'),
    allFinite: (values, elements) => allFinite(values, elements) === 1,
    divide: operation('divide'),
  }
}

/** An optimizer's compiled kernel, and the factors that its coefficients were set for. */
interface CompiledUpdate {
  optimizer: Optimizer
  kind: OptimizerKind<Optimizer>
  update: ReturnType<Operations>
  setCoefficients: ReturnType<Operations>
  factors: UpdateFactors
}

/**
 * Coefficients are worked out in double precision and rounded once, on their way into the kernel;
 * and only when the factors have changed, which is once a step at most.
 */
function wasmUpdate(operation: Operations): Kernels['update'] {
  let compiled: CompiledUpdate | undefined // of the run under way
  return (optimizer, factors, operands) => {
    if (compiled?.optimizer !== optimizer) compiled = compileUpdate(operation, optimizer)
    const { factors: last, kind, setCoefficients, update } = compiled
    if (
      factors.learningRate !== last.learningRate ||
      factors.firstCorrection !== last.firstCorrection ||
      factors.secondCorrection !== last.secondCorrection
    ) {
      last.learningRate = factors.learningRate
      last.firstCorrection = factors.firstCorrection
      last.secondCorrection = factors.secondCorrection
      kind.setCoefficients(setCoefficients, optimizer, factors)
    }
    const { parameters, nextParameters, gradient, state, nextState } = operands
    const { stateStride, elements } = operands
    update(parameters, nextParameters, gradient, state, nextState, stateStride, elements)
  }
}

function compileUpdate(operation: Operations, optimizer: Optimizer): CompiledUpdate {
  const kind = kindOf(optimizer)
  const name = kind.kernel(optimizer)
  return {
    optimizer,
    kind,
    update: operation(name),
    setCoefficients: operation(`${name}Coefficients`),
    factors: { learningRate: NaN, firstCorrection: NaN, secondCorrection: NaN },
  }
}
