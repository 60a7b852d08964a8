import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { flopsOf } from '../../../dist/shared/model/network.js'
import { widthsOf } from '../../../dist/shared/formulas/network.js'

const width = fc.integer({ min: 1, max: 500 })

it('widthsOf: the inputs, then the units of every layer', () => {
  fc.assert(
    fc.property(width, fc.array(width, { minLength: 1, maxLength: 5 }), (inputs, units) => {
      expect(widthsOf({ inputs, layers: units.map((n) => dense(n, 'tanh')) })).toEqual([
        inputs,
        ...units,
      ])
    }),
    { seed: 1 },
  )
})

it('flopsOf: two a weight and example for each product there is: forward and gradient in every layer, errors in all but the first', () => {
  fc.assert(
    fc.property(fc.array(width, { minLength: 2, maxLength: 6 }), width, (widths, examples) => {
      let flops = 0
      for (let layer = 1; layer < widths.length; layer++) {
        const product = 2 * examples * widths[layer - 1]! * widths[layer]!
        flops += layer === 1 ? 2 * product : 3 * product
      }
      expect(flopsOf(widths, examples)).toBe(flops)
    }),
    { seed: 2 },
  )
})

it('dense: identity and xavier unless told otherwise', () => {
  expect(dense(3)).toEqual({ units: 3, activation: 'identity', initializer: 'xavier' })
  expect(dense(3, 'relu', { initializer: 'he' })).toEqual({
    units: 3,
    activation: 'relu',
    initializer: 'he',
  })
  expect(dense(3, 'relu', { dropout: 0.5 })).toEqual({
    units: 3,
    activation: 'relu',
    initializer: 'xavier',
    dropout: 0.5,
  })
})
