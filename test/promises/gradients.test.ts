import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type ActivationName,
  type Gradient,
  type LossName,
  type Trainer,
  dense,
} from '../../dist/main/index.js'
import { activationNames } from '../../dist/shared/formulas/activations.js'
import { type BackendName, backendNames } from '../../dist/shared/backend-names.js'
import { lossNames } from '../../dist/shared/formulas/losses.js'
import { backendsHere, has } from '../machine.js'
import { createTrainer } from '../main/shared-threads.js'

interface Case {
  name: string
  dims: number[]
  activations: ActivationName[]
  loss: LossName
  l2: number
  X: number[][]
  Y: number[][]
  W: number[][][]
  b: number[][]
  cost: number
  dW: number[][][]
  db: number[][]
}

const { gradients: cases } = JSON.parse(
  readFileSync(new URL('../oracles/gradients.json', import.meta.url), 'utf8'),
) as { gradients: Case[] }
/** Largest relative error that a backend may have. */
const boundOf = (backend: BackendName): number => (backend === 'reference' ? 1e-9 : 2e-4)
const flat = (rows: number[][]): Float64Array => Float64Array.from(rows.flat())

interface Configuration {
  backend: BackendName
  workers: number
  shards: number | 'auto'
}

async function trainerOf(one: Case, configuration: Configuration): Promise<Trainer> {
  const trainer = await createTrainer({
    network: {
      inputs: one.dims[0]!,
      layers: one.activations.map((activation, l) => dense(one.dims[l + 1]!, activation)),
    },
    loss: one.loss,
    l2: one.l2,
    ...configuration,
  })
  trainer.setParameters({
    weights: one.W.map(flat),
    biases: one.b.map((row) => Float64Array.from(row)),
  })
  return trainer
}

async function gradientOf(one: Case, configuration: Configuration): Promise<Gradient> {
  await using trainer = await trainerOf(one, configuration)
  return await trainer.gradient(flat(one.X), flat(one.Y))
}

/**
 * Largest difference relative to the largest entry of what is expected; not a number if the lengths
 * differ.
 */
function relativeError(actual: ArrayLike<number>, expected: number[]): number {
  if (actual.length !== expected.length) return NaN
  const largest = Math.max(...expected.map(Math.abs), 1e-300)
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / largest
}

/** The largest relative error of the cost and of each layer's weights and biases. */
function errorOf({ cost, weights, biases }: Gradient, one: Case): number {
  expect([weights.length, biases.length]).toEqual([one.dW.length, one.db.length])
  return Math.max(
    Math.abs(cost / one.cost - 1),
    ...weights.map((w, l) => relativeError(w, one.dW[l]!.flat())),
    ...biases.map((b, l) => relativeError(b, one.db[l]!)),
  )
}

it('the oracle has at least 25 cases, among them every activation and every loss', () => {
  expect(cases.length).toBeGreaterThanOrEqual(25)
  expect(new Set(cases.flatMap(({ activations }) => activations))).toEqual(new Set(activationNames))
  expect(new Set(cases.map(({ loss }) => loss))).toEqual(new Set(lossNames))
})

describe("one parallel gradient equals PyTorch's", () => {
  for (const backend of backendNames) {
    const bound = boundOf(backend)
    describe.skipIf(!has(backend))(backend, () => {
      for (const one of cases) {
        it(`${one.name}: to ${bound} the batch whole, and in 8 uneven shards by 1 and by 3 workers, with the same bits`, async () => {
          const [whole, sharded, shardedBy3] = await Promise.all([
            gradientOf(one, { backend, workers: 1, shards: 'auto' }),
            gradientOf(one, { backend, workers: 1, shards: 8 }),
            gradientOf(one, { backend, workers: 3, shards: 8 }),
          ])
          expect(errorOf(whole, one)).toBeLessThan(bound)
          expect(errorOf(sharded, one)).toBeLessThan(bound)
          expect(shardedBy3).toEqual(sharded)
        })
      }
    })
  }

  it('also with 64 shards, more than there are examples: float64 to 1e-9, float32 to 2e-4', async () => {
    const one = cases.reduce((most, other) => (other.X.length > most.X.length ? other : most))
    expect(one.X.length).toBeLessThan(64)
    for (const backend of backendsHere)
      expect(
        errorOf(await gradientOf(one, { backend, workers: 3, shards: 64 }), one),
        backend,
      ).toBeLessThan(boundOf(backend))
  })

  it('class labels, in whatever integers, give the bits of one-hot rows', async () => {
    for (const one of cases.filter(
      ({ activations }) => activations.at(-1) === 'softmax' && activations.length > 1,
    )) {
      const labeled = one.Y.every((row) => row.every((y) => y === 0 || y === 1))
      if (!labeled) continue
      const labels = one.Y.map((row) => row.indexOf(1))
      for (const backend of backendsHere) {
        await using trainer = await trainerOf(one, { backend, workers: 2, shards: 4 })
        const expected = await trainer.gradient(flat(one.X), flat(one.Y))
        for (const array of [Uint8Array, Int32Array, Uint16Array])
          expect(await trainer.gradient(flat(one.X), array.from(labels))).toEqual(expected)
      }
    }
  })
})
