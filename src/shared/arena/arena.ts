// The arena: where everything lies in the one shared memory of a trainer. Offsets are in bytes from
// its start.
//
//   control words | version 0 | version 1 | records | gradient | slots | model's shared memory |
//   scratch of each worker | examples, and their outputs
//
// A version is a header, the parameters and the optimizer state. There are two: a step reads the
// current one and writes the other, which then becomes current. Control words and versions depend
// on the model, the optimizer and the backend alone, so they stay where they are when a later job
// plans the rest anew.

import { paddedRows, paddedWidth } from '../batches/padding.js'
import { MOST_PARTS } from './parts.js'
import {
  BLOCK_ROWS,
  blockCount,
  partsOfBlock,
  sliceRowsOf,
  unitRowsOf,
  unitsPerClaim,
  unitsPerShard,
} from '../batches/shards.js'
import { ArenaError } from '../errors.js'
import { timelineBytes } from '../figures/timeline.js'
import type { Claims, KernelMemory, ModelLayout, ModelNeeds } from './claims.js'
import { CONTROL_BYTES } from './control.js'
import { type DType, type ElementType, bytesPerElement } from './element-types.js'
import type { ByteOffset } from './offsets.js'
import { type ParameterLayout, parameterLayout } from './parameter-layout.js'
import { CHUNK, STRETCH, piecesOf, shareOf, stretchOf, stretchesOf } from './pieces.js'

/** What an arena must hold. */
export interface ArenaNeeds {
  model: ModelNeeds
  kernels: KernelMemory
  dtype: DType
  /** Optimizer state, in elements a parameter. */
  stateElements: number
  workers: number
  shards: number
  /** Slots of a step's gradients, a power of two up to `shards`. */
  slots: number
  /** Workers that share a slot. */
  teamSize: number
  /** Examples of the largest batch; 0 if nothing is trained. */
  batchSize: number
  /**
   * Batches of a step.
   * @default 1
   */
  batches?: number
  training: ExamplesNeeds | undefined
  validation: ExamplesNeeds | undefined
  /** Sums that a tally has. */
  tallyFields: number
  /** Whether the gradient of a step must be whole before the update. */
  gradient: boolean
  /** Whether the workers record what they do when. */
  timeline: boolean
}

export interface ExamplesNeeds {
  count: number
  inputs: ElementType
  targets: ElementType | undefined
  weighted: boolean
  /** Whether the outputs of each are kept. */
  keepsOutputs: boolean
}

export interface ArenaLayout {
  dtype: DType
  parameters: ParameterLayout
  versions: [VersionLayout, VersionLayout]
  records: RecordsLayout
  /** The gradient of a step, where it has to be whole before the update. */
  gradient: ByteOffset | undefined
  slots: SlotsLayout
  /** What the model keeps for all workers. */
  model: ModelLayout
  scratch: ScratchLayout[]
  training: ExamplesLayout | undefined
  validation: ExamplesLayout | undefined
  bytes: number
}

export interface VersionLayout {
  header: ByteOffset
  parameters: ByteOffset
  state: ByteOffset
}

/** Doubles of a version's header. */
export const Header = {
  /** Steps committed since epoch 0 of `fit`. */
  steps: 0,
  /** Cost of the last step, or not a number if there was none. */
  cost: 1,
  /** Updates since the optimizer's state was all zero. */
  updates: 2,
} as const

/** Figures that workers leave for each other and for the coordinator. */
export interface RecordsLayout {
  /**
   * Three doubles: when the run's workers were all there, when its last step ended (milliseconds
   * since 1970), and the last finite cost of a run that diverged.
   */
  clock: ByteOffset
  /** Sums over the examples of the epoch so far, a tally for each version. */
  sums: [ByteOffset, ByteOffset]
  /** Sums over the examples of the step under way. */
  stepSums: ByteOffset
  /**
   * Figures of each epoch of a run: time, then of training and of validation a tally each, with
   * means in place of the summed loss and penalty.
   */
  epochs: ByteOffset
  /** Epochs whose figures fit before a run of the workers must end. */
  epochCount: number
  /** The tally of each unit, or block. */
  tallies: ByteOffset
  /** Of each regularized piece, the sum of its squares, for the regularization term. */
  squares: ByteOffset
  regularizedPieces: number
  /** Of each piece of the gradient, the sum of its squares, for the norm. */
  gradientSquares: ByteOffset
  pieces: number
}

