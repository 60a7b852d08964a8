// What one worker has at hand during a run, and what every kind of run does with it.

import type { Barrier } from '../shared/arena/barrier.js'
import { currentVersion } from '../shared/arena/control.js'
import type { Kernels, SlotOperands, UpdateOperands } from '../shared/kernels/kernels.js'
import type { UpdateFactors } from '../shared/optimizers/optimizers.js'
import { type Pass, prepareWeights } from '../shared/model/pass.js'
import type { Piece } from '../shared/arena/pieces.js'
import type { Run } from '../shared/protocol.js'
import type { Permutation } from '../shared/batches/shuffle.js'
import { Phase, type Timeline } from '../shared/figures/timeline.js'

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
  pass: Pass
  /** The parameters that this worker sums, updates and prepares. */
  pieces: Piece[]
  /** The row of the examples at each position of the epoch under way. */
  row: Permutation
  /** Sums over examples, or what comes of them: as a tally. */
  figures: Float64Array
  factors: UpdateFactors
  slots: SlotOperands
  update: UpdateOperands
  timeline: Timeline
}

/** No serial work at a meeting. */
export const nothing = (): void => undefined

/** Rows as they come. */
export const inOrder: Permutation = (position) => position

/** Byte offset of the parameters of the last committed step. */
export function currentParameters({ run, words }: GradientWorker): number {
  return run.layout.versions[currentVersion(words)].parameters
}

/**
 * Readies my pieces of the current weights, and waits until every worker has: the first thing in a
 * run, since any other may have gone before.
 */
export function prepareMyWeights(worker: GradientWorker): void {
  const backward = worker.run.kind === 'train' || worker.run.kind === 'gradient'
  const parameters = currentParameters(worker)
  for (const piece of worker.pieces)
    if (piece.kind === 'weights') prepareWeights(worker.pass, parameters, piece, backward)
  worker.timeline.mark(Phase.prepare)
  worker.meet(nothing)
}

/**
 * Makes the examples at positions first .. first + rows - 1 the next block's part number `part`.
 */
export function placePart(
  { pass: { parts, scratch }, words }: GradientWorker,
  row: Permutation,
  part: number,
  first: number,
  rows: number,
): void {
  const at = scratch.rowNumbers / 4 + part * parts.stride
  for (let i = 0; i < rows; i++) words[at + i] = row(first + i)
  parts.rows[part] = rows
}

/** A field of a version's header. */
export function headerField(
  { doubles, run }: GradientWorker,
  version: number,
  field: number,
): number {
  return doubles[run.layout.versions[version]!.header / 8 + field]!
}
