// The arena: where everything lies in the one shared memory of a trainer. Offsets are in bytes from
// its start.
//
// control words | version 0 | version 1 | clock | records | slots | prepared weights | scratch of
// each worker | examples
//
// A version is what a step replaces: a header, the parameters, the optimizer state. Everything
// before the clock depends on the network and the backend alone, so it stays where it is when a
// later job plans the rest anew.

import { keepsSlopes } from '../network/activations.js'
import { CONTROL_BYTES } from './control.js'
import { ArenaError } from '../errors.js'
import { MOST_PARTS } from '../batches/parts.js'
import { type Network, widthsOf } from '../network/network.js'
import { paddedRows, paddedWidth } from '../batches/padding.js'
import { type DType, type ElementType, bytesPerElement } from './element-types.js'
import { type ParameterLayout, parameterLayout } from './parameter-layout.js'
import { CHUNK, piecesOf } from './pieces.js'
import { BLOCK_ROWS, blockCount, partsOfBlock, slotCount } from '../batches/shards.js'
import { timelineBytes } from '../figures/timeline.js'

/** Rows of inputs or targets, packed. */
export interface MatrixLayout {
  offset: number
  type: ElementType
  columns: number
}

export interface ExamplesLayout {
  count: number
  inputs: MatrixLayout
  targets: MatrixLayout | undefined
  /** One number an example. */
  sampleWeights: MatrixLayout | undefined
}

/**
 * One worker's own memory: a block on its way through the network, and what a step needs beside it.
 */
export interface ScratchLayout {
  rowNumbers: number
  /** Rows of each shard of a block. */
  partRows: number
  /** a_0 .. a_L */
  activations: number[]
  /** Of each layer, where its activation keeps slopes: those. */
  slopes: (number | undefined)[]
  /** Of each layer with dropout: its outputs after that. */
  dropped: (number | undefined)[]
  /** Deltas of layer l are at [l % 2]. */
  deltas: [number, number]
  targets: number
  /** The examples' weights, a padded row each. */
  rowWeights: number
  product: number
  chunk: number
  /** Gradients of subtrees under way, where a slot holds more than one shard. */
  partials: number[]
  /** What the worker did when, if that was asked for. */
  timeline: number | undefined
}

export interface ArenaLayout {
  dtype: DType
  parameters: ParameterLayout
  versions: [VersionLayout, VersionLayout]
  /**
   * Three doubles: when the run's workers were all there, when its last step ended (milliseconds
   * since 1970), and the last finite cost of a run that diverged.
   */
  clock: number
  /**
   * Sums over the examples of the epoch so far, a tally for each version; in place of the loss,
   * cost * weight.
   */
  sums: [number, number]
  /** Sums over the examples of the step under way. */
  stepSums: number
  /**
   * Figures of each epoch of a run: time, then of training and of validation a tally each, with the
   * cost in place of the loss.
   */
  epochRecords: number
  /** Epochs whose figures fit before a run of the workers must end. */
  epochRecordCount: number
  /** The tally of each shard, or block. */
  tallyRecords: number
  /**
   * The squares of each piece of the weights, for the regularization term, and of the gradient, for
   * its norm.
   */
  squareRecords: number
  gradientSquareRecords: number
  pieces: number
  weightPieces: number
  /** The gradient of a step, where it has to be whole before the update. */
  gradient: number | undefined
  slots: number
  slotBytes: number
  slotCount: number
  /** Shards that a block takes side by side, and the rows from one to the next. */
  parts: number
  partStride: number
  /** The layers' current weights as the matrix products want them, for all workers. */
  prepared: number[]
  scratch: ScratchLayout[]
  training: ExamplesLayout | undefined
  validation: ExamplesLayout | undefined
  /** Outputs of a prediction, (count, outputs) packed. */
  outputs: number
  bytes: number
}

/** Doubles of a version's header. */
export const Header = {
  /** Steps committed since epoch 0 of `fit`. */
  steps: 0,
  /** Cost of the last step; next to `steps`. Not a number if there was none. */
  cost: 1,
  /** Updates since the optimizer's state was all zero. */
  updates: 2,
} as const

