// Predictions, and evaluation against them.

import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import { create, examplesOf, options } from './support.js'

it('predict equals the network by hand, also over several blocks', async () => {
  await using trainer = await create({ backend: 'wasm' })
  const { inputs, targets } = examplesOf(600)
  const outputs = await trainer.predict(inputs)
  const { weights, biases } = trainer.getParameters()
  let correct = 0
  for (let row = 0; row < 600; row++) {
    const hidden = Array.from({ length: 5 }, (_, j) =>
      Math.tanh(
        [0, 1, 2].reduce(
          (sum, k) => sum + inputs[row * 3 + k]! * weights[0]![k * 5 + j]!,
          biases[0]![j]!,
        ),
      ),
    )
    const e = Array.from({ length: 4 }, (_, j) =>
      Math.exp(hidden.reduce((sum, a, k) => sum + a * weights[1]![k * 4 + j]!, biases[1]![j]!)),
    )
    const total = e.reduce((a, b) => a + b)
    e.forEach((value, j) => expect(outputs[row * 4 + j]).toBeCloseTo(value / total, 5))
    if (e.indexOf(Math.max(...e)) === targets[row]) correct++
  }
  expect(outputs).toHaveLength(2400)
  expect((await trainer.evaluate({ inputs, targets })).accuracy).toBe(correct / 600)
})

it('inputs as bytes, float32 or float64 give the same outputs, scaled alike', async () => {
  await using trainer = await create({ network: { ...options.network, scale: 1 / 255 } })
  const bytes = Uint8Array.from({ length: 30 }, (_, i) => (i * 91) % 256)
  const outputs = await trainer.predict(bytes)
  expect(await trainer.predict(Float32Array.from(bytes))).toEqual(outputs)
  expect(await trainer.predict(Float64Array.from(bytes))).toEqual(outputs)
})

it('a layer that overflows before one that does not leaves the cost what it is', async () => {
  const network = { inputs: 1, layers: [dense(1, 'relu'), dense(1, 'tanh')] }
  await using trainer = await create({ network, loss: 'halfSquaredError', backend: 'wasm' })
  const [zero, one, large] = [0, 1, 3e38].map((x) => Float32Array.of(x)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  trainer.setParameters({ weights: [large, one], biases: [zero, zero] })
  const examples = { inputs: Float32Array.of(2), targets: Float32Array.of(0.5) }
  expect(await trainer.predict(examples.inputs)).toEqual(Float32Array.of(1))
  expect((await trainer.evaluate(examples)).cost).toBe(0.125)
})
