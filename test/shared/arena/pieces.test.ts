import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parameterLayout } from '../../../dist/shared/arena/parameter-layout.js'
import type { Network } from '../../../dist/shared/model/network.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { CHUNK, piecesOf, piecesOfWorker } from '../../../dist/shared/arena/pieces.js'

const width = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2000 }))
const networks: fc.Arbitrary<Network> = fc.record({
  inputs: width,
  layers: fc.array(
    width.map((units) => dense(units)),
    { minLength: 1, maxLength: 4 },
  ),
})

it('whatever the network: pieces cover the parameters once, in order; biases last', () => {
  fc.assert(
    fc.property(networks, (network) => {
      const layout = parameterLayout(network)
      const pieces = piecesOf(layout)
      let end = 0
      pieces.forEach(({ index, kind, first, elements }, i) => {
        expect(index).toBe(i)
        expect(first).toBe(end)
        expect(elements).toBeGreaterThan(0)
        end += elements
        expect(kind).toBe(end <= layout.weights ? 'weights' : 'biases')
      })
      expect(end).toBe(layout.elements)
    }),
  )
})

it('a piece of weights is whole groups of 8 rows of one layer, the fewest that make a chunk, or what the layer has left', () => {
  fc.assert(
    fc.property(networks, (network) => {
      const layout = parameterLayout(network)
      for (const piece of piecesOf(layout)) {
        if (piece.kind === 'biases') continue
        const { inputs, outputs, weights } = layout.layers[piece.layer]!
        const rowElements = 8 * Math.ceil(outputs / 8)
        const rows = piece.endRow - piece.firstRow
        expect([piece.firstRow % 8, piece.endRow % 8]).toEqual([0, 0])
        expect(piece.first).toBe(weights + piece.firstRow * rowElements)
        expect(piece.elements).toBe(rows * rowElements)
        expect((rows - 8) * rowElements).toBeLessThan(CHUNK)
        expect(piece.firstRow).toBeLessThan(inputs)
        if (piece.elements < CHUNK) expect(piece.endRow).toBe(8 * Math.ceil(inputs / 8))
      }
    }),
  )
})

it('any number of workers share the pieces out, each one to one of them, in order', () => {
  fc.assert(
    fc.property(networks, fc.integer({ min: 1, max: 64 }), (network, workers) => {
      const layout = parameterLayout(network)
      const shared = Array.from({ length: workers }, (_, worker) =>
        piecesOfWorker(layout, workers, worker),
      )
      expect(shared.flat()).toEqual(piecesOf(layout))
    }),
  )
})

it('no worker has more than its share of the parameters and one piece', () => {
  fc.assert(
    fc.property(networks, fc.integer({ min: 1, max: 64 }), (network, workers) => {
      const layout = parameterLayout(network)
      const largest = Math.max(...piecesOf(layout).map(({ elements }) => elements))
      for (let worker = 0; worker < workers; worker++) {
        const elements = piecesOfWorker(layout, workers, worker).reduce(
          (sum, piece) => sum + piece.elements,
          0,
        )
        expect(elements).toBeLessThan(layout.elements / workers + largest)
      }
    }),
  )
})
