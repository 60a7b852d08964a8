// What backend wasm promises to the last bit: plain float32 operations in a stated order, redone
// here with Math.fround.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activationNames } from '../../../../dist/shared/formulas/activations.js'
import {
  wasmPreparedElements,
  wasmProductElements,
} from '../../../../dist/shared/kernels/wasm/wasm.js'
import { lossNames } from '../../../../dist/shared/formulas/losses.js'
import { createUniform } from '../../../../dist/shared/numerics/random.js'
import { has } from '../../../machine.js'
import { advance } from '../../../../dist/shared/arena/offsets.js'
import {
  type Bench,
  SLICE_ROWS,
  activationOperands,
  denseOperands,
  openBench,
  updateOperands,
  wholeGradient,
} from '../../support.js'
import { sgd } from '../../../../dist/shared/optimizers/optimizers.js'

const { fround } = Math
const uniform = createUniform(11, 3)
/** Float32 numbers between -1 and 1 with all their bits in use. */
const pool = Float32Array.from({ length: 8191 }, () => 2 * uniform() - 1)
const random =
  (seed: number) =>
  (row: number, column: number): number =>
    pool[(row * 131 + column * 17 + seed * 1009 + ((row * column) % 97)) % pool.length]!
const multiplyAdd = (sum: number, a: number, b: number): number => fround(sum + fround(a * b))
const matrix = <T>(rows: number, columns: number, value: (row: number, column: number) => T): T[] =>
  Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns))
/** The sum of terms 0 .. count-1 in ascending order. */
const ascending = (count: number, a: (i: number) => number, b: (i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < count; i++) sum = multiplyAdd(sum, a(i), b(i))
  return sum
}

describe('the three products', () => {
  const shapes = [
    [1, 1, 1],
    [2, 3, 5],
    [3, 7, 4],
    [4, 8, 8],
    [5, 9, 7],
    [7, 1, 17],
    [8, 17, 1],
    [13, 16, 31],
    [17, 33, 9],
    [31, 5, 64],
    [64, 64, 16],
    [300, 21, 11],
  ] as const

  it.each(shapes)(
    'of %i rows, %i inputs, %i outputs: every element is one float32 sum in ascending order, bit for bit; accumulated, it is added once',
    (m, k, n) => {
      const { kernels, put, partsOf, get, reserve } = openBench('wasm')
      const [x, w, d] = [random(1), random(2), random(3)]
      const [xs, ds] = [put(m, k, x), put(m, n, d)]
      const ws = put(Math.ceil(k / 8) * 8, n, (row, column) => (row < k ? w(row, column) : 0))
      const [z, errors, gradient, bias] = [
        put(m, n, () => 9),
        put(m, k, () => 9),
        put(Math.ceil(k / 8) * 8, n, () => 9),
        put(1, n, () => 9),
      ]
      const prepared = reserve(4 * wasmPreparedElements(k, n))
      const parts = partsOf([m])
      const shape = { parts: 1, rows: parts.stride, inputs: k, outputs: n, sliceRows: SLICE_ROWS }
      const layer = denseOperands({
        inputs: k,
        outputs: n,
        parts,
        x: xs,
        weights: ws,
        prepared,
        z,
        dZ: ds,
        dX: errors,
        dWeights: gradient,
        dBias: bias,
        scratch: reserve(4 * wasmProductElements(shape)),
      })

      kernels.prepare(layer, 0, k, false)
      kernels.matmul(layer)
      expect(get(z, m, n)).toEqual(
        matrix(m, n, (i, j) =>
          ascending(
            k,
            (l) => x(i, l),
            (l) => w(l, j),
          ),
        ),
      )

      kernels.prepare(layer, 0, Math.ceil(k / 8) * 8, true)
      kernels.matmulTransposedB(layer)
      expect(get(errors, m, k)).toEqual(
        matrix(m, k, (i, j) =>
          ascending(
            n,
            (l) => d(i, l),
            (l) => w(j, l),
          ),
        ),
      )

      const expectedAfter =
        (times: number, a: (row: number, i: number) => number) =>
        (i: number, j: number): number => {
          const once = ascending(
            m,
            (l) => a(l, i),
            (l) => d(l, j),
          )
          let sum = once
          for (let time = 1; time < times; time++) sum = fround(sum + once)
          return sum
        }
      for (const times of [1, 2, 3]) {
        wholeGradient(kernels, { ...layer, accumulate: times > 1 })
        expect(get(gradient, k, n), `gradient after ${times}`).toEqual(
          matrix(k, n, expectedAfter(times, x)),
        )
        expect(get(bias, 1, n), `bias gradient after ${times}`).toEqual(
          matrix(
            1,
            n,
            expectedAfter(times, () => 1),
          ),
        )
      }
    },
  )
})

