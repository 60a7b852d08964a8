// Data sets of labeled images in the four IDX files that MNIST, Fashion-MNIST and their like come
// in.

import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError, shorten } from '../../shared/errors.js'
import { readIdx } from './idx.js'

const fileNames = {
  training: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
}

/** Images (m, height * width) of pixels from 0 to 255, and their labels (m). */
interface LabeledImages {
  width: number
  height: number
  inputs: Uint8Array
  targets: Uint8Array
}

/** The training and the test images of a data set, of one size. */
export interface ImageFiles {
  /** Pixels of a row, and rows. */
  image: { width: number; height: number }
  /** One more than the largest label, unless it was said how many. */
  classes: number
  /** Images (m, height * width) of pixels from 0 to 255, and their labels (m). */
  training: { inputs: Uint8Array; targets: Uint8Array }
  /** As `training`. */
  test: { inputs: Uint8Array; targets: Uint8Array }
}

/**
 * Reads the training and the test images in a directory.
 *
 * @param directory Where the four files are.
 * @param options `advice` says what to do if they aren't there; `classes` how many there are, if
 * not one more than the largest training label.
 * @returns The images and their labels.
 * @throws {InputError} if a file is missing or malformed, counts or sizes disagree, or a label is
 * out of range.
 */
export async function loadImages(
  directory: string,
  { advice = '', classes }: { advice?: string; classes?: number } = {},
): Promise<ImageFiles> {
  const training = await readImages(directory, fileNames.training, advice)
  const test = await readImages(directory, fileNames.test, advice)
  if (test.width !== training.width || test.height !== training.height) {
    throw new InputError(
      `${directory}: test images`,
      `the training images' ${training.height} x ${training.width} pixels`,
      `${test.height} x ${test.width}`,
    )
  }
  const count = classes ?? 1 + training.targets.reduce((most, label) => Math.max(most, label), 0)
  if (count < 2)
    throw new InputError(`${directory}: training labels`, 'at least two classes', 'nothing but 0')
  for (const [name, { targets }] of Object.entries({ training, test })) {
    const wrong = targets.findIndex((label) => label >= count)
    if (wrong >= 0)
      throw new InputError(
        `${directory}: ${name} labels, row ${wrong}`,
        `class labels from 0 to ${count - 1}`,
        String(targets[wrong]),
      )
  }
  const { width, height } = training
  return {
    image: { width, height },
    classes: count,
    training: { inputs: training.inputs, targets: training.targets },
    test: { inputs: test.inputs, targets: test.targets },
  }
}

async function readImages(
  directory: string,
  names: { images: string; labels: string },
  advice: string,
): Promise<LabeledImages> {
  const [imagesFile, labelsFile] = [
    await findFile(directory, names.images, advice),
    await findFile(directory, names.labels, advice),
  ]
  const images = await readIdx(imagesFile)
  const labels = await readIdx(labelsFile)
  const [count, height, width] = images.dimensions
  if (images.dimensions.length !== 3 || images.values.length === 0) {
    throw new InputError(
      imagesFile,
      'images: three dimensions, number, rows and columns, of at least 1',
      images.dimensions.join(' x '),
    )
  }
  if (labels.dimensions.length !== 1 || labels.values.length !== count) {
    throw new InputError(
      labelsFile,
      `${count!} labels, one for each image of ${shorten(imagesFile)}`,
      labels.dimensions.join(' x '),
    )
  }
  return { width: width!, height: height!, inputs: images.values, targets: labels.values }
}

/** A file with or without .gz. */
async function findFile(directory: string, name: string, advice: string): Promise<string> {
  for (const file of [join(directory, name), join(directory, `${name}.gz`)])
    if (await exists(file)) return file
  const all = Object.values(fileNames).flatMap(({ images, labels }) => [images, labels])
  throw new InputError(
    directory,
    `a directory with ${all.join(', ')}, each with or without .gz${advice}`,
    `none with ${name}`,
  )
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    return false
  }
}
