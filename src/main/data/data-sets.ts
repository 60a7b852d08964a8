// Built-in data sets: the handwritten digits, Fashion-MNIST, a few tables small enough to follow by
// hand; and images from a directory of IDX files. Each comes with a recipe that suits it.

import { readFile } from 'node:fs/promises'
import { sep } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { InputError, show } from '../../shared/errors.js'
import { type PreprocessingStep, cross } from '../../shared/formulas/preprocessing.js'
import type { Examples } from './arrays.js'
import { type ImageFiles, loadImages } from './image-files.js'
import type { Parameters } from './parameters.js'
import type { Recipe } from './recipe.js'

/** Examples to train on, with what a network for them needs, and how to train it. */
export interface DataSet extends Examples {
  /** Columns of the inputs. */
  columns: number
  /** What a network for it multiplies the inputs by: its `scale`. */
  scale: number
  /** What a network for it does to every row after that: its `preprocessing`. */
  preprocessing?: PreprocessingStep[]
  /** Outputs that a network needs for it. */
  outputs: number
  /** The shape of the images, if a row of inputs is one: `height` rows of `width` pixels. */
  image?: {
    /** Pixels of a row. */
    width: number
    /** Rows. */
    height: number
  }
  /** What the classes are called, if not by their numbers. */
  classes?: string[]
  /** More examples, to test with. */
  test?: Examples
  /** How to train on it. */
  recipe: Recipe
  /** The parameters that the guide's worked example of this data set starts with. */
  start?: Parameters
}

const tableRecipe: Recipe = {
  hiddenLayers: [],
  output: 'sigmoid',
  loss: 'halfSquaredError',
  learningRate: 1,
  batchSize: 'all',
  epochs: 5000,
  validation: 0,
}

const tables: Record<string, () => DataSet> = {
  or: () =>
    table(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 1, 1, 1],
      start([[0.1, 0.6]], [[0]]),
    ),
  and: () =>
    table(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 0, 0, 1],
      start([[0.1, 0.6]], [[0]]),
    ),
  xor: () =>
    table(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 1, 1, 0],
      start(
        [
          [
            -0.7026034443207482, -0.4511878069492167, -0.11130154283236932, -0.751937920674514,
            0.75065656081645, 0.7733828240543967,
          ],
          [-1.1979175261364463, 0.40451065623948357, 0.96685306507843],
        ],
        [[0, 0, 0], [0]],
      ),
      { hiddenLayers: [3] },
    ),
  /** XOR with the product of the two inputs as a third. */
  'xor-cross': () => ({
    ...table(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 1, 1, 0],
      start([[0.1, 0.6, 0.2]], [[0]]),
    ),
    preprocessing: [cross(0, 1)],
  }),
  /** y = 3x */
  line: () =>
    table([[1], [2], [3], [4]], [3, 6, 9, 12], start([[0]], [[0]]), {
      output: 'identity',
      loss: 'meanSquaredError',
      learningRate: 0.01,
      epochs: 1000,
    }),
  /** A single example: a hidden layer that learns to answer 1, 1 with 0. */
  hidden: () =>
    table(
      [[1, 1]],
      [0],
      start(
        [
          [-0.0053, -0.582, -0.2723, 0.3793, -0.5204, 0.1896],
          [0.1528, -0.1745, -0.1135],
        ],
        [[-0.014, 0.5607, -0.0628], [-0.5516]],
      ),
      {
        hiddenLayers: [3],
        output: 'identity',
        loss: 'meanSquaredError',
        learningRate: 0.01,
        epochs: 100,
      },
    ),
}

const dataSets: Record<string, () => Promise<DataSet> | DataSet> = {
  digits: loadDigits,
  'fashion-mnist': loadFashionMnist,
  ...tables,
}

/** The names that `loadDataSet` knows. */
export const dataSetNames = Object.keys(dataSets)
/** The names of those small enough to follow by hand. */
export const tableNames = Object.keys(tables)