/** The gradients of a step: each slot holds the sum over a complete subtree of shards. */
export interface SlotsLayout {
  first: ByteOffset
  /** From one to the next. */
  bytes: number
  count: number
  /**
   * Workers that share a slot. One alone takes whole slots. More work together: first they take
   * rows, unit by unit, and then each its part of the gradient. Then matrices belong to all, with
   * the rows of all shards; otherwise they are each worker's own, with the rows of a block.
   */
  teamSize: number
  /**
   * Whether a worker updates what it has of the gradient at once, stretch by stretch; then there
   * are no slots. It can if nobody else has to do with that part, and the gradient need not be
   * whole before.
   */
  fused: boolean
  /** Shards that a block takes side by side, and the rows from one to the next. */
  parts: number
  partStride: number
  /** Rows from one shard to the next in matrices that belong to all workers. */
  shardStride: number
  /** Units of a shard, at most, and the rows of each. */
  units: number
  unitRows: number
  /** Units that a worker claims at a time, where they are shared out. */
  unitsPerClaim: number
  /** Rows of a gradient of weights that are one product. */
  sliceRows: number
}

/** One worker's own memory: a block on its way, and what a step needs beside it. */
export interface ScratchLayout {
  /** The row of its matrices that its blocks begin at when examples are only evaluated. */
  evaluationRow: number
  /** Numbers of the block's examples. */
  rowNumbers: ByteOffset
  /** Rows of each part of a block. */
  partRows: ByteOffset
  model: ModelLayout
  chunk: ByteOffset
  /** The gradient of a stretch, where it is updated at once. */
  stretch: ByteOffset
  /**
   * Gradients of subtrees under way, where a slot holds more than one block's shards: of what the
   * worker has of the parameters, or a stretch of it.
   */
  partials: ByteOffset[]
  /** What the worker did when, if that was asked for. */
  timeline: ByteOffset | undefined
}

export interface ExamplesLayout {
  count: number
  inputs: MatrixLayout
  targets: MatrixLayout | undefined
  /** One number an example. */
  sampleWeights: MatrixLayout | undefined
  /** What the model last made of each, (count, outputs) packed, if that is kept. */
  outputs: ByteOffset | undefined
}

/** Rows of inputs or targets, packed. */
export interface MatrixLayout {
  offset: ByteOffset
  type: ElementType
  columns: number
}

/** Whatever lies in the arena begins at a multiple of this: no two workers write into one line. */
const LINE = 128
const MAXIMUM_BYTES = 65536 * 65536
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

/**
 * Plans an arena.
 *
 * @throws {ArenaError} if it would take more than a WebAssembly memory can hold; it says how many
 * bytes are needed, and for what.
 */
export function planArena(needs: ArenaNeeds): ArenaLayout {
  const ledger = openLedger()
  const parameters = parameterLayout(needs.model.tensors)
  const parameterBytes = parameters.elements * bytesPerElement[needs.dtype]
  ledger.claim('control words', CONTROL_BYTES)
  const version = (): VersionLayout => ({
    header: ledger.claim('parameters', LINE),
    parameters: ledger.claim('parameters', parameterBytes),
    state: ledger.claim('optimizer state', needs.stateElements * parameterBytes),
  })
  const versions: [VersionLayout, VersionLayout] = [version(), version()]
  ledger.close() // before anything is made for every piece of parameters that don't fit
  const records = claimRecords(needs, parameters, ledger)
  const gradient = needs.gradient ? ledger.claim('gradient', parameterBytes) : undefined
  const slots = claimSlots(needs, parameterBytes, ledger)
  const model = needs.model.claimShared(claimsFor('prepared weights', needs, slots, ledger))
  const scratch = claimScratches(needs, parameters, slots, ledger)
  const training = claimExamples(needs, needs.training, ledger)
  const validation = claimExamples(needs, needs.validation, ledger)
  const bytes = ledger.close()
  return {
    dtype: needs.dtype,
    parameters,
    versions,
    records,
    gradient,
    slots,
    model,
    scratch,
    training,
    validation,
    bytes,
  }
}

