import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type ParameterLayout,
  parameterLayout,
} from '../../../dist/shared/arena/parameter-layout.js'
import { CHUNK, piecesOf, piecesOfWorker } from '../../../dist/shared/arena/pieces.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import type { LayerDescription } from '../../../dist/shared/model/layers/kinds.js'
import { tensorsOf } from '../../../dist/shared/model/network.js'

const width = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2000 }))
/** Of networks, some of whose layers follow a dropout. */
const layouts: fc.Arbitrary<ParameterLayout> = fc
  .record({
    inputs: width,
    layers: fc
      .array(fc.tuple(width, fc.boolean()), { minLength: 1, maxLength: 4 })
      .map((layers) =>
        layers.flatMap(([units, drops]): LayerDescription[] =>
          drops ? [dropout(0.5), dense(units)] : [dense(units)],
        ),
      ),
  })
  .map((network) => parameterLayout(tensorsOf(network)))

it('whatever the network: pieces cover the parameters once, in order; biases last, outside the L2 term', () => {
  fc.assert(
    fc.property(layouts, (layout) => {
      let end = 0
      piecesOf(layout).forEach(({ index, rows, first, elements, regularized }, i) => {
        expect(index).toBe(i)
        expect(first).toBe(end)
        expect(elements).toBeGreaterThan(0)
        end += elements
        expect(regularized).toBe(end <= layout.regularized)
        expect(rows !== undefined).toBe(regularized)
      })
      expect(end).toBe(layout.elements)
    }),
    { seed: 1 },
  )
})

it('a piece of weights is whole groups of 8 rows of one layer, the fewest that make a chunk, or what the layer has left', () => {
  fc.assert(
    fc.property(layouts, (layout) => {
      for (const piece of piecesOf(layout)) {
        if (!piece.rows) continue
        const { layer, firstRow, endRow } = piece.rows
        const {
          rows: inputs,
          columns,
          first,
        } = layout.tensors.find((tensor) => tensor.layer === layer && tensor.list === 'weights')!
        const rowElements = 8 * Math.ceil(columns / 8)
        const rows = endRow - firstRow
        expect([firstRow % 8, endRow % 8]).toEqual([0, 0])
        expect(piece.first).toBe(first + firstRow * rowElements)
        expect(piece.elements).toBe(rows * rowElements)
        expect((rows - 8) * rowElements).toBeLessThan(CHUNK)
        expect(firstRow).toBeLessThan(inputs)
        if (piece.elements < CHUNK) expect(endRow).toBe(8 * Math.ceil(inputs / 8))
      }
    }),
    { seed: 2 },
  )
})

it('a piece of biases is a chunk, but for the last: they are one run, whosever they are', () => {
  fc.assert(
    fc.property(layouts, (layout) => {
      const sizes = piecesOf(layout)
        .filter(({ rows }) => rows === undefined)
        .map(({ elements }) => elements)
      expect(sizes.slice(0, -1).every((elements) => elements === CHUNK)).toBe(true)
      expect(sizes.at(-1)).toBeLessThanOrEqual(CHUNK)
    }),
    { seed: 3 },
  )
})

it('any number of workers share the pieces out, each one to one of them, in order', () => {
  fc.assert(
    fc.property(layouts, fc.integer({ min: 1, max: 64 }), (layout, workers) => {
      const shared = Array.from({ length: workers }, (_, worker) =>
        piecesOfWorker(layout, workers, worker),
      )
      expect(shared.flat()).toEqual(piecesOf(layout))
    }),
    { seed: 4 },
  )
})

it('no worker has more than its share of the parameters and one piece', () => {
  fc.assert(
    fc.property(layouts, fc.integer({ min: 1, max: 64 }), (layout, workers) => {
      const largest = Math.max(...piecesOf(layout).map(({ elements }) => elements))
      for (let worker = 0; worker < workers; worker++) {
        const elements = piecesOfWorker(layout, workers, worker).reduce(
          (sum, piece) => sum + piece.elements,
          0,
        )
        expect(elements).toBeLessThan(layout.elements / workers + largest)
      }
    }),
    { seed: 5 },
  )
})
