// What `shardgrad train` is to do: begin a training, or go on with that of a file.

import { InputError } from '../../shared/errors.js'
import { createNodePlatform } from '../runtime/node/platform.js'
import { readTrainerFile, requireUnderWay } from '../session.js'
import { epochsDone } from '../training/go-on.js'
import type { TrainOptions } from './train-options.js'

/** What is to be done. */
export interface Run {
  /** Of the data. */
  name: string
  options: TrainOptions
  /** Epochs that are done already. */
  done: number
}

/** Names in a file's metadata: of the data, and the share of it that is held out. */
const DATA = 'data'
const VALIDATION = 'validation'

/** What a file's metadata says of the data; the document says all the rest. */
export function metadataOf(name: string, validation: number | undefined): Record<string, string> {
  return { [DATA]: name, ...(validation !== undefined && { [VALIDATION]: String(validation) }) }
}

/** A training that begins. */
export function newRun(name: string | undefined, options: TrainOptions): Run {
  const { checkpoint, every } = options
  if (name === undefined) throw new InputError('data', 'the name of a data set', 'nothing')
  if (every !== undefined && checkpoint === undefined)
    throw new InputError('--every', 'a --checkpoint that is written so often', String(every))
  return { name, options, done: 0 }
}

/** What may be said beside `--resume`; all else is as it was. */
const allowed: readonly string[] = [
  'resume',
  'epochs',
  'workers',
  'backend',
  'save',
  'checkpoint',
  'every',
  'plot',
  'trace',
  'json',
] satisfies (keyof TrainOptions)[]

/**
 * A training that goes on. Its checkpoints go to the file that it comes from, unless another is
 * said.
 *
 * @param said The names of the options that were said.
 * @throws {InputError} if an option can't be changed any more, or the data is not known.
 */
export async function resumedRun(
  given: string | undefined,
  options: TrainOptions,
  said: ReadonlySet<string>,
): Promise<Run> {
  const stray = [...said].find((name) => !allowed.includes(name))
  if (stray !== undefined)
    throw new InputError(
      flagOf(stray),
      'nothing of it with --resume, which goes on as it began',
      'it',
    )
  const file = options.resume!
  const stored = await readTrainerFile(createNodePlatform(), file)
  const position = requireUnderWay('--resume', stored)
  const { metadata } = stored.file
  const name = given ?? metadata[DATA]
  if (name === undefined)
    throw new InputError('data', `the name of the data set, which ${file} doesn't say`, 'nothing')
  return {
    name,
    options: {
      ...options,
      epochs: options.epochs ?? position.options.epochs,
      seed: stored.trainer.seed,
      validation: shareIn(file, metadata[VALIDATION]),
      checkpoint: options.checkpoint ?? file,
    },
    done: epochsDone(position),
  }
}

function shareIn(file: string, text: string | undefined): number | undefined {
  const share = text === undefined ? undefined : Number(text)
  if (share === undefined || (share >= 0 && share < 1)) return share
  throw new InputError(`${file}: metadata.${VALIDATION}`, 'a share from 0 to below 1', text!)
}

/** --batch-size of batchSize. */
function flagOf(name: string): string {
  return name === 'shuffle'
    ? '--no-shuffle'
    : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
