// Gradient clipping.

import { expect, it } from 'vitest'
import { sgd } from '../../../dist/main/index.js'
import type { FitOptions } from '../../../dist/main/index.js'
import { distance, examplesOf, trained, trainerOf, valuesOf } from './support.js'

const examples = examplesOf(20)
it('scales a longer gradient to the norm, over all parameters, and leaves a shorter one alone', async () => {
  await using trainer = await trainerOf({
    optimizer: sgd({ learningRate: 1 }),
    clipNorm: 0.01,
    l2: 0.5,
  })
  const [before, gradient] = [
    valuesOf(trainer.getParameters()),
    valuesOf(await trainer.gradient(examples.inputs, examples.targets)),
  ]
  const norm = Math.hypot(...gradient)
  expect(norm).toBeGreaterThan(0.02)
  await trainer.fit(examples, { batchSize: 'all' })
  expect(
    distance(
      valuesOf(trainer.getParameters()),
      before.map((w, i) => w - (gradient[i]! * 0.01) / norm),
    ),
  ).toBeLessThan(1e-15)
  const fit: FitOptions = { epochs: 3, batchSize: 7 }
  expect((await trained({ clipNorm: 1e3 }, examples, fit)).hash).toBe(
    (await trained({}, examples, fit)).hash,
  )
})
