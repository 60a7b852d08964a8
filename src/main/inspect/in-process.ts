// A network over some examples on the calling thread, in float64 and in full view: what `check`
// differentiates and `explain` prints. The arena, the pass and the kernels (backend reference) are
// the workers' own; only the threads are missing.

import { bytesPerElement } from '../../shared/arena/element-types.js'
import { createArena, planArena } from '../../shared/arena/arena.js'
import { backends } from '../../shared/backends.js'
import type { Kernels } from '../../shared/kernels/kernels.js'
import { extentOf } from '../../shared/batches/parts.js'
import { createReferenceKernels } from '../../shared/kernels/reference/reference.js'
import type { LossName } from '../../shared/network/losses.js'
import { Tally, tallyLayout } from '../../shared/figures/metrics.js'
import type { Network } from '../../shared/network/network.js'
import { paddedWidth } from '../../shared/batches/padding.js'
import {
  type Pass,
  backward,
  createPass,
  forwardWithLoss,
  loadBlock,
} from '../../shared/model/pass.js'
import { BLOCK_ROWS } from '../../shared/batches/shards.js'
import { type Examples, checkExamples, storeExamples } from '../data/examples.js'
import type { Parameters } from '../data/parameters.js'
import { readParameters, writeParameters } from '../runtime/stored-parameters.js'
import { needsOf } from '../runtime/runner.js'

/** The cost of a network over its examples, as functions of the parameters. */
export interface InProcess {
  /** How many. */
  examples: number
  /** Mean loss plus l2 / 2m of the squared weights. */
  cost: (parameters: Parameters) => number
  /** Of the cost. */
  gradient: (parameters: Parameters) => Parameters
  /**
   * Every value of examples `first` .. `end - 1` on their way through the network and back; at most
   * a block of them (256).
   */
  walk: (parameters: Parameters, first: number, end: number) => Walk
}

/** Matrices are row-major, a row for each example. */
export interface Walk {
  inputs: Float64Array
  targets: Float64Array
  layers: LayerWalk[]
  /** Summed over the examples. */
  loss: number
  /** Of the summed loss. */
  gradient: Parameters
}

export interface LayerWalk {
  /** Z = A.W + b, of the layer before */
  preActivations: Float64Array
  /** A = f(Z) */
  activations: Float64Array
  /** The gradient of the loss with respect to Z. */
  deltas: Float64Array
}

/**
 * @param createKernels Who computes, in float64; tests put faults here.
 * @throws {InputError} on a wrong shape, a label out of range or a number that is not finite.
 */
