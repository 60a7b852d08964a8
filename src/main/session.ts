// A trainer's training from call to call: what goes into its file, and what comes from one.

import { FileError, InputError } from '../shared/errors.js'
import type { Examples } from './data/arrays.js'
import type { ModelDocument, TrainerDocument } from './files/document.js'
import { type ModelFile, decodeModelFile } from './files/model-file.js'
import { digestInSlices } from './files/sha256.js'
import { checkTrainerDocument } from './files/trainer-document-schema.js'
import {
  type TrainerImage,
  decisive,
  encodeTrainer,
  optionsFrom,
  stateFrom,
} from './files/trainer-file.js'
import { checkTrainerOptions } from './options/trainer-options.js'
import { checkTrainingFields } from './options/training-options.js'
import type { Platform } from './runtime/platform.js'
import type { Runner } from './runtime/runner.js'
import { type Checkpoints, createCheckpoints } from './training/checkpoints.js'
import type { CheckpointOptions, FitOptions } from './training/fit-options.js'
import { epochsDone, sameData, written } from './training/go-on.js'
import type { TrainingPosition, TrainingStart } from './training/position.js'
import { type Training, type TrainingSettings, prepareTraining } from './training/training.js'

/** A trainer's runner, and where its training stands. */
export interface Session {
  readonly runner: Runner
  /** Prepares a call to train, which may go on with a training from a file. */
  prepare: (where: 'fit' | 'epochs', examples: Examples, options: FitOptions) => Promise<Training>
  /** Takes a training on; from here on it is the one that is saved. */
  advance: (training: Training) => ReturnType<Training['advance']>
  /** Ends a training. */
  end: (training: Training) => void
  /** Has checkpoints of a training written. */
  startCheckpoints: (training: Training, options: CheckpointOptions) => Checkpoints
  /** Writes the trainer to a file, as it is between two steps. */
  save: (file: string) => Promise<void>
  /** The trainer has other parameters now: no training that is over goes on with them. */
  forget: () => void
  close: () => Promise<void>
}

/** A trainer copied between two steps. */
interface Copy extends Omit<TrainerImage, 'position'> {
  /** Where its training stands, if that is known. */
  position: (() => Promise<TrainingPosition>) | undefined
}

/** @param loaded Where the training of the file stands that the trainer was made from. */
export function createSession(runner: Runner, loaded?: TrainingStart): Session {
  const { platform, state } = runner
  let latest: Training | undefined
  let underWay: Training | undefined // its call has not ended yet
  const saves = new Set<Promise<void>>()

  const copy = (into?: Uint8Array): Copy => {
    const version = state.snapshot(into)
    const standing = latest?.standing
    if (standing) {
      const { best, position } = standing
      const { identify } = latest!
      return { version, best, position: async () => ({ ...position, ...(await identify()) }) }
    }
    const position = loaded?.position
    return {
      version,
      best: loaded?.best,
      position: position && (async () => Promise.resolve(position)),
    }
  }
  const write = async (copied: Copy, file: string, keep?: string): Promise<void> => {
    const position = await copied.position?.()
    await platform.replaceFile(file, encodeTrainer(runner, { ...copied, position }), keep)
  }

  return {
    runner,

    prepare: async (where, examples, options) =>
      // Who saves meanwhile waits for a training to save.
      runner.during(async () => {
        const { checkpoint, initialEpoch, resume } = checkTrainingFields(where, options)
        const tryCheckpoint = async (): Promise<void> =>
          checkpoint && platform.requireWritable(checkpoint.file)
        const prepareFrom = async (start: TrainingStart | undefined): Promise<Training> =>
          prepareTraining(runner, where, examples, options, {
            start,
            ...(checkpoint && settingsFor(checkpoint)),
          })
        let training: Training
        if (resume === undefined) {
          // No file is waited for: the call's first part is done at once.
          const given = options.initialEpoch === undefined ? undefined : initialEpoch
          training = await prepareFrom(startAfterLoad(loaded, given))
          await tryCheckpoint()
        } else {
          await tryCheckpoint() // before the file's parameters take the place of the trainer's
          training = await prepareFrom(await startFrom(runner, where, resume))
        }
        latest = underWay = training
        loaded = undefined
        return training
      }),

    advance: async (training) =>
      runner.during(async () => {
        latest = training
        return training.advance()
      }),

    end(training) {
      latest = training
      if (underWay === training) underWay = undefined
      training.end()
    },

    startCheckpoints(training, options) {
      // New memory takes longer to get than a copy to make: what has been written is used again.
      let spare: Uint8Array | undefined
      const begun = training.standing?.position.step
      return createCheckpoints<Copy>(options, training, {
        copy() {
          // Nothing that was not trained takes the place of something that was.
          const { standing } = training
          if (!standing || standing.position.step === begun) return undefined
          const copied = copy(spare)
          spare = undefined
          return copied
        },
        async write(copied, file, keep) {
          await write(copied, file, keep)
          spare = copied.version
        },
        warn: platform.warn,
      })
    },

    async save(file) {
      const saving = runner.atRest(() => copy()).then(async (copied) => write(copied, file))
      saves.add(saving)
      await saving.finally(() => saves.delete(saving))
    },

    forget() {
      // Between two epochs training goes on with the new parameters.
      if (latest !== underWay) latest = undefined
      loaded = undefined
    },

    async close() {
      const closing = runner.close()
      await Promise.allSettled([closing, ...saves])
      await closing
    },
  }
}

