// The gradients of shards: every example in one shard, whatever their sizes.

import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import type { TrainerOptions } from '../../../dist/main/index.js'
import { createTrainerInProcess } from '../in-process.js'

// Whole numbers: sums are exact in whatever order.
const options: TrainerOptions = {
  network: { inputs: 3, layers: [dense(2)] },
  loss: 'halfSquaredError',
  backend: 'wasm',
}
const parameters = {
  weights: [Float32Array.of(1, -2, 0, 3, 2, 1)],
  biases: [Float32Array.of(1, -1)],
}

it.each([
  [1, 1],
  [1, 8],
  [5, 4],
  [11, 8],
  [600, 2], // shards longer than a block
  [600, 64],
])(
  '%i examples in %i shards: the gradient is the sum over the examples, divided once, exact on whole numbers',
  async (count, shards) => {
    await using trainer = await createTrainerInProcess({ ...options, shards })
    trainer.setParameters(parameters)
    const inputs = Float32Array.from({ length: count * 3 }, (_, i) => ((i * 5) % 7) - 3)
    const targets = Float32Array.from({ length: count * 2 }, (_, i) => ((i * 3) % 5) - 2)
    const { weights, biases } = await trainer.gradient(inputs, targets)
    const [w, b] = [new Float32Array(6), new Float32Array(2)]
    for (let row = 0; row < count; row++) {
      for (let j = 0; j < 2; j++) {
        let d = parameters.biases[0]![j]! - targets[row * 2 + j]!
        for (let k = 0; k < 3; k++) d += inputs[row * 3 + k]! * parameters.weights[0]![k * 2 + j]!
        b[j]! += d
        for (let k = 0; k < 3; k++) w[k * 2 + j]! += inputs[row * 3 + k]! * d
      }
    }
    expect(weights).toEqual([w.map((sum) => sum / count)])
    expect(biases).toEqual([b.map((sum) => sum / count)])
  },
)
