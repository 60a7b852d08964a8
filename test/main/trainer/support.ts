// A small classifier for the tests of a trainer's calls.

import {
  type Examples,
  type Parameters,
  type Trainer,
  type TrainerOptions,
  createTrainer as createWithOwnThreads,
  dense,
  sgd,
} from '../../../dist/main/index.js'
import { createTrainer } from '../shared-threads.js'

export const options: TrainerOptions = {
  network: { inputs: 3, layers: [dense(5, 'tanh'), dense(4, 'softmax')] },
  loss: 'categoricalCrossEntropy',
  optimizer: sgd({ learningRate: 0.2 }),
  seed: 7,
  workers: 2,
  shards: 4,
}
export const create = async (changes: Partial<TrainerOptions> = {}): Promise<Trainer> =>
  createTrainer({ ...options, ...changes })
/** With threads of its own, which end with it. */
export const createAlone = async (changes: Partial<TrainerOptions> = {}): Promise<Trainer> =>
  createWithOwnThreads({ ...options, ...changes })
export const examplesOf = (count: number): Examples => ({
  inputs: Float32Array.from({ length: count * 3 }, (_, i) => ((i * 29) % 17) / 17 - 0.4),
  targets: Uint8Array.from({ length: count }, (_, i) => (i * 5) % 4),
})
export const rejection = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
/** Rows `from` .. `to - 1` of examples of three columns with labels. */
export const rowsOf = ({ inputs, targets }: Examples, from: number, to: number): Examples => ({
  inputs: inputs.slice(from * 3, to * 3),
  targets: targets.slice(from, to),
})
export const allFinite = ({ weights, biases }: Parameters): boolean =>
  [...weights, ...biases].every((values) => values.every(Number.isFinite))