/**
 * Loads a built-in data set, or the images in a directory: the four IDX files that MNIST and
 * Fashion-MNIST come in, packed by gzip or not.
 *
 * @param name 'digits', 'fashion-mnist', 'or', 'and', 'xor', 'xor-cross', 'line' or 'hidden'; or a
 * path of a directory, with a separator in it, such as ./images/.
 * @returns The examples, and how to train on them.
 * @throws {InputError} if there is none of this name, or its files are missing or malformed.
 */
export async function loadDataSet(name: string): Promise<DataSet> {
  const given: unknown = name
  const isPath = typeof given === 'string' && (given.includes('/') || given.includes(sep))
  if (isPath) return imageData(await loadImages(name))
  const load = typeof given === 'string' && Object.hasOwn(dataSets, given) && dataSets[given]
  if (!load)
    throw new InputError(
      'data',
      `one of ${dataSetNames.join(', ')}, or a directory of images such as ./images/`,
      show(name),
    )
  return load()
}

/** 1797 images of 8x8 pixels from 0 to 16, as bytes, with labels from 0 to 9. */
async function loadDigits(): Promise<DataSet> {
  const packed = await readFile(new URL('../../../data/digits.csv.gz', import.meta.url))
  const lines = (await promisify(gunzip)(packed)).toString('ascii').trimEnd().split('\n')
  const inputs = new Uint8Array(lines.length * 64)
  const targets = new Uint8Array(lines.length)
  lines.forEach((line, row) => {
    const values = line.split(',').map(Number)
    inputs.set(values.slice(0, 64), row * 64)
    targets[row] = values[64]!
  })
  return {
    inputs,
    targets,
    columns: 64,
    scale: 1 / 16,
    outputs: 10,
    image: { width: 8, height: 8 },
    recipe: {
      hiddenLayers: [128, 128],
      output: 'softmax',
      loss: 'categoricalCrossEntropy',
      learningRate: 0.5,
      batchSize: 64,
      epochs: 50,
      validation: 0.1,
      // The best of some, over eight seeds.
      otherRates: { rmsprop: 0.006, adagrad: 0.1, adadelta: 15, adam: 0.01, adamw: 0.01 },
    },
  }
}

/**
 * What suits tens of thousands of small images: 89 % of Fashion-MNIST's test images (three seeds:
 * 88.9 to 89.2 %; at a constant 0.001 88.2 to 88.9 %).
 */
const imageRecipe: Recipe = {
  hiddenLayers: [128],
  activation: 'relu',
  output: 'softmax',
  initializer: 'he',
  loss: 'categoricalCrossEntropy',
  optimizer: 'adam',
  learningRate: 0.002,
  otherRates: { sgd: 0.2 },
  schedule: 'cosine',
  batchSize: 128,
  epochs: 15,
  validation: 0,
}

/**
 * 60,000 + 10,000 images of 28x28 pixels (Xiao, Rasul and Vollgraf, "Fashion-MNIST", 2017), where
 * Debian's package puts them.
 */
async function loadFashionMnist(): Promise<DataSet> {
  const classes = [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ]
  const advice =
    ' (on Debian and Ubuntu: apt-get install dataset-fashion-mnist; elsewhere download them and name their directory instead of fashion-mnist)'
  return {
    ...imageData(
      await loadImages('/usr/share/datasets/fashion-mnist', { advice, classes: classes.length }),
    ),
    classes,
  }
}

function imageData({ training, test, image, classes }: ImageFiles): DataSet {
  return {
    ...training,
    test,
    columns: image.width * image.height,
    scale: 1 / 255,
    outputs: classes,
    image,
    recipe: imageRecipe,
  }
}

function table(
  inputs: number[][],
  targets: number[],
  startsFrom: Parameters,
  recipe: Partial<Recipe> = {},
): DataSet {
  return {
    inputs: Float64Array.from(inputs.flat()),
    targets: Float64Array.from(targets),
    columns: inputs[0]!.length,
    scale: 1,
    outputs: 1,
    recipe: { ...tableRecipe, ...recipe },
    start: startsFrom,
  }
}

/** Parameters of a few layers, row-major. */
function start(weights: number[][], biases: number[][]): Parameters {
  return {
    weights: weights.map((layer) => Float64Array.from(layer)),
    biases: biases.map((layer) => Float64Array.from(layer)),
  }
}
