// A small classifier for the tests of what training can be told.

import {
  type Examples,
  type FitOptions,
  type Trainer,
  type TrainerOptions,
  dense,
  sgd,
} from '../../../dist/main/index.js'
import { noise } from '../../shared/support.js'
import { createTrainer } from '../shared-threads.js'

export const COLUMNS = 5
export const CLASSES = 3

/** Examples first .. first + count - 1 of an endless supply. */
export function examplesOf(count: number, first = 0): Examples {
  const inputs = new Float32Array(count * COLUMNS)
  const targets = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < COLUMNS; j++) inputs[i * COLUMNS + j] = noise(first + i, j)
    targets[i] = (noise(first + i, 0) > 0 ? 1 : 0) + (noise(first + i, 1) > 0.3 ? 1 : 0)
  }
  return { inputs, targets }
}

export async function trainerOf(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
  return createTrainer({
    network: { inputs: COLUMNS, layers: [dense(8, 'tanh'), dense(CLASSES, 'softmax')] },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.5 }),
    seed: 3,
    workers: 2,
    shards: 4,
    backend: 'reference',
    ...options,
  })
}

export const valuesOf = ({
  weights,
  biases,
}: {
  weights: ArrayLike<number>[]
  biases: ArrayLike<number>[]
}): number[] => [...weights, ...biases].flatMap((part) => Array.from(part))
export const distance = (a: number[], b: number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

/** The parameters after training, and the history. */
export async function trained(
  options: Partial<TrainerOptions>,
  examples: Examples,
  fit: FitOptions,
) {
  await using trainer = await trainerOf(options)
  const history = await trainer.fit(examples, fit)
  return { history, values: valuesOf(trainer.getParameters()), hash: trainer.parametersHash() }
}
