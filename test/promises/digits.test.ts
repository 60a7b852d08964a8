import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { loadDataSet } from '../../dist/main/data/data-sets.js'
import { type Examples, type Parameters, type Trainer, dense, sgd } from '../../dist/main/index.js'
import type { BackendName } from '../../dist/shared/backend-names.js'
import { has } from '../machine.js'
import { createTrainer } from '../main/shared-threads.js'

const oracle = (name: string): Buffer =>
  readFileSync(new URL(`../oracles/${name}`, import.meta.url))
const split = JSON.parse(oracle('digits-split.json').toString()) as {
  train: number[]
  validation: number[]
}
const expected = JSON.parse(oracle('digits-costs.json').toString()) as {
  costs: Record<string, number>
  trainAccuracy: number
  validationAccuracy: number
}
const digits = await loadDataSet('digits')

const take = (rows: number[]): Examples => ({
  inputs: Uint8Array.from(
    rows.flatMap((row) => Array.from(digits.inputs.subarray(row * 64, row * 64 + 64))),
  ),
  targets: Uint8Array.from(rows, (row) => digits.targets[row]!),
})
const training = take(split.train)
const validation = take(split.validation)

function initialParameters(): Parameters {
  const bytes = gunzipSync(oracle('digits-initial.f64.gz'))
  const values = new Float64Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  )
  let at = 0
  const next = (count: number): Float64Array => values.subarray(at, (at += count))
  const [w1, b1, w2, b2, w3, b3] = [
    next(64 * 128),
    next(128),
    next(128 * 128),
    next(128),
    next(128 * 10),
    next(10),
  ] as const
  return { weights: [w1, w2, w3], biases: [b1, b2, b3] }
}

async function create(backend: BackendName): Promise<Trainer> {
  const trainer = await createTrainer({
    network: {
      inputs: 64,
      scale: 1 / 16,
      layers: [dense(128, 'sigmoid'), dense(128, 'sigmoid'), dense(10, 'softmax')],
    },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.5 }),
    backend,
    workers: 2,
  })
  trainer.setParameters(initialParameters())
  return trainer
}

it('float64: the costs of the first ten updates of the digits to 1e-9', async () => {
  await using trainer = await create('reference')
  const { cost } = await trainer.fit(training, { epochs: 10, batchSize: 'all' })
  for (let epoch = 0; epoch < 10; epoch++)
    expect(Math.abs(cost[epoch]! / expected.costs[epoch]! - 1)).toBeLessThan(1e-9)
})

const quickest = has('native') ? 'native' : 'wasm'

it(`${quickest}: all 1500 updates within 1 %, training accuracy 1, validation accuracy 0.9777`, async () => {
  await using trainer = await create(quickest)
  const { cost } = await trainer.fit(training, { epochs: 1500, batchSize: 'all' })
  for (const [epoch, value] of Object.entries(expected.costs))
    expect(Math.abs(cost[Number(epoch)]! / value - 1), `epoch ${epoch}`).toBeLessThan(0.01)
  expect((await trainer.evaluate(training)).accuracy).toBe(expected.trainAccuracy)
  expect((await trainer.evaluate(validation)).accuracy).toBeCloseTo(expected.validationAccuracy, 12)
})

// The backends differ in their kernels alone: the longest way is worth going once.
for (const backend of ['wasm', 'wasm-relaxed'] as const) {
  it.skipIf(!has(backend))(`${backend}: the first 300 updates within 1 %`, async () => {
    await using trainer = await create(backend)
    const { cost } = await trainer.fit(training, { epochs: 301, batchSize: 'all' })
    for (const [epoch, value] of Object.entries(expected.costs))
      if (Number(epoch) <= 300)
        expect(Math.abs(cost[Number(epoch)]! / value - 1), `epoch ${epoch}`).toBeLessThan(0.01)
  })
}
