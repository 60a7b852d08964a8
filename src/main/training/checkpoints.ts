// Checkpoints: copies of a trainer between two steps, written while training goes on.

import { FileError } from '../../shared/errors.js'
import type { CheckpointOptions } from './fit-options.js'
import type { EpochReport, History } from './history.js'
import { watchBest } from './monitor.js'

const EVERY_SECONDS = 30

export interface Checkpoints {
  /** Between two steps: copies what is due, and has it written. */
  note: (reports: readonly EpochReport[]) => void
  /** A last copy, of where training has ended; resolves when all is written. */
  finish: () => Promise<void>
}

/** Where checkpoints come from and go to. */
export interface CheckpointPlaces<Image> {
  /** Copies the trainer; undefined if it is not known where its training stands. */
  copy: () => Image | undefined
  /** Writes a copy; `keep` says where the file that it replaces is then found. */
  write: (image: Image, file: string, keep?: string) => Promise<void>
  warn: (message: string) => void
}

/** @param training Whether it has a validation, whose cost says which epoch is best; its epochs. */
export function createCheckpoints<Image>(
  { file, everySeconds, everyEpochs, keepBest, onError }: CheckpointOptions,
  { history, validates }: { history: History; validates: boolean },
  { copy, write, warn }: CheckpointPlaces<Image>,
): Checkpoints {
  const seconds = everySeconds ?? (everyEpochs === undefined ? EVERY_SECONDS : Infinity)
  const fail = (error: unknown): void => {
    if (!(error instanceof FileError)) throw error
    if (onError) onError(error)
    else warn(`checkpoint: ${error.message}`)
  }
  const newest = createWriter<Image>(
    (image) => write(image, file, nameBeside(file, 'previous')),
    fail,
  )
  const best = createWriter<Image>((image) => write(image, nameBeside(file, 'best')), fail)
  const isBest = watchBest(validates, history)
  let last = performance.now()

  const copyTo = (writer: Writer<Image>): void => {
    const image = copy()
    if (image !== undefined) writer.write(image)
  }
  return {
    note(reports) {
      // Of several epochs at once the last alone could still be copied: `fit` sees to it that
      // there is one.
      if (keepBest && reports.some(isBest)) copyTo(best)
      const due =
        performance.now() - last >= seconds * 1000 ||
        reports.some(({ epoch }) => epoch % (everyEpochs ?? Infinity) === 0)
      if (!due || newest.isBusy()) return
      last = performance.now()
      copyTo(newest)
    },
    async finish() {
      copyTo(newest)
      await Promise.all([newest.done(), best.done()])
    },
  }
}

/**
 * The name of a file beside another.
 *
 * @param file Such as run.safetensors.
 * @param which Such as best.
 * @returns Such as run.best.safetensors.
 */
export function nameBeside(file: string, which: string): string {
  const name = /[^\\/]*$/.exec(file)![0]
  const dot = name.lastIndexOf('.')
  const end = dot > 0 ? name.length - dot : 0
  return `${file.slice(0, file.length - end)}.${which}${file.slice(file.length - end)}`
}

interface Writer<Image> {
  /** Writes a copy, after the one under way; one that still waits is left out for it. */
  write: (image: Image) => void
  isBusy: () => boolean
  /** Resolves when nothing is left to write. */
  done: () => Promise<void>
}

function createWriter<Image>(
  write: (image: Image) => Promise<void>,
  fail: (error: unknown) => void,
): Writer<Image> {
  let waiting: Image | undefined
  let working: Promise<void> | undefined
  let failure: { error: unknown } | undefined // of what was to be told of one
  const work = async (): Promise<void> => {
    while (waiting !== undefined) {
      const image = waiting
      waiting = undefined
      try {
        await write(image).catch(fail)
      } catch (error) {
        failure ??= { error }
      }
    }
    working = undefined
  }
  return {
    write(image) {
      waiting = image
      working ??= work()
    },
    isBusy: () => working !== undefined,
    async done() {
      await working
      if (failure) throw failure.error
    },
  }
}
