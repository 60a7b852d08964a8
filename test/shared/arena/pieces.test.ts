import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type ParameterLayout,
  parameterLayout,
} from '../../../dist/shared/arena/parameter-layout.js'
import {
  CHUNK,
  type Piece,
  piecesOf,
  stretchOf,
  stretchesOf,
  shareOf,
} from '../../../dist/shared/arena/pieces.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import type { LayerDescription } from '../../../dist/shared/model/layers/kinds.js'
import { tensorsOf } from '../../../dist/shared/model/network.js'

const width = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2000 }))
/** Of networks, some of whose layers follow a dropout, and some have no biases. */
const layouts: fc.Arbitrary<ParameterLayout> = fc
  .record({
    inputs: width,
    layers: fc
      .array(fc.tuple(width, fc.boolean()), { minLength: 1, maxLength: 4 })
      .map((layers) =>
        layers.flatMap(([units, drops]): LayerDescription[] =>
          drops ? [dropout(0.5), dense(units)] : [dense(units, 'relu', { bias: units % 5 > 0 })],
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

it('a piece of weights is a power of two of rows of one layer, at least 8 and the fewest that make a chunk, or what the layer has left', () => {
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
        expect(firstRow).toBeLessThan(inputs)
        const isLast = endRow === 8 * Math.ceil(inputs / 8)
        if (!isLast) expect(Number.isInteger(Math.log2(rows))).toBe(true)
        if (!isLast) expect(firstRow % rows).toBe(0)
        if (!isLast) expect(piece.elements).toBeGreaterThanOrEqual(CHUNK)
        if (rows > 8) expect((rows / 2) * rowElements).toBeLessThan(CHUNK)
      }
    }),
    { seed: 2 },
  )
})

it('pieces of biases are of one size, but for the last, at most a chunk: they are one run, whosever they are', () => {
  fc.assert(
    fc.property(layouts, (layout) => {
      const sizes = piecesOf(layout)
        .filter(({ rows }) => rows === undefined)
        .map(({ elements }) => elements)
      const [largest = 0] = sizes
      expect(sizes.slice(0, -1).every((elements) => elements === largest)).toBe(true)
      expect(sizes.at(-1) ?? 0).toBeLessThanOrEqual(largest)
      expect(largest).toBeLessThanOrEqual(CHUNK)
    }),
    { seed: 3 },
  )
})

const workerCount = fc.integer({ min: 1, max: 64 })
const sliceRowCount = fc.integer({ min: 0, max: 8 }).map((exponent) => 2 ** exponent)

/** The share of each of some workers. */
function sharesOf(layout: ParameterLayout, sliceRows: number, workers: number): Piece[][] {
  return Array.from({ length: workers }, (_, worker) => shareOf(layout, sliceRows, workers, worker))
}

it('any number of workers share the pieces out, whatever the slices: each one to one of them, in order', () => {
  fc.assert(
    fc.property(layouts, sliceRowCount, workerCount, (layout, sliceRows, workers) => {
      expect(sharesOf(layout, sliceRows, workers).flat()).toEqual(piecesOf(layout))
    }),
    { seed: 4 },
  )
})

it('a slice of weights is never cut: no share begins in the midst of one', () => {
  fc.assert(
    fc.property(layouts, sliceRowCount, workerCount, (layout, sliceRows, workers) => {
      for (const [first] of sharesOf(layout, sliceRows, workers))
        if (first?.rows) expect(first.rows.firstRow % sliceRows).toBe(0)
    }),
    { seed: 5 },
  )
})

/** As many operations as an element of weights takes, for one of biases: by the one's word. */
const cost = ({ elements, rows }: Piece): number => (rows ? 1 : 8) * elements

