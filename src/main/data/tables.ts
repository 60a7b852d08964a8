// The tables: data sets small enough to follow by hand.

import { cross } from '../../shared/formulas/preprocessing/learn.js'
import type { DataSet } from './data-set.js'
import type { Parameters } from './parameters.js'
import type { Recipe } from './recipe.js'

const tableRecipe: Recipe = {
  hiddenLayers: [],
  output: 'sigmoid',
  loss: 'halfSquaredError',
  learningRate: 1,
  batchSize: 'all',
  epochs: 5000,
  validation: 0,
}

/** Of two, every combination. */
const bits = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]

/** By name. */
export const tables: Record<string, () => DataSet> = {
  or: () => table(bits, [0, 1, 1, 1], start([[0.1, 0.6]], [[0]])),
  and: () => table(bits, [0, 0, 0, 1], start([[0.1, 0.6]], [[0]])),
  xor: () =>
    table(
      bits,
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
    ...table(bits, [0, 1, 1, 0], start([[0.1, 0.6, 0.2]], [[0]])),
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