export interface VersionLayout {
  header: number
  parameters: number
  state: number
}

/** What an arena must hold. */
export interface ArenaNeeds {
  network: Network
  dtype: DType
  /** Optimizer state, in elements a parameter. */
  stateElements: number
  workers: number
  shards: number
  /** Examples of the largest batch; 0 if nothing is trained. */
  batchSize: number
  training: ExamplesNeeds | undefined
  validation: ExamplesNeeds | undefined
  /** Sums that a tally has. */
  tallyFields: number
  /** Whether the gradient of a step must be whole before the update. */
  gradient: boolean
  /** Whether the outputs are kept. */
  predicts: boolean
  /** Elements that preparing one layer's weights takes; the backend's. */
  preparedElements: (inputs: number, outputs: number) => number
  /**
   * Elements that the gradient of one layer takes beside its result, for so many shards side by
   * side of up to so many rows; the backend's.
   */
  productElements: (parts: number, rows: number, inputs: number, outputs: number) => number
  /** Whether the workers record what they do when. */
  timeline: boolean
}

export interface ExamplesNeeds {
  count: number
  inputs: ElementType
  targets: ElementType | undefined
  weighted: boolean
}

/**
 * Epochs whose figures are kept before a run of the workers must end, and the doubles that they may
 * take.
 */
const EPOCH_RECORDS = 1024
const EPOCH_RECORD_DOUBLES = 65_536

/** Doubles of an epoch record. */
export function epochRecordFields(tallyFields: number): number {
  return 1 + 2 * tallyFields
}

const LINE = 128
const HEADER_BYTES = LINE
const MAXIMUM_BYTES = 65536 * 65536

/**
 * Plans an arena.
 *
 * @throws {ArenaError} if it would take more than a WebAssembly memory can hold; it says how many
 * bytes are needed, and for what.
 */