/** What has been claimed so far, and for what. */
interface Ledger {
  claim: (use: string, bytes: number) => ByteOffset
  /** @throws {ArenaError} if it is more than a memory can hold. */
  close: () => number
}

function openLedger(): Ledger {
  const uses = new Map<string, number>()
  let end = 0
  return {
    claim(use, bytes) {
      const at = end
      const size = Math.ceil(bytes / LINE) * LINE
      end += size
      uses.set(use, (uses.get(use) ?? 0) + size)
      return at as ByteOffset
    },
    close() {
      if (end > MAXIMUM_BYTES) {
        throw new ArenaError(
          end,
          MAXIMUM_BYTES,
          [...uses].map(([what, bytes]) => ({ what, bytes })),
        )
      }
      return end
    },
  }
}

function claimRecords(
  needs: ArenaNeeds,
  parameters: ParameterLayout,
  { claim }: Ledger,
): RecordsLayout {
  const { gradient, tallyFields } = needs
  const bytes = tallyFields * 8
  const fields = epochRecordFields(tallyFields)
  const most = Math.min(EPOCH_RECORDS, Math.floor(EPOCH_RECORD_DOUBLES / fields))
  const epochCount = Math.max(1, most)
  const tallies = Math.max(unitsOfBatch(needs), ...blocksOf(needs))
  const pieces = piecesOf(parameters)
  const regularizedPieces = pieces.filter(({ regularized }) => regularized).length
  return {
    clock: claim('records', 24),
    sums: [claim('records', bytes), claim('records', bytes)],
    stepSums: claim('records', bytes),
    epochs: claim('records', epochCount * fields * 8),
    epochCount,
    tallies: claim('records', tallies * bytes),
    squares: claim('records', regularizedPieces * 8),
    regularizedPieces,
    gradientSquares: claim('records', gradient ? pieces.length * 8 : 0),
    pieces: pieces.length,
  }
}

function claimSlots(needs: ArenaNeeds, parameterBytes: number, { claim }: Ledger): SlotsLayout {
  const { batchSize, gradient, shards, teamSize, workers } = needs
  const count = batchSize > 0 ? needs.slots : 0
  const fused = teamSize > 1 && count === 1 && !gradient
  const bytes = Math.ceil(parameterBytes / LINE) * LINE
  const perSlot = count > 0 ? shards / count : 1
  const { parts, stride } = partsOfBlock(perSlot, Math.ceil(batchSize / shards))
  return {
    first: claim('gradient slots', fused ? 0 : count * bytes),
    bytes,
    count,
    teamSize,
    fused,
    parts,
    partStride: stride,
    shardStride: paddedRows(Math.ceil(batchSize / shards)),
    units: unitsPerShard(batchSize, shards),
    unitRows: unitRowsOf(batchSize, shards),
    unitsPerClaim: unitsPerClaim(batchSize, shards, workers),
    sliceRows: sliceRowsOf(batchSize),
  }
}

/** Rows that a worker takes through the model at a time. */
function blockRowsOf(needs: ArenaNeeds, { parts, partStride }: SlotsLayout): number {
  return Math.max(parts * partStride, evaluationRowsOf(needs))
}

/** Rows of a block of examples that are only evaluated. */
function evaluationRowsOf(needs: ArenaNeeds): number {
  return paddedRows(Math.min(BLOCK_ROWS, evaluatedCount(needs)))
}

