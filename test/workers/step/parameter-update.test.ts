// The update: sums over slots, one division, L2, clipping.

import { expect, it } from 'vitest'
import { dense, sgd } from '../../../dist/main/index.js'
import type { Examples, Parameters, Trainer, TrainerOptions } from '../../../dist/main/index.js'
import { CHUNK } from '../../../dist/shared/arena/pieces.js'
import { noise } from '../../shared/support.js'
import { createTrainerInProcess } from '../in-process.js'

// Layers of several chunks, of less than one, and with columns of padding.
const options: TrainerOptions = {
  network: { inputs: 50, layers: [dense(67, 'tanh'), dense(3)] },
  loss: 'halfSquaredError',
  optimizer: sgd({ learningRate: 0.25 }),
  l2: 0.6,
  seed: 4,
  shards: 4,
  backend: 'reference',
}
const examples: Examples = {
  inputs: Float64Array.from({ length: 7 * 50 }, (_, i) => noise(i, 2)),
  targets: Float64Array.from({ length: 7 * 3 }, (_, i) => noise(i, 3)),
}
const valuesOf = ({ weights, biases }: Parameters): number[] =>
  [...weights, ...biases].flatMap((values) => Array.from(values))

/** The parameters before and after one update, and the gradient at the start. */
async function update(
  changes: Partial<TrainerOptions>,
  train: (trainer: Trainer) => Promise<unknown>,
): Promise<{ before: number[]; after: number[]; gradient: number[] }> {
  await using trainer = await createTrainerInProcess({ ...options, ...changes })
  const before = valuesOf(trainer.getParameters())
  const gradient = valuesOf(await trainer.gradient(examples.inputs, examples.targets))
  await train(trainer)
  return { before, after: valuesOf(trainer.getParameters()), gradient }
}

const whole = (trainer: Trainer): Promise<unknown> => trainer.fit(examples, { batchSize: 'all' })

function expectStep(
  { before, after, gradient }: Awaited<ReturnType<typeof update>>,
  factor: number,
): void {
  expect(before.length).toBeGreaterThan(3 * CHUNK)
  after.forEach((value, i) =>
    expect(Math.abs(value - (before[i]! - factor * gradient[i]!)), `value ${i}`).toBeLessThan(
      1e-15,
    ),
  )
}

it('a step is the learning rate times the gradient, L2 on the weights alone, in every chunk and to 1e-15', async () =>
  expectStep(await update({}, whole), 0.25))

it('a gradient longer than clipNorm is scaled to it, over all pieces together', async () => {
  const step = await update({ clipNorm: 0.01 }, whole)
  const norm = Math.hypot(...step.gradient)
  expect(norm).toBeGreaterThan(0.02)
  expectStep(step, (0.25 * 0.01) / norm)
})

it('batches summed before the update: the step of all their examples, divided once', async () =>
  expectStep(
    await update({}, (trainer) => trainer.fit(examples, { batchSize: 3, accumulationSteps: 3 })),
    0.25,
  ))
