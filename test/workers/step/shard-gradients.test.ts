// The gradients of shards: every example in one shard, whatever their sizes, and whoever takes
// which.

import { expect, it } from 'vitest'
import { dense, sgd } from '../../../dist/main/index.js'
import type { TrainerOptions } from '../../../dist/main/index.js'
import { createTrainer, gradientWorker } from '../../main/shared-threads.js'
import { type Way, inTeams, onTheirOwn } from '../../main/ways.js'
import { createTrainerInProcess } from '../in-process.js'

// Whole numbers: sums are exact in whatever order.
const options: TrainerOptions = {
  network: { inputs: 3, layers: [dense(2)] },
  loss: 'halfSquaredError',
  // So slow that float32 sees no step.
  optimizer: sgd({ learningRate: 1e-30 }),
  backend: 'wasm',
}
const parameters = {
  weights: [Float32Array.of(1, -2, 0, 3, 2, 1)],
  biases: [Float32Array.of(1, -1)],
}

const sizes: [count: number, shards: number][] = [
  [1, 1],
  [1, 8],
  [5, 4],
  [11, 8],
  [100, 2], // shards of several units
  [600, 2], // shards longer than a block
  [600, 64],
]

/** Inputs and targets, and what their gradient is: sums of whole numbers, divided once. */
function problemOf(count: number) {
  const inputs = Float32Array.from({ length: count * 3 }, (_, i) => ((i * 5) % 7) - 3)
  const targets = Float32Array.from({ length: count * 2 }, (_, i) => ((i * 3) % 5) - 2)
  const [w, b] = [new Float32Array(6), new Float32Array(2)]
  let squares = 0
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < 2; j++) {
      let d = parameters.biases[0]![j]! - targets[row * 2 + j]!
      for (let k = 0; k < 3; k++) d += inputs[row * 3 + k]! * parameters.weights[0]![k * 2 + j]!
      b[j]! += d
      squares += d * d
      for (let k = 0; k < 3; k++) w[k * 2 + j]! += inputs[row * 3 + k]! * d
    }
  }
  const expected = {
    weights: [w.map((sum) => sum / count)],
    biases: [b.map((sum) => sum / count)],
    cost: squares / 2 / count,
  }
  return { inputs, targets, expected }
}

it.each(sizes)(
  '%i examples in %i shards: gradient and cost are the sums over the examples, divided once, exact on whole numbers',
  async (count, shards) => {
    await using trainer = await createTrainerInProcess({ ...options, shards })
    trainer.setParameters(parameters)
    const { inputs, targets, expected } = problemOf(count)
    expect(await trainer.gradient(inputs, targets)).toEqual(expected)
  },
)

it.each<[string, Way]>([
  ['two on their own', onTheirOwn(2)],
  ['three on their own', onTheirOwn(3)],
  ['a team of two', inTeams(1, 2)],
  ['a team of five', inTeams(1, 5)],
  ['two teams of two', inTeams(2, 2)],
  ['four teams of three', inTeams(4, 3)],
])(
  '%s: every example is taken once, and every sum is exact; and so is the cost of the epoch, batch after batch',
  async (_, way) => {
    for (const [count, shards] of sizes) {
      await using trainer = await createTrainer({ ...options, shards }, gradientWorker, way)
      trainer.setParameters(parameters)
      const { inputs, targets, expected } = problemOf(count)
      expect(await trainer.gradient(inputs, targets), `${count} in ${shards}`).toEqual(expected)
      // The last batch is shorter.
      const batchSize = Math.ceil(0.6 * count)
      const still = await trainer.fit({ inputs, targets }, { batchSize, shuffle: false })
      expect(still.loss[0], `${count} in ${shards}`).toBe(expected.cost)
    }
  },
)