function claimScratches(
  needs: ArenaNeeds,
  parameters: ParameterLayout,
  slots: SlotsLayout,
  ledger: Ledger,
): ScratchLayout[] {
  const { shards, timeline, workers } = needs
  const { fused, sliceRows, teamSize } = slots
  const use = 'scratch of the workers'
  const perSlot = slots.count > 0 ? shards / slots.count : 1
  const depth = Math.log2(perSlot / slots.parts)
  // Beside its units a batch has meetings.
  const ofStep = (needs.batches ?? 1) * (unitsOfBatch(needs) + 1)
  const spans = blocksOf(needs).reduce((sum, count) => sum + count, ofStep)
  const claims = claimsFor(use, needs, slots, ledger)
  const ofAll = matricesOfAll(needs, slots, claims)
  return Array.from({ length: workers }, (_, worker) => {
    const share = shareOf(parameters, sliceRows, teamSize, worker % teamSize)
    const stretches = fused
      ? stretchesOf(parameters, sliceRows, share, STRETCH)
      : [stretchOf(parameters, share)]
    const longest = Math.max(0, ...stretches.map(({ elements }) => elements))
    const stretchBytes = longest * bytesPerElement[needs.dtype]
    return {
      evaluationRow: teamSize > 1 ? worker * evaluationRowsOf(needs) : 0,
      rowNumbers: ledger.claim(use, blockRowsOf(needs, slots) * 4),
      partRows: ledger.claim(use, MOST_PARTS * 4),
      model: needs.model.claimScratch(teamSize > 1 ? { ...claims, matrix: ofAll() } : claims),
      chunk: ledger.claim(use, CHUNK * bytesPerElement[needs.dtype]),
      stretch: ledger.claim(use, fused ? stretchBytes : 0),
      partials: Array.from({ length: depth }, () => ledger.claim(use, stretchBytes)),
      timeline: timeline
        ? ledger.claim(use, timelineBytes(spans + 2 * stretches.length))
        : undefined,
    }
  })
}

/** For each worker a way to claim matrices, which come out as the same for all. */
function matricesOfAll(
  needs: ArenaNeeds,
  { shardStride }: SlotsLayout,
  { elements }: Claims,
): () => Claims['matrix'] {
  const rows = Math.max(needs.shards * shardStride, needs.workers * evaluationRowsOf(needs))
  const matrices: ByteOffset[] = []
  return () => {
    let next = 0
    return (columns) => (matrices[next++] ??= elements(rows * paddedWidth(columns)))
  }
}

function claimsFor(use: string, needs: ArenaNeeds, slots: SlotsLayout, { claim }: Ledger): Claims {
  const { dtype, kernels, training, validation } = needs
  const { parts, partStride, sliceRows } = slots
  const elements = (count: number): ByteOffset => claim(use, count * bytesPerElement[dtype])
  const rows = blockRowsOf(needs, slots)
  const matrix = (columns: number): ByteOffset => elements(rows * paddedWidth(columns))
  const weighted = [training, validation].some((examples) => examples?.weighted)
  return { elements, matrix, parts, partStride, sliceRows, weighted, kernels }
}

function claimExamples(
  { dtype, model }: ArenaNeeds,
  examples: ExamplesNeeds | undefined,
  { claim }: Ledger,
): ExamplesLayout | undefined {
  if (!examples) return undefined
  const { count, inputs, keepsOutputs, targets, weighted } = examples
  const matrix = (type: ElementType, columns: number): MatrixLayout => ({
    offset: claim('examples', count * columns * bytesPerElement[type]),
    type,
    columns,
  })
  return {
    count,
    inputs: matrix(inputs, model.inputs),
    targets: targets && matrix(targets, targets === 'labels' ? 1 : model.outputs),
    sampleWeights: weighted ? matrix(dtype, 1) : undefined,
    outputs: keepsOutputs
      ? claim('outputs', count * model.outputs * bytesPerElement[dtype])
      : undefined,
  }
}

/** Units of a batch. */
function unitsOfBatch({ batchSize, shards }: ArenaNeeds): number {
  return shards * unitsPerShard(batchSize, shards)
}

/** Blocks of the examples to train on, and of those to validate with. */
function blocksOf({ training, validation }: ArenaNeeds): number[] {
  return [blockCount(training?.count ?? 0), blockCount(validation?.count ?? 0)]
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
