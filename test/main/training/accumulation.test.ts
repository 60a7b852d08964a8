// Gradient accumulation.

import { expect, it } from 'vitest'
import { adam } from '../../../dist/main/index.js'
import { distance, examplesOf, trained } from './support.js'

const examples = examplesOf(50)
it.each([0, 0.3])(
  'several batches in one update are one larger batch; the last update of an epoch takes what is left (L2 %f)',
  async (l2) => {
    const options = { optimizer: adam({ learningRate: 0.05 }), l2 }
    const accumulated = await trained(options, examples, {
      epochs: 3,
      batchSize: 8,
      accumulationSteps: 3,
    })
    const large = await trained(options, examples, { epochs: 3, batchSize: 24 })
    expect(distance(accumulated.values, large.values)).toBeLessThan(1e-9)
    expect(distance(accumulated.history.cost, large.history.cost)).toBeLessThan(1e-12)
  },
)
it('one batch an update is what there is without', async () => {
  expect(
    (await trained({}, examples, { epochs: 2, batchSize: 8, accumulationSteps: 1 })).hash,
  ).toBe((await trained({}, examples, { epochs: 2, batchSize: 8 })).hash)
})
