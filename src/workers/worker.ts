// What one worker has at hand during a run, and what all kinds of runs share.

import type { ScratchLayout } from '../shared/arena/arena.js'
import type { Barrier } from '../shared/arena/barrier.js'
import { currentVersion } from '../shared/arena/control.js'
import { type ByteOffset, index64 } from '../shared/arena/offsets.js'
import type { Piece, Stretch } from '../shared/arena/pieces.js'
import type { Permutation } from '../shared/batches/shuffle.js'
import { Phase, type Timeline } from '../shared/figures/timeline.js'
import type { Kernels, SlotOperands, UpdateOperands } from '../shared/kernels/kernels.js'
import type { Block } from '../shared/model/block.js'
import type { Model } from '../shared/model/model.js'
import type { UpdateFactors } from '../shared/optimizers/optimizers.js'
import type { Run } from '../shared/protocol.js'
import type { Exchange } from './exchange/exchange.js'

/** How workers meet and share out work. */
export interface Synchronization {
  meet: Barrier
  claim: () => number
}

/** A worker's views of an arena, and its kernels over it. */
export interface ArenaAccess {
  words: Int32Array
  doubles: Float64Array
  bytes: Uint8Array
  kernels: Kernels
}

/** The objects are made once a run and used by every step, which so leaves nothing to collect. */
export interface GradientWorker extends Synchronization, ArenaAccess {
  run: Run
  index: number
  model: Model
  /** The rows on their way through the model. */
  block: Block
  /** Of each unit of the block, sums over its examples. */
  tallies: Float64Array[]
  scratch: ScratchLayout
  /** Bytes of a number of the backend's type. */
  elementBytes: number
  /** The arena, as such numbers. */
  values: Float32Array | Float64Array
  /** The parameters that this worker sums, updates and prepares. */
  pieces: Piece[]
  /** The same, as they are updated: at once, or stretch by stretch as their gradient is there. */
  updated: Stretch[]
  /** What this worker computes of a slot's gradient: all, or its share of its team's. */
  share: Stretch
  slotSum: SlotOperands
  update: UpdateOperands
  factors: UpdateFactors
  /** The row of the examples at each position of the epoch under way. */
  row: Permutation
  /** Sums over examples, or what comes of them: as a tally. */
  figures: Float64Array
  /** The other machines, if there are any. */
  exchange: Exchange | undefined
  timeline: Timeline
}

/** No serial work at a meeting. */
export const nothing = (): void => undefined

/** Rows as they come. */
export const inOrder: Permutation = (position) => position

/** Where the parameters of the last committed step begin. */
export function currentParameters({ run, words }: GradientWorker): ByteOffset {
  return run.layout.versions[currentVersion(words)].parameters
}

/**
 * Readies my pieces of the current weights, and waits until every worker has: the first thing in a
 * run, since any other may have gone before.
 */
export function prepareMyWeights(worker: GradientWorker): void {
  const { meet, model, pieces, run, timeline } = worker
  const backward = run.kind === 'train' || run.kind === 'gradient'
  const parameters = currentParameters(worker)
  for (const { rows } of pieces) if (rows) model.prepare(parameters, rows, backward)
  timeline.mark(Phase.prepare)
  meet(nothing)
}

/** A field of a version's header. */
export function headerField(
  { doubles, run }: GradientWorker,
  version: number,
  field: number,
): number {
  return doubles[index64(run.layout.versions[version]!.header) + field]!
}
