// A network over some examples on the calling thread, in float64 and in full view: what `check`
// differentiates and `explain` prints. The arena, the model and the kernels (backend reference) are
// the workers' own; only the threads are missing.

import { type ArenaLayout, createArena, planArena } from '../../shared/arena/arena.js'
import { type ByteOffset, index64 } from '../../shared/arena/offsets.js'
import { backends } from '../../shared/backends.js'
import { paddedWidth } from '../../shared/batches/padding.js'
import { extentOf } from '../../shared/arena/parts.js'
import { piecesOf, stretchOf } from '../../shared/arena/pieces.js'
import { BLOCK_ROWS } from '../../shared/batches/shards.js'
import { Tally, tallyLayout } from '../../shared/figures/metrics.js'
import type { Kernels, LossOperands } from '../../shared/kernels/kernels.js'
import { createReferenceKernels } from '../../shared/kernels/reference/reference.js'
import { type Block, createBlock, placePart } from '../../shared/model/block.js'
import { type ModelDescription, modelKindOf, needsOfModel } from '../../shared/model/kinds.js'
import type { Model } from '../../shared/model/model.js'
import { type Network, outputLayer, shapeOf } from '../../shared/model/network.js'
import type { LossName } from '../../shared/formulas/losses.js'
import type { Examples } from '../data/arrays.js'
import { type CheckedExamples, checkExamples, totalWeight } from '../data/examples.js'
import type { Parameters } from '../data/parameters.js'
import { storeExamples } from '../data/stored-examples.js'
import { needsOf } from '../runtime/runner.js'
import { readParameters, writeParameters } from '../runtime/stored-parameters.js'

/** The cost of a network over its examples, as functions of the parameters. */
export interface InProcess {
  /** How many. */
  examples: number
  /** Outputs of each dense layer. */
  units: number[]
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
  createKernels = createReferenceKernels,
): Promise<InProcess> {
  const checked = checkExamples('examples', examples, shapeOf(network), backends.reference.dtype)
  const { count } = checked
  const bench = await layOut({ kind: 'layers', network, loss }, checked, createKernels)
  const { model } = bench
  /** What the sums over the examples are divided by. */
  const weight = totalWeight(checked)

  /** Summed loss of all examples; `afterBlock` is called after each block's. */
  const summedLoss = (parameters: Parameters, afterBlock: (first: number) => void): number => {
    bench.write(parameters)
    let total = 0
    for (let first = 0; first < count; first += BLOCK_ROWS) {
      total += bench.lossOf(model, first, Math.min(first + BLOCK_ROWS, count))
      afterBlock(first)
    }
    return total
  }

  return {
    examples: count,
    units: network.layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.units] : [])),
    cost(parameters) {
      const loss = summedLoss(parameters, () => undefined)
      const squares = parameters.weights.reduce(
        (total, layer) => total + sum(layer.map((w) => w * w)),
        0,
      )
      return loss / weight + (l2 / (2 * weight)) * squares
    },
    gradient(parameters) {
      summedLoss(parameters, (first) => bench.backward(model, first > 0))
      const { weights, biases } = bench.readGradient()
      return {
        weights: weights.map((layer, l) =>
          layer.map((g, i) => g / weight + (l2 / weight) * parameters.weights[l]![i]!),
        ),
        biases: biases.map((layer) => layer.map((g) => g / weight)),
      }
    },
    walk: (parameters, first, end) => walk(bench, parameters, first, end),
  }
}

/** An arena with the examples in it, and a model over it. */
interface Bench {
  model: Model
  /** The same model with other kernels, over the same block. */
  modelWith: (kernels: Kernels) => Model
  kernels: Kernels
  write: (parameters: Parameters) => void
  /** Summed loss of examples `first` .. `end - 1`, a block. */
  lossOf: (model: Model, first: number, end: number) => number
  backward: (model: Model, accumulate: boolean) => void
  readGradient: () => Parameters
  /** Rows of the block under way, padding left out. */
  read: (matrix: ByteOffset, columns: number) => Float64Array
}

