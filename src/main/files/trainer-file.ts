// A trainer as a file: what it is made from, its parameters, its optimizer's state, and where its
// training stands.

import { backends } from '../../shared/backends.js'
import { stateNames } from '../../shared/optimizers/optimizers.js'
import { VERSION } from '../../shared/version.js'
import type { TrainerOptions, TrainerRecipe } from '../options/trainer-options.js'
import type { FilePiece } from '../runtime/platform.js'
import type { Runner } from '../runtime/runner.js'
import type { TrainingPosition, TrainingStart } from '../training/position.js'
import { FORMAT, type ModelDocument, type TrainerDocument } from './document.js'
import { type ModelFile, encodeModelFile } from './model-file.js'
import { headerOf, tensorsOfVersion, versionFrom } from './version-tensors.js'

/** All that a trainer's file holds, copied between two steps. */
export interface TrainerImage {
  /** The parameters and the optimizer's state. */
  version: Uint8Array
  /** Where training stands. */
  position: TrainingPosition | undefined
  /** What early stopping keeps. */
  best: Uint8Array | undefined
}

/** @returns The pieces of the file. */
export function encodeTrainer(runner: Runner, image: TrainerImage): Iterable<FilePiece> {
  const { platform, recipe, state } = runner
  const names = stateNames(recipe.optimizer)
  const { version, best } = image
  return encodeModelFile(
    {
      document: documentOf(runner, image),
      metadata: recipe.metadata ?? {},
      tensors: [
        ...tensorsOfVersion(version, state.layout, names),
        ...(best ? tensorsOfVersion(best, state.layout, names, 'best.') : []),
      ],
    },
    platform.createHash,
  )
}

/** What a trainer's file says of it. */
function documentOf(
  { info, recipe }: Pick<Runner, 'info' | 'recipe'>,
  { version, position, best }: TrainerImage,
): ModelDocument {
  const { network, classes, loss, optimizer, l2, clipNorm, seed, shards } = recipe
  return {
    format: FORMAT,
    writtenBy: `shardgrad ${VERSION}`,
    network,
    classes,
    trainer: {
      loss,
      optimizer,
      l2,
      clipNorm,
      seed,
      shards,
      backend: info.backend,
      kernels: info.kernels,
      updates: headerOf(version).updates,
      bestUpdates: best && headerOf(best).updates,
      training: position,
    },
  }
}

/** The options of a trainer that goes on where a file's stood, but for its workers. */
export function optionsFrom(
  { network, classes }: ModelDocument,
  { loss, optimizer, l2, clipNorm, seed, shards, backend }: TrainerDocument,
  metadata: Record<string, string>,
): TrainerOptions {
  return {
    network,
    loss,
    optimizer,
    l2,
    clipNorm,
    seed,
    shards,
    backend,
    classes,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  }
}

/** What a trainer takes over from a file. */
export interface TrainerState {
  version: Uint8Array
  /** Where training stands, if it can go on. */
  start: TrainingStart | undefined
}

/** @throws {FileError} if a tensor is missing, or not what it should be. */
export function stateFrom(
  file: ModelFile,
  { backend, updates, bestUpdates = 0, training }: TrainerDocument,
  { recipe, state: { layout } }: Pick<Runner, 'recipe' | 'state'>,
): TrainerState {
  const names = stateNames(recipe.optimizer)
  const steps = training?.step ?? 0
  const version = versionFrom(file, layout, names, { steps, updates })
  if (!training || training.ended) return { version, start: undefined }
  const best =
    training.stopping?.epoch === undefined
      ? undefined
      : versionFrom(file, layout, names, { steps, updates: bestUpdates }, 'best.')
  return { version, start: { position: training, best, dtype: backends[backend].dtype } }
}

/** The fields of a description that decide what is computed. */
export const decisive = [
  'network',
  'loss',
  'optimizer',
  'l2',
  'clipNorm',
  'seed',
  'shards',
] as const satisfies readonly (keyof TrainerRecipe)[]
