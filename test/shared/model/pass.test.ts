// A block through a whole network: its gradient against central differences of its loss, and the
// backends against each other.

import { describe, expect, it } from 'vitest'
import type { ActivationName } from '../../../dist/shared/formulas/activations.js'
import { createArena, planArena } from '../../../dist/shared/arena/arena.js'
import type { BackendName } from '../../../dist/shared/backend-names.js'
import { backends } from '../../../dist/shared/backends.js'
import type { LossName } from '../../../dist/shared/formulas/losses.js'
import { Tally, tallyLayout } from '../../../dist/shared/figures/metrics.js'
import type { Network } from '../../../dist/shared/model/network.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { paddedWidth } from '../../../dist/shared/batches/padding.js'
import { piecesOf } from '../../../dist/shared/arena/pieces.js'
import {
  backward,
  createPass,
  forwardWithLoss,
  loadBlock,
  prepareWeights,
} from '../../../dist/shared/model/pass.js'
import { createUniform } from '../../../dist/shared/numerics/random.js'
import { backendsHere } from '../../machine.js'
import { engineOf, noise, worstDifference } from '../support.js'

const EXAMPLES = 11
/** Of a block: room for all examples as one part, or for up to 8 parts of 4. */
const ROWS = 32

/** Examples first .. end - 1. */
type Shard = [first: number, end: number]
const everything: Shard[] = [[0, EXAMPLES]]

/**
 * A network in an arena of its own: `parameters` holds only the real ones, padding left out. With
 * `keys`, what they draw is left out.
 */
function openPass(backend: BackendName, network: Network, lossName: LossName, keys?: number[]) {
  const { dtype, create, preparedElements, productElements } = backends[backend]
  const outputs = network.layers.at(-1)!.units
  const layout = planArena({
    network,
    dtype,
    stateElements: 0,
    workers: 1,
    shards: 1,
    batchSize: ROWS,
    predicts: false,
    preparedElements,
    productElements: (shape) =>
      Math.max(
        productElements({ ...shape, parts: 1, rows: ROWS }),
        productElements({ ...shape, parts: 8, rows: ROWS / 8 }),
      ),
    training: { count: EXAMPLES, inputs: dtype, targets: dtype, weighted: false },
    validation: undefined,
    tallyFields: 3,
    gradient: false,
    timeline: false,
  })
  const memory = createArena(layout.bytes)
  const values =
    dtype === 'float32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer)
  const size = values.BYTES_PER_ELEMENT
  const scratch = layout.scratch[0]!
  const pass = createPass(
    create(engineOf(backend), memory),
    new Int32Array(memory.buffer),
    { ...layout, parts: 8 },
    network,
    lossName,
    tallyLayout('', network),
    0,
  )
  pass.dropoutKeys = keys
  const { inputs, targets } = layout.training!
  for (let i = 0; i < EXAMPLES; i++) {
    for (let j = 0; j < network.inputs; j++)
      values[inputs.offset / size + i * network.inputs + j] = noise(i, j)
    for (let j = 0; j < outputs; j++) {
      values[targets!.offset / size + i * outputs + j] =
        lossName === 'categoricalCrossEntropy'
          ? Number(i % outputs === j)
          : lossName === 'binaryCrossEntropy'
            ? (i + j) % 2
            : noise(i, j + 50)
    }
  }
  const places = layout.parameters.layers.flatMap((layer) => [
    ...Array.from(
      { length: layer.inputs * layer.outputs },
      (_, i) =>
        layer.weights +
        Math.floor(i / layer.outputs) * paddedWidth(layer.outputs) +
        (i % layer.outputs),
    ),
    ...Array.from({ length: layer.outputs }, (_, j) => layer.biases + j),
  ])
  const parameters = layout.versions[0].parameters
  const uniform = createUniform(4, 4)
  for (const place of places) values[parameters / size + place] = Math.fround(2 * uniform() - 1)

  const prepareAll = (): void => {
    for (const piece of piecesOf(layout.parameters))
      if (piece.kind === 'weights') prepareWeights(pass, parameters, piece, true)
  }
  prepareAll()

  /**
   * Takes runs of the examples, first .. end-1 each, through the network side by side; `backward`
   * may follow.
   */
  const run = (shards: Shard[]): void => {
    pass.parts.count = shards.length
    pass.parts.stride = ROWS / shards.length
    shards.forEach(([first, end], part) => {
      pass.parts.rows[part] = end - first
      new Int32Array(
        memory.buffer,
        scratch.rowNumbers + 4 * part * pass.parts.stride,
        end - first,
      ).forEach((_, i, rows) => (rows[i] = first + i))
    })
    loadBlock(pass, layout.training!)
    forwardWithLoss(pass, parameters, false)
  }
  const resetTallies = (): void => pass.tallies.forEach((tally) => tally.fill(0))
  const loss = (): number => {
    resetTallies()
    run(everything)
    return pass.tallies[0]![Tally.loss]!
  }
  return {
    loss,
    /**
     * The gradient of blocks one after the other, each of shards side by side; and the tallies of
     * the parts.
     */
    gradient: (
      blocks = [everything],
    ): { gradient: number[]; tallies: number[][]; padding: number[] } => {
      resetTallies()
      values.fill(7777, layout.slots / size, layout.slots / size + layout.parameters.elements)
      blocks.forEach((shards, block) => {
        run(shards)
        backward(pass, parameters, layout.slots, block > 0)
      })
      const all = Array.from(
        values.subarray(layout.slots / size, layout.slots / size + layout.parameters.elements),
      )
      const real = new Set(places)
      return {
        gradient: places.map((place) => all[place]!),
        tallies: pass.tallies.slice(0, blocks[0]!.length).map((tally) => Array.from(tally)),
        padding: all.filter((_, place) => !real.has(place)),
      }
    },
    slope: (parameter: number): number => {
      const at = parameters / size + places[parameter]!
      const [value, step] = [values[at]!, 1e-5]
      const lossAt = (change: number): number => {
        values[at] = value + change
        prepareAll()
        const result = loss()
        values[at] = value
        return result
      }
      return (lossAt(step) - lossAt(-step)) / (2 * step)
    },
    parameters: places.length,
  }
}