it('no worker has more than its share of the work and one slice', () => {
  fc.assert(
    fc.property(layouts, sliceRowCount, workerCount, (layout, sliceRows, workers) => {
      const sum = (pieces: Piece[]): number => pieces.reduce((all, piece) => all + cost(piece), 0)
      const slices = new Map<string, number>()
      for (const piece of piecesOf(layout)) {
        const { firstRow, layer } = piece.rows ?? { firstRow: 0, layer: -1 - piece.index }
        const slice = `${layer} ${Math.floor(firstRow / sliceRows)}`
        slices.set(slice, (slices.get(slice) ?? 0) + cost(piece))
      }
      const [largest, all] = [Math.max(...slices.values()), sum(piecesOf(layout))]
      for (const share of sharesOf(layout, sliceRows, workers))
        expect(sum(share)).toBeLessThan(all / workers + largest + 1e-6)
    }),
    { seed: 6 },
  )
})

it('ranges: exactly the elements of the pieces, tensor by tensor; of weights whole slices, of biases whole groups of 8', () => {
  fc.assert(
    fc.property(layouts, sliceRowCount, workerCount, (layout, sliceRows, workers) => {
      for (const share of sharesOf(layout, sliceRows, workers)) {
        const stretches = stretchOf(layout, share).ranges.map(({ layer, list, first, end }) => {
          const tensor = layout.tensors.find((each) => each.layer === layer && each.list === list)!
          const unit = list === 'weights' ? tensor.width : 1
          expect(first).toBeLessThan(end)
          expect(first % (list === 'weights' ? sliceRows : 8)).toBe(0)
          if (end * unit !== tensor.elements)
            expect(end % (list === 'weights' ? sliceRows : 8)).toBe(0)
          expect(end * unit).toBeLessThanOrEqual(tensor.elements)
          return [tensor.first + first * unit, tensor.first + end * unit] as const
        })
        // They follow on each other: together one stretch, that of the pieces.
        stretches.forEach(([first], i) => {
          if (i > 0) expect(first).toBe(stretches[i - 1]![1])
        })
        const [begin, last] = [share[0], share.at(-1)]
        expect([stretches[0]?.[0], stretches.at(-1)?.[1]]).toEqual([
          begin?.first,
          last && last.first + last.elements,
        ])
      }
    }),
    { seed: 7 },
  )
})

it('ranges of all pieces are all tensors, whole; a layer without biases has none for them', () => {
  const layers = [dense(20), dense(30, 'tanh', { bias: false }), dense(3)]
  const layout = parameterLayout(tensorsOf({ inputs: 50, layers }))
  expect(stretchOf(layout, piecesOf(layout)).ranges).toEqual([
    { layer: 0, list: 'weights', first: 0, end: 56 },
    { layer: 1, list: 'weights', first: 0, end: 24 },
    { layer: 2, list: 'weights', first: 0, end: 32 },
    { layer: 0, list: 'biases', first: 0, end: 24 },
    { layer: 2, list: 'biases', first: 0, end: 8 },
  ])
  expect(stretchOf(layout, []).ranges).toEqual([])
})

it('stretches: the pieces in order, each whole slices of at most so many elements, or one slice', () => {
  fc.assert(
    fc.property(
      layouts,
      sliceRowCount,
      workerCount,
      fc.integer({ min: 1, max: 20_000 }),
      (layout, sliceRows, workers, most) => {
        for (const share of sharesOf(layout, sliceRows, workers)) {
          const stretches = stretchesOf(layout, sliceRows, share, most)
          expect(stretches.flatMap(({ pieces }) => pieces)).toEqual(share)
          for (const { pieces, first, elements, ranges } of stretches) {
            expect([first, elements]).toEqual([
              pieces[0]!.first,
              pieces.reduce((sum, piece) => sum + piece.elements, 0),
            ])
            for (const { list, first: from } of ranges)
              expect(from % (list === 'weights' ? sliceRows : 8)).toBe(0)
            const slices = pieces.filter(
              ({ rows }, i) => i === 0 || !rows || rows.firstRow % sliceRows === 0,
            )
            if (slices.length > 1) expect(elements).toBeLessThanOrEqual(most)
          }
        }
      },
    ),
    { seed: 8 },
  )
})
