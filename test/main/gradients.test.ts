import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createTrainer, dense } from '../../dist/main/index.js'
import type { ActivationName, Gradient, LossName } from '../../dist/main/index.js'
import { activationNames } from '../../dist/shared/activations.js'
import { lossNames } from '../../dist/shared/losses.js'

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

const { gradients } = JSON.parse(readFileSync(new URL('../oracles/gradients.json', import.meta.url), 'utf8')) as { gradients: Case[] }
const cases = gradients.filter(({ activations, loss }) => lossNames.includes(loss) && activations.every((name) => activationNames.includes(name)))
const flat = (rows: number[][]): Float64Array => Float64Array.from(rows.flat())

async function gradientOf(one: Case, options: { backend: 'wasm' | 'reference'; workers: number; shards: number | 'auto' }, labels = false): Promise<Gradient> {
  await using trainer = await createTrainer({
    network: { inputs: one.dims[0]!, layers: one.activations.map((activation, l) => dense(one.dims[l + 1]!, activation)) },
    loss: one.loss, l2: one.l2, ...options,
  })
  trainer.setParameters({ weights: one.W.map(flat), biases: one.b.map((row) => Float64Array.from(row)) })
  return await trainer.gradient(flat(one.X), labels ? Uint8Array.from(one.Y, (row) => row.indexOf(1)) : flat(one.Y))
}

/** Largest difference relative to the largest entry of what is expected. */
function relativeError(actual: ArrayLike<number>, expected: number[]): number {
  const largest = Math.max(...expected.map(Math.abs), 1e-300)
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / largest
}

it('most of the oracle\'s cases use parts that are there', () => expect(cases.length).toBeGreaterThanOrEqual(17))

describe('one parallel gradient equals PyTorch\'s', () => {
  const bounds = { reference: 1e-9, wasm: 2e-4 } as const
  for (const one of cases) {
    it(`${one.name}: float64 to 1e-9, float32 to 2e-4, with 1 and 3 workers, 8 uneven shards or as many as fit`, async () => {
      for (const backend of ['reference', 'wasm'] as const) {
        for (const workers of [1, 3]) {
          for (const shards of ['auto', 8] as const) {
            const { cost, weights, biases } = await gradientOf(one, { backend, workers, shards })
            expect(Math.abs(cost / one.cost - 1)).toBeLessThan(bounds[backend])
            const errors = [...weights.map((w, l) => relativeError(w, one.dW[l]!.flat())), ...biases.map((b, l) => relativeError(b, one.db[l]!))]
            expect(Math.max(...errors)).toBeLessThan(bounds[backend])
          }
        }
      }
    })
  }

  it('class labels give the bits of one-hot rows', async () => {
    for (const one of cases.filter(({ loss }) => loss === 'categoricalCrossEntropy')) {
      const options = { backend: 'wasm', workers: 2, shards: 4 } as const
      expect(await gradientOf(one, options, true)).toEqual(await gradientOf(one, options))
    }
  })
})