describe.each((['wasm', 'wasm-relaxed'] as const).filter(has))(
  '%s: a row by itself gives the same bits as among others',
  (backend) => {
    const value = (row: number, column: number): number => fround(9 * random(4)(row, column))
    const shapes = [
      [6, 1],
      [5, 3],
      [9, 8],
      [7, 21],
    ] as const

    it.each(activationNames)('%s, forward and backward', (name) => {
      const run = (
        { kernels, put, get }: Bench,
        m: number,
        n: number,
        first: number,
      ): number[][] => {
        const [z, errors] = [
          put(m, n, (i, j) => value(first + i, j)),
          put(m, n, (i, j) => random(5)(first + i, j)),
        ]
        const slopes = put(m, n, () => 9)
        const bias = put(1, n, random(6))
        const operands = activationOperands({ rows: m, columns: n, a: z, bias, slopes, dA: errors })
        kernels.activations[name].forward(operands)
        kernels.activations[name].backward(operands)
        return [get(z, m, n), get(errors, m, n)]
      }
      for (const [m, n] of shapes) {
        const alone = Array.from({ length: m }, (_, i) => run(openBench(backend), 1, n, i))
        expect(run(openBench(backend), m, n, 0)).toEqual(
          [0, 1].map((part) => alone.flatMap((row) => row[part]!)),
        )
      }
    })

    it.each(lossNames)('%s, outputs and deltas', (loss) => {
      const run = (
        { kernels, put, get }: Bench,
        m: number,
        n: number,
        first: number,
      ): number[][] => {
        const [z, deltas] = [put(m, n, (i, j) => value(first + i, j)), put(m, n, () => 9)]
        kernels.losses[loss]({
          rows: m,
          columns: n,
          outputs: z,
          bias: put(1, n, random(6)),
          targets: put(m, n, (i, j) => fround(Math.abs(random(7)(first + i, j)))),
          dOutputs: deltas,
        })
        return [get(z, m, n), get(deltas, m, n)]
      }
      for (const [m, n] of shapes) {
        const alone = Array.from({ length: m }, (_, i) => run(openBench(backend), 1, n, i))
        expect(run(openBench(backend), m, n, 0)).toEqual(
          [0, 1].map((part) => alone.flatMap((row) => row[part]!)),
        )
      }
    })
  },
)