async function layOut(
  description: ModelDescription,
  examples: CheckedExamples,
  createKernels: typeof createReferenceKernels,
): Promise<Bench> {
  const tallies = tallyLayout('', outputLayer(description.network).units, 'numbers')
  const layout = planFor(description, examples, tallies.fields)
  const memory = createArena(layout.bytes)
  await storeExamples(memory, layout.training!, examples, async () => Promise.resolve())
  const [scratch] = layout.scratch
  const { versions, slots, parameters: placed, dtype } = layout
  const block = createBlock(new Int32Array(memory.buffer), scratch!, 8)
  const values = new Float64Array(memory.buffer)
  const { ranges } = stretchOf(placed, piecesOf(placed))
  const tally = new Float64Array(tallies.fields)
  const kernels = createKernels(memory)
  const modelWith = (others: Kernels): Model =>
    modelKindOf(description).create(description, {
      kernels: others,
      block,
      values,
      parameters: placed,
      sliceRows: slots.sliceRows,
      shared: layout.model,
      scratch: scratch!.model,
      tallies,
    })
  return {
    model: modelWith(kernels),
    modelWith,
    kernels,
    write: (given) => writeParameters(memory, versions[0].parameters, placed, dtype, given),
    lossOf(model, first, end) {
      block.parts.unitRows = block.parts.stride = BLOCK_ROWS
      placePart(block, 0, first, end - first, (position) => position)
      tally.fill(0)
      model.load(layout.training!)
      const weighted = examples.sampleWeights !== undefined
      model.forwardWithLoss(versions[0].parameters, [tally], weighted)
      return tally[Tally.loss]!
    },
    backward(model, accumulate) {
      model.backward(versions[0].parameters)
      model.gradient(slots.first, accumulate, ranges)
    },
    readGradient: () => readParameters(memory, slots.first, placed, dtype),
    read: (matrix, columns) => readRows(values, block, matrix, columns),
  }
}

function planFor(
  description: ModelDescription,
  examples: CheckedExamples,
  tallyFields: number,
): ArenaLayout {
  return planArena({
    model: needsOfModel(description),
    kernels: backends.reference,
    dtype: backends.reference.dtype,
    stateElements: 0,
    workers: 1,
    shards: 1,
    slots: 1,
    teamSize: 1,
    batchSize: examples.count,
    training: needsOf(examples),
    validation: undefined,
    tallyFields,
    gradient: false,
    timeline: false,
  })
}

/** Watches the kernels while a block goes forward and back. */
function walk(bench: Bench, parameters: Parameters, first: number, end: number): Walk {
  const { kernels, read } = bench
  const inputs: Float64Array[] = []
  const products: { z: ByteOffset; outputs: number; values: Float64Array }[] = []
  const deltas: Float64Array[] = []
  let targets: Float64Array = new Float64Array()
  const lossesWatched = Object.entries(kernels.losses).map(([name, lossOf]) => [
    name,
    (operands: LossOperands): number => {
      targets = read(operands.targets, operands.columns)
      return lossOf(operands)
    },
  ])
  const model = bench.modelWith({
    ...kernels,
    losses: Object.fromEntries(lossesWatched) as Kernels['losses'],
    matmul(operands) {
      kernels.matmul(operands)
      const { x, z, outputs } = operands
      inputs.push(read(x, operands.inputs))
      products.push({ z, outputs, values: read(z, outputs) })
    },
    // The one operation of backward that has each layer's dZ whole.
    matmulTransposedA(operands, firstRow, endRow) {
      deltas.push(read(operands.dZ, operands.outputs))
      kernels.matmulTransposedA(operands, firstRow, endRow)
    },
  })
  bench.write(parameters)
  const loss = bench.lossOf(model, first, end)
  const activations = products.map(({ z, outputs }) => read(z, outputs))
  bench.backward(model, false)
  return {
    inputs: inputs[0]!,
    targets,
    layers: products.map(({ outputs, values }, l) => ({
      preActivations: values.map((z, i) => z + (parameters.biases[l]![i % outputs] ?? 0)),
      activations: activations[l]!,
      deltas: deltas[l]!,
    })),
    loss,
    gradient: bench.readGradient(),
  }
}

function readRows(
  values: Float64Array,
  { parts }: Block,
  matrix: ByteOffset,
  columns: number,
): Float64Array {
  const rows = extentOf(parts)
  const packed = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const at = index64(matrix) + row * paddedWidth(columns)
    packed.set(values.subarray(at, at + columns), row * columns)
  }
  return packed
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0)
}