export function planArena(needs: ArenaNeeds): ArenaLayout {
  const elementBytes = bytesPerElement[needs.dtype]
  const widths = widthsOf(needs.network)
  const parameters = parameterLayout(needs.network)
  const parameterBytes = parameters.elements * elementBytes
  const uses: { what: string; bytes: number }[] = []
  let end = 0
  const claim = (what: string, bytes: number): number => {
    const at = end
    const size = Math.ceil(bytes / LINE) * LINE
    end += size
    const use = uses.find((other) => other.what === what)
    if (use) use.bytes += size
    else uses.push({ what, bytes: size })
    return at
  }

  claim('control words', CONTROL_BYTES)
  const version = (): VersionLayout => ({
    header: claim('parameters', HEADER_BYTES),
    parameters: claim('parameters', parameterBytes),
    state: claim('optimizer state', needs.stateElements * parameterBytes),
  })
  const versions: [VersionLayout, VersionLayout] = [version(), version()]

  const clock = claim('records', 24)
  const tallyBytes = needs.tallyFields * 8
  const sums: [number, number] = [claim('records', tallyBytes), claim('records', tallyBytes)]
  const stepSums = claim('records', tallyBytes)
  const recordFields = epochRecordFields(needs.tallyFields)
  const epochRecordCount = Math.max(
    1,
    Math.min(EPOCH_RECORDS, Math.floor(EPOCH_RECORD_DOUBLES / recordFields)),
  )
  const epochRecords = claim('records', epochRecordCount * recordFields * 8)
  const claims = Math.max(
    needs.shards,
    blockCount(needs.training?.count ?? 0),
    blockCount(needs.validation?.count ?? 0),
  )
  const tallyRecords = claim('records', claims * tallyBytes)
  const pieces = piecesOf(parameters)
  const weightPieces = pieces.filter(({ kind }) => kind === 'weights').length
  const squareRecords = claim('records', weightPieces * 8)
  const gradientSquareRecords = claim('records', needs.gradient ? pieces.length * 8 : 0)
  const gradient = needs.gradient ? claim('gradient', parameterBytes) : undefined

  const slots = needs.batchSize > 0 ? slotCount(needs.shards, needs.workers) : 0
  const slotBytes = Math.ceil(parameterBytes / LINE) * LINE
  const slotsAt = claim('gradient slots', slots * slotBytes)
  const perSlot = slots > 0 ? needs.shards / slots : 1
  const { parts: blockParts, stride } = partsOfBlock(
    perSlot,
    Math.ceil(needs.batchSize / needs.shards),
  )
  const depth = Math.log2(perSlot / blockParts)
  const prepared = parameters.layers.map((layer) =>
    claim('prepared weights', needs.preparedElements(layer.inputs, layer.outputs) * elementBytes),
  )

  const rows = Math.max(
    blockParts * stride,
    paddedRows(Math.min(BLOCK_ROWS, evaluatedCount(needs))),
  )
  const productElements = Math.max(
    ...parameters.layers.map((layer) =>
      needs.productElements(blockParts, stride, layer.inputs, layer.outputs),
    ),
  )
  const blocks =
    needs.shards + blockCount(needs.training?.count ?? 0) + blockCount(needs.validation?.count ?? 0)
  const rowBytes = (width: number): number => rows * paddedWidth(width) * elementBytes
  const scratch = Array.from({ length: needs.workers }, (): ScratchLayout => {
    const area = (bytes: number): number => claim('scratch of the workers', bytes)
    return {
      rowNumbers: area(rows * 4),
      partRows: area(MOST_PARTS * 4),
      activations: widths.map((width) => area(rowBytes(width))),
      slopes: needs.network.layers.map(({ activation, units }) =>
        keepsSlopes(activation) ? area(rowBytes(units)) : undefined,
      ),
      dropped: needs.network.layers.map(({ dropout = 0, units }) =>
        dropout > 0 ? area(rowBytes(units)) : undefined,
      ),
      deltas: [area(rowBytes(Math.max(...widths))), area(rowBytes(Math.max(...widths)))],
      targets: area(rowBytes(widths.at(-1)!)),
      rowWeights: area(needs.training?.weighted || needs.validation?.weighted ? rowBytes(1) : 0),
      product: area(productElements * elementBytes),
      chunk: area(CHUNK * elementBytes),
      partials: Array.from({ length: depth }, () => area(slotBytes)),
      timeline: needs.timeline ? area(timelineBytes(blocks)) : undefined,
    }
  })

  const examples = (part: ArenaNeeds['training']): ExamplesLayout | undefined =>
    part && {
      count: part.count,
      inputs: matrix(part.count, part.inputs, widths[0]!),
      targets:
        part.targets &&
        matrix(part.count, part.targets, part.targets === 'labels' ? 1 : widths.at(-1)!),
      sampleWeights: part.weighted ? matrix(part.count, needs.dtype, 1) : undefined,
    }
  const matrix = (count: number, type: ElementType, columns: number): MatrixLayout => ({
    offset: claim('examples', count * columns * bytesPerElement[type]),
    type,
    columns,
  })
  const training = examples(needs.training)
  const validation = examples(needs.validation)
  const outputs = claim(
    'outputs',
    needs.predicts ? (needs.training?.count ?? 0) * widths.at(-1)! * elementBytes : 0,
  )

  if (end > MAXIMUM_BYTES) throw new ArenaError(end, MAXIMUM_BYTES, uses)
  return {
    dtype: needs.dtype,
    parameters,
    versions,
    clock,
    sums,
    stepSums,
    epochRecords,
    epochRecordCount,
    tallyRecords,
    squareRecords,
    gradientSquareRecords,
    pieces: pieces.length,
    weightPieces,
    gradient,
    slots: slotsAt,
    slotBytes,
    slotCount: slots,
    parts: blockParts,
    partStride: stride,
    prepared,
    scratch,
    training,
    validation,
    outputs,
    bytes: end,
  }
}

/** Examples that the job takes forward only. */
function evaluatedCount({ batchSize, training, validation }: ArenaNeeds): number {
  return (batchSize > 0 ? validation?.count : training?.count) ?? 0
}

/**
 * A shared memory of at least `bytes`.
 * @throws {ArenaError} if the system doesn't give it.
 */
export function createArena(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / 65536)
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw new ArenaError(bytes, undefined, [], { cause })
  }
}
