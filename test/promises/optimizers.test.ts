// Every optimizer against PyTorch's: ten updates from the same start, in parallel.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type ActivationName,
  type LossName,
  type Optimizer,
  adadelta,
  adagrad,
  adam,
  adamw,
  dense,
  rmsprop,
  sgd,
} from '../../dist/main/index.js'
import { optimizerNames } from '../../dist/shared/optimizers/optimizers.js'
import { backendsHere } from '../machine.js'
import { createTrainer } from '../main/shared-threads.js'

interface Trajectory {
  name: keyof typeof make
  options: Record<string, number | boolean>
  dims: number[]
  activations: ActivationName[]
  loss: LossName
  X: number[][]
  Y: number[][]
  W: number[][][]
  b: number[][]
  costs: number[]
  W10: number[][][]
  b10: number[][]
}

const make = { sgd, rmsprop, adagrad, adadelta, adam, adamw } satisfies Record<
  string,
  (options: object) => Optimizer
>
const { optimizers } = JSON.parse(
  readFileSync(new URL('../oracles/gradients.json', import.meta.url), 'utf8'),
) as { optimizers: Trajectory[] }
const flat = (rows: number[][]): Float64Array => Float64Array.from(rows.flat())

it('the oracle has 9 trajectories, of all the optimizers there are', () => {
  expect(optimizers).toHaveLength(9)
  expect([...new Set(optimizers.map(({ name }) => name))].sort()).toEqual(
    [...optimizerNames].sort(),
  )
})

describe.each(optimizers)('$name $options', (one) => {
  it.each(backendsHere.flatMap((backend) => [1, 3].map((workers) => [backend, workers] as const)))(
    '%s, %i workers: costs and parameters of ten updates, in float64 to 1e-7, in float32 to 2e-4; 3 workers are asked for one epoch at a time',
    async (backend, workers) => {
      const bound = backend === 'reference' ? 1e-7 : 2e-4
      const calls = workers === 3 ? 10 : 1
      await using trainer = await createTrainer({
        network: {
          inputs: one.dims[0]!,
          layers: one.activations.map((activation, l) => dense(one.dims[l + 1]!, activation)),
        },
        loss: one.loss,
        optimizer: make[one.name](one.options),
        backend,
        workers,
        shards: 4,
      })
      trainer.setParameters({
        weights: one.W.map(flat),
        biases: one.b.map((row) => Float64Array.from(row)),
      })
      const costs: number[] = []
      for (let call = 0; call < calls; call++) {
        costs.push(
          ...(
            await trainer.fit(
              { inputs: flat(one.X), targets: flat(one.Y) },
              { epochs: 10 / calls, batchSize: 'all' },
            )
          ).cost,
        )
      }
      costs.forEach((cost, i) =>
        expect(Math.abs(cost / one.costs[i]! - 1), `cost ${i}`).toBeLessThan(bound),
      )
      const { weights, biases } = trainer.getParameters()
      weights.forEach((layer, l) =>
        layer.forEach((w, i) =>
          expect(Math.abs(w - one.W10[l]!.flat()[i]!), `weights[${l}][${i}]`).toBeLessThan(bound),
        ),
      )
      biases.forEach((layer, l) =>
        layer.forEach((b, i) =>
          expect(Math.abs(b - one.b10[l]![i]!), `biases[${l}][${i}]`).toBeLessThan(bound),
        ),
      )
    },
  )
})

it('setParameters lets the optimizer begin anew', async () => {
  const one = optimizers.find(({ name }) => name === 'adam')!
  await using trainer = await createTrainer({
    network: { inputs: 4, layers: [dense(6, 'tanh'), dense(3, 'softmax')] },
    loss: one.loss,
    optimizer: adam({ learningRate: 0.01 }),
    backend: 'wasm',
    workers: 2,
    shards: 2,
  })
  const start = { weights: one.W.map(flat), biases: one.b.map((row) => Float64Array.from(row)) }
  const descend = async (): Promise<string> => {
    trainer.setParameters(start)
    await trainer.fit(
      { inputs: flat(one.X), targets: flat(one.Y) },
      { epochs: 5, batchSize: 'all' },
    )
    return trainer.parametersHash()
  }
  expect(await descend()).toBe(await descend())
})

it('centered RMSprop stays finite when the gradient no longer varies, and rounding leaves its variance below 0', async () => {
  for (const backend of backendsHere) {
    await using trainer = await createTrainer({
      network: { inputs: 1, layers: [dense(1)] },
      loss: 'meanAbsoluteError', // whose gradient is 1 throughout
      optimizer: rmsprop({ learningRate: 1e-6, decay: 0.7, centered: true }),
      backend,
      workers: 1,
    })
    const examples = { inputs: Float64Array.of(0.9), targets: Float64Array.of(-1e9) }
    const { cost } = await trainer.fit(examples, { epochs: 200, batchSize: 'all' })
    expect(cost.every(Number.isFinite), backend).toBe(true)
    expect(trainer.getParameters().weights[0]![0]! < 0, backend).toBe(true)
  }
})