type Result = ReturnType<ReturnType<typeof openPass>['gradient']>

const cases: [LossName, ActivationName, ActivationName][] = [
  ['halfSquaredError', 'tanh', 'identity'],
  ['halfSquaredError', 'relu', 'softmax'],
  ['halfSquaredError', 'softmax', 'sigmoid'],
  ['meanSquaredError', 'sigmoid', 'tanh'],
  ['meanSquaredError', 'identity', 'relu'],
  ['meanAbsoluteError', 'softplus', 'leakyRelu'],
  ['huber', 'gelu', 'silu'],
  ['huber', 'silu', 'elu'],
  ['meanSquaredError', 'elu', 'gelu'],
  ['binaryCrossEntropy', 'relu', 'sigmoid'],
  ['categoricalCrossEntropy', 'tanh', 'softmax'],
  ['categoricalCrossEntropy', 'softmax', 'softmax'],
]

describe.each([0, 0.4])('dropout %f', (dropout) =>
  describe.each(cases)('%s after %s and %s', (loss, hidden, output) => {
    const network: Network = {
      inputs: 5,
      layers: [
        dense(6, hidden, { dropout: dropout / 2 }),
        dense(9, hidden, { dropout }),
        dense(3, output),
      ],
    }
    const keys = dropout > 0 ? [123_456_789, 4_000_000_000, 7] : undefined
    const open = (backend: BackendName) => openPass(backend, network, loss, keys)

    it('the gradient is the slope of the summed loss: central differences to 1e-7 in every parameter', () => {
      const pass = open('reference')
      const { gradient, tallies } = pass.gradient()
      const slopes = Array.from({ length: pass.parameters }, (_, parameter) =>
        pass.slope(parameter),
      )
      expect(worstDifference(gradient, slopes).error).toBeLessThan(1e-7)
      expect(
        gradient.filter((g) => Math.abs(g) > 1e-3).length,
        'parameters that matter',
      ).toBeGreaterThan(gradient.length * (dropout > 0 ? 0.4 : 0.5))
      expect(tallies[0]![Tally.loss]).toBe(pass.loss())
    })

    const reference = open('reference').gradient()
    const largest = Math.max(...reference.gradient.map(Math.abs))
    const sumOf = (tallies: number[][]): number[] =>
      tallies.reduce((sum, tally) => sum.map((value, field) => value + tally[field]!))
    const ways: [string, Shard[][]][] = [
      ['in blocks, accumulated', [[[0, 1]], [[1, 6]], [[6, EXAMPLES]]]],
      [
        'in 4 shards side by side',
        [
          [
            [0, 3],
            [3, 6],
            [6, 8],
            [8, EXAMPLES],
          ],
        ],
      ],
      [
        'in 8 shards side by side, some of them empty',
        [
          [
            [0, 4],
            [4, 4],
            [4, 5],
            [5, 8],
            [8, 8],
            [8, 9],
            [9, 11],
            [11, 11],
          ],
        ],
      ],
    ]
    for (const [way, blocks] of ways) {
      it.each(backendsHere)(
        `%s: ${way}, it is the same, in float64 to 1e-14 of the largest, in float32 to 1e-6; zeros stay in the padding`,
        (backend) => {
          const bound = backend === 'reference' ? 1e-14 : 1e-6
          const { gradient, tallies, padding } = open(backend).gradient(blocks)
          const [tally, expected] = [sumOf(tallies), reference.tallies[0]!]
          expect(worstDifference(gradient, reference.gradient).error / largest).toBeLessThan(bound)
          expect(tally[Tally.correct]).toBe(expected[Tally.correct])
          expect(tally[Tally.weight]).toBe(EXAMPLES)
          expect(Math.abs(tally[Tally.loss]! / expected[Tally.loss]! - 1)).toBeLessThan(bound)
          expect(padding.filter((x) => x !== 0)).toEqual([])
        },
      )
    }

    it.each(backendsHere)(
      '%s: each of the shards side by side has the tally that it has alone, and their gradient is the tree of those they have alone, bit for bit',
      (backend) => {
        const shards = ways[1]![1][0]!
        const round = backend === 'reference' ? (x: number): number => x : Math.fround
        const [a, b, c, d] = shards.map((shard) => open(backend).gradient([[shard]])) as [
          Result,
          Result,
          Result,
          Result,
        ]
        const together = open(backend).gradient([shards])
        expect(together.tallies).toEqual([a, b, c, d].map(({ tallies }) => tallies[0]))
        expect(together.gradient).toEqual(
          a.gradient.map((_, i) =>
            round(round(a.gradient[i]! + b.gradient[i]!) + round(c.gradient[i]! + d.gradient[i]!)),
          ),
        )
      },
    )
  }),
)