/** The training of the file, unless a call begins a new one. */
function startAfterLoad(
  loaded: TrainingStart | undefined,
  initialEpoch: number | undefined,
): TrainingStart | undefined {
  if (!loaded || initialEpoch === undefined) return loaded
  return initialEpoch === epochsDone(loaded.position) ? loaded : undefined
}

/** What `resume` goes on with. */
async function startFrom(runner: Runner, where: string, path: string): Promise<TrainingStart> {
  const stored = await readTrainerFile(runner.platform, path)
  requireUnderWay(`${where}: resume`, stored)
  requireSameDescription(`${where}: resume`, runner, stored)
  const { start, version } = stateFrom(stored.file, stored.trainer, runner)
  return { ...start!, version }
}

/**
 * Requires a training that can go on.
 *
 * @param where What asked for it, as an error names it.
 * @param stored The file.
 * @returns Where training stands.
 * @throws {InputError} if the file holds none, or it has ended.
 */
export function requireUnderWay(
  where: string,
  { file: { file }, trainer: { training } }: TrainerFile,
): TrainingPosition {
  if (training && !training.ended) return training
  throw new InputError(
    where,
    'a file of a training that can go on',
    training
      ? `${file}, whose training has ended with its best epoch; loadTrainer begins a new one with it`
      : `${file}, which holds no training`,
  )
}

/** @throws {InputError} naming what decides bits and is another than the file's. */
function requireSameDescription(
  where: string,
  { info, recipe }: Runner,
  { document, file, trainer }: TrainerFile,
): void {
  const before = checkTrainerOptions(optionsFrom(document, trainer, {}))
  const differs = decisive.find((name) => !sameData(recipe[name], before[name]))
  const differ = (name: string, expected: unknown, got: unknown): InputError =>
    new InputError(
      where,
      `a trainer whose ${name} is that of ${file.file}, ${written(expected)}`,
      written(got),
    )
  if (differs) throw differ(differs, before[differs], recipe[differs])
  if (info.backend !== trainer.backend) throw differ('backend', trainer.backend, info.backend)
}

/** What checkpoints ask of a call to train. */
function settingsFor({
  everyEpochs,
  everySeconds,
  keepBest,
}: Omit<CheckpointOptions, 'onError'>): TrainingSettings {
  return {
    sliceMs: everySeconds === undefined ? undefined : everySeconds * 1000,
    everyEpochs: keepBest ? 1 : everyEpochs,
  }
}

/** A trainer's file, read and checked. */
export interface TrainerFile {
  file: ModelFile
  document: ModelDocument
  trainer: TrainerDocument
}

/** @throws {FileError} if it can't be read, is damaged, or holds no trainer. */
export async function readTrainerFile(platform: Platform, path: string): Promise<TrainerFile> {
  const bytes = await platform.readFile(path)
  const file = await decodeModelFile(path, bytes, digestInSlices(platform))
  const { document } = file
  if (!document?.trainer)
    throw new FileError(path, 'it holds a model alone, not how it is trained; loadModel reads it')
  return { file, document, trainer: checkTrainerDocument(path, document) }
}
