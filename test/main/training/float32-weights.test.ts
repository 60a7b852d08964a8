// Weights of examples and classes that float32 can't hold.

import { expect, it } from 'vitest'
import { examplesOf, trainerOf } from './support.js'

const examples = examplesOf(4)

it.each(['reference', 'wasm'] as const)(
  '%s: what float32 makes 0 or infinite is refused',
  async (backend) => {
    await using trainer = await trainerOf({ backend, l2: 1 })
    const rule = 'a number of at least 0 in float32 too, in which training computes'
    await expect(trainer.fit(examples, { classWeights: [1, 1e-46] })).rejects.toThrow(
      `fit: classWeights[1]: expected ${rule}, got 1e-46`,
    )
    await expect(trainer.fit(examples, { classWeights: { 2: 1e39 } })).rejects.toThrow(
      `fit: classWeights[2]: expected ${rule}, got 1e+39`,
    )
    await expect(trainer.fit(examples, { classWeights: [-1] })).rejects.toThrow(
      'fit: classWeights[0]: expected a number of at least 0, got -1',
    )
    await expect(
      trainer.gradient(examples.inputs, examples.targets, Float64Array.of(1, 0, 1e-46, 1)),
    ).rejects.toThrow(
      'gradient: sampleWeights, row 2: expected numbers of at least 0 in float32 too, in which training computes, got 1e-46',
    )
  },
)