export async function openInProcess(
  { network, loss, l2 }: { network: Network; loss: LossName; l2: number },
  examples: Examples,
  createKernels: (memory: WebAssembly.Memory) => Kernels = createReferenceKernels,
): Promise<InProcess> {
  const { dtype, preparedElements, productElements } = backends.reference
  const checked = checkExamples('examples', examples, network, dtype)
  const { count } = checked
  const tallies = tallyLayout('', network)
  const weighted = checked.sampleWeights !== undefined
  /** What the sums over the examples are divided by. */
  const weight = checked.sampleWeights
    ? Array.from(checked.sampleWeights).reduce((sum, one) => sum + one, 0)
    : count
  const layout = planArena({
    network,
    dtype,
    stateElements: 0,
    workers: 1,
    shards: 1,
    batchSize: count,
    validation: undefined,
    predicts: false,
    preparedElements,
    productElements,
    training: needsOf(checked),
    tallyFields: tallies.fields,
    gradient: false,
    timeline: false,
  })
  const memory = createArena(layout.bytes)
  await storeExamples(memory, layout.training!, checked, async () => Promise.resolve())

  const parametersAt = layout.versions[0].parameters
  const gradientAt = layout.slots
  const [scratch] = layout.scratch
  const { layers } = layout.parameters
  const kernels = createKernels(memory)
  const words = new Int32Array(memory.buffer)
  const pass = createPass(kernels, words, layout, network, loss, tallies, 0)

  /** Rows of the block under way, padding left out. */
  const read = (matrix: number, { parts }: Pass, columns: number): Float64Array => {
    const rows = extentOf(parts)
    const packed = new Float64Array(rows * columns)
    for (let row = 0; row < rows; row++) {
      packed.set(
        new Float64Array(
          memory.buffer,
          matrix + row * paddedWidth(columns) * bytesPerElement[dtype],
          columns,
        ),
        row * columns,
      )
    }
    return packed
  }
  const readGradient = (): Parameters =>
    readParameters(memory, gradientAt, layout.parameters, dtype)

  /** Summed loss of examples `first` .. `end - 1`, a block. */
  const lossOfBlock = (through: Pass, first: number, end: number): number => {
    through.parts.rows[0] = end - first
    for (let i = 0; i < end - first; i++) words[scratch!.rowNumbers / 4 + i] = first + i
    through.tallies[0]!.fill(0)
    loadBlock(through, layout.training!)
    forwardWithLoss(through, parametersAt, weighted)
    return through.tallies[0]![Tally.loss]!
  }

  /** Summed loss of all examples; `afterBlock` is called after each block's. */
  const summedLoss = (parameters: Parameters, afterBlock: (first: number) => void): number => {
    writeParameters(memory, parametersAt, layout.parameters, dtype, parameters)
    let sum = 0
    for (let first = 0; first < count; first += BLOCK_ROWS) {
      sum += lossOfBlock(pass, first, Math.min(first + BLOCK_ROWS, count))
      afterBlock(first)
    }
    return sum
  }

  const cost: InProcess['cost'] = (parameters) => {
    const sum = summedLoss(parameters, () => undefined)
    const squares = parameters.weights
      .flatMap((layer) => Array.from(layer))
      .reduce((total, w) => total + w * w, 0)
    return sum / weight + (l2 / (2 * weight)) * squares
  }

  const gradient: InProcess['gradient'] = (parameters) => {
    summedLoss(parameters, (first) => backward(pass, parametersAt, gradientAt, first > 0))
    const { weights, biases } = readGradient()
    return {
      weights: weights.map((layer, l) =>
        layer.map((g, i) => g / weight + (l2 / weight) * parameters.weights[l]![i]!),
      ),
      biases: biases.map((layer) => layer.map((g) => g / weight)),
    }
  }

  const walk: InProcess['walk'] = (parameters, first, end) => {
    writeParameters(memory, parametersAt, layout.parameters, dtype, parameters)
    const products: Float64Array[] = []
    const deltas: Float64Array[] = []
    const observed: Kernels = {
      ...kernels,
      matmul(operands) {
        kernels.matmul(operands)
        products.push(read(operands.z, observing, operands.outputs))
      },
      matmulTransposedA(operands) {
        // the one operation of backward that has each layer's deltas whole
        deltas.unshift(read(operands.dZ, observing, operands.outputs))
        kernels.matmulTransposedA(operands)
      },
    }
    const observing = createPass(observed, words, layout, network, loss, tallies, 0)
    const summed = lossOfBlock(observing, first, end)
    const activations = layers.map(({ outputs }, l) =>
      read(scratch!.activations[l + 1]!, observing, outputs),
    )
    backward(observing, parametersAt, gradientAt, false)
    return {
      inputs: read(scratch!.activations[0]!, observing, layers[0]!.inputs),
      targets: read(scratch!.targets, observing, layers.at(-1)!.outputs),
      layers: layers.map(({ outputs }, l) => ({
        preActivations: products[l]!.map((z, i) => z + parameters.biases[l]![i % outputs]!),
        activations: activations[l]!,
        deltas: deltas[l]!,
      })),
      loss: summed,
      gradient: readGradient(),
    }
  }

  return { examples: count, cost, gradient, walk }
}