describe('summing and updating', () => {
  const ELEMENTS = 128
  const tree = (values: number[]): number =>
    values.length === 1
      ? values[0]!
      : fround(tree(values.slice(0, values.length / 2)) + tree(values.slice(values.length / 2)))
  /** Ways to cut 0 .. ELEMENTS into runs of whole pairs of vectors. */
  const cuts = fc
    .subarray(Array.from({ length: ELEMENTS / 8 - 1 }, (_, i) => 8 * (i + 1)))
    .map((inner) =>
      [0, ...inner].map((from, i): [number, number] => [from, (inner[i] ?? ELEMENTS) - from]),
    )

  it('sum over slots, decay and update: one float32 operation after the other, bit for bit, for every cut into chunks', () => {
    fc.assert(
      fc.property(
        cuts,
        fc.constantFrom(1, 2, 4, 8, 16, 32, 64),
        fc.integer({ min: 1, max: 100_000 }),
        (chunks, count, divisor) => {
          const { kernels, put, get } = openBench('wasm')
          const [slots, weights] = [put(count, ELEMENTS, random(1)), put(1, ELEMENTS, random(2))]
          const [gradient, next] = [put(1, ELEMENTS, () => 9), put(1, ELEMENTS, () => 9)]
          const [l2, learningRate] = [0.1 / divisor, 0.3]
          for (const [from, elements] of chunks) {
            const [g, w, n] = [gradient, weights, next].map((start) => advance(start, 4 * from))
            kernels.sumSlots({
              slots: advance(slots, 4 * from),
              slotBytes: 4 * ELEMENTS,
              count,
              sum: g!,
              elements,
              divisor,
            })
            kernels.addDecay(g!, w!, elements, l2)
            kernels.update(
              sgd({ learningRate }),
              { learningRate, firstCorrection: 1, secondCorrection: 1 },
              updateOperands({ parameters: w!, nextParameters: n!, gradient: g!, elements }),
            )
          }
          const mean = matrix(1, ELEMENTS, (_, i) =>
            fround(tree(Array.from({ length: count }, (_, slot) => random(1)(slot, i))) / divisor),
          )
          const decayed = mean.map((g, i) => multiplyAdd(g, fround(l2), random(2)(0, i)))
          expect(get(gradient, 1, ELEMENTS)).toEqual(decayed)
          expect(get(next, 1, ELEMENTS)).toEqual(
            decayed.map((g, i) => fround(random(2)(0, i) - fround(fround(learningRate) * g))),
          )
          expect(get(weights, 1, ELEMENTS)).toEqual(matrix(1, ELEMENTS, random(2)))
        },
      ),
      { numRuns: 60, seed: 1 },
    )
  })

  it('neighbors added by addInto give the bits of the same subtree summed over slots', () => {
    const { kernels, put, get } = openBench('wasm')
    const leaves = Array.from({ length: 4 }, (_, slot) =>
      put(1, ELEMENTS, (_, i) => random(1)(slot, i)),
    )
    kernels.addInto(leaves[0]!, leaves[1]!, ELEMENTS)
    kernels.addInto(leaves[2]!, leaves[3]!, ELEMENTS)
    kernels.addInto(leaves[0]!, leaves[2]!, ELEMENTS)
    const summed = put(1, ELEMENTS, () => 9)
    kernels.sumSlots({
      slots: put(4, ELEMENTS, random(1)),
      slotBytes: 4 * ELEMENTS,
      count: 4,
      sum: summed,
      elements: ELEMENTS,
      divisor: 1,
    })
    expect(get(leaves[0]!, 1, ELEMENTS)).toEqual(get(summed, 1, ELEMENTS))
  })

  it('sumSquares: relative error below 1e-13 of the float64 sum, over as many elements as are asked for', () => {
    for (const elements of [8, 24, 120]) {
      const { kernels, put } = openBench('wasm')
      const exact = matrix(1, elements, random(2)).reduce((sum, w) => sum + w * w, 0)
      expect(
        Math.abs(kernels.sumSquares(put(1, ELEMENTS, random(2)), elements) / exact - 1),
      ).toBeLessThan(1e-13)
    }
  })
})

it('float64 examples are refused: this backend stores none', () => {
  const { kernels, reserve } = openBench('wasm')
  expect(() =>
    kernels.gather({
      type: 'float64',
      source: reserve(64),
      rowNumbers: reserve(4),
      matrix: reserve(128),
      rows: 1,
      columns: 1,
      scale: 1,
    }),
  ).toThrow(/internal: .*uint8 or float32/)
})
