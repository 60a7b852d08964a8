// What examples may be: views, shared buffers, any number type.

import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import { createTrainer } from '../shared-threads.js'
import { create, examplesOf } from './support.js'

it('may be views into larger or shared buffers, and stay as they were', async () => {
  await using trainer = await create()
  const { inputs, targets } = examplesOf(50)
  const expected = await trainer.gradient(inputs, targets)
  const within = new Float32Array(200).fill(NaN)
  within.set(inputs, 30)
  const shared = new Uint8Array(new SharedArrayBuffer(50))
  shared.set(targets)
  expect(await trainer.gradient(within.subarray(30, 180), shared)).toEqual(expected)
  await trainer.fit({ inputs, targets })
  expect({ inputs, targets }).toEqual(examplesOf(50))
})

it('targets as bytes, clamped bytes, float32 or float64 give the same bits', async () => {
  await using trainer = await create()
  const { inputs, targets } = examplesOf(50)
  const expected = await trainer.gradient(inputs, targets)
  const oneHot = Array.from({ length: 200 }, (_, i) =>
    targets[Math.floor(i / 4)] === i % 4 ? 1 : 0,
  )
  for (const array of [Uint8Array, Uint8ClampedArray, Float32Array, Float64Array])
    expect(await trainer.gradient(inputs, array.from(oneHot))).toEqual(expected)
})

it('float64 inputs keep their digits in the reference backend', async () => {
  await using trainer = await createTrainer({
    network: { inputs: 1, layers: [dense(1)] },
    loss: 'meanSquaredError',
    backend: 'reference',
  })
  trainer.setParameters({ weights: [Float64Array.of(1)], biases: [Float64Array.of(0)] })
  expect(await trainer.predict(Float64Array.of(0.1))).toEqual(Float64Array.of(0.1))
  expect(await trainer.predict(Float32Array.of(0.1))).toEqual(Float64Array.of(Math.fround(0.1)))
  expect(
    (await trainer.evaluate({ inputs: Float64Array.of(0.1), targets: Float64Array.of(0.1) })).cost,
  ).toBe(0)
})
