import { expect, it } from 'vitest'
import { copyOfNetwork } from '../../../dist/main/options/network-copy.js'
import type { Network } from '../../../dist/shared/model/network.js'
import { normal } from '../../../dist/shared/formulas/initializers.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'

const network: Network = {
  inputs: 2,
  scale: 0.5,
  preprocessing: [
    { name: 'cross', columns: [0, 1] },
    { name: 'standardize', mean: [1, 2, 3], deviation: [1, 2, 3] },
  ],
  layers: [
    dropout(0.5),
    dense(3, 'relu', { bias: false }),
    dense(1, 'tanh', { initializer: normal(0.1) }),
  ],
}

/** Everything in a value that can be changed. */
const objectsIn = (value: unknown): object[] =>
  typeof value === 'object' && value !== null
    ? [value, ...Object.values(value).flatMap(objectsIn)]
    : []

it('a copy is equal, and shares nothing that can be changed', () => {
  const copy = copyOfNetwork(network)
  expect(copy).toEqual(network)
  const own = new Set(objectsIn(network))
  expect(own.size).toBe(12)
  expect(objectsIn(copy).filter((object) => own.has(object))).toEqual([])
})

it('has the defaults of layers, and no field that was left out', () => {
  const copy = copyOfNetwork({
    layers: [{ initializer: 'he', activation: 'relu', units: 3, kind: 'dense' }],
    inputs: 2,
    scale: undefined,
  })
  const layer = '{"kind":"dense","units":3,"activation":"relu","initializer":"he","bias":true}'
  expect(JSON.stringify(copy)).toBe(`{"inputs":2,"layers":[${layer}]}`)
  expect(Object.keys(copy)).toEqual(['inputs', 'layers'])
})

it('is made of proxies too', () => {
  const watched = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? new Proxy(value, { get: (of, key) => watched(Reflect.get(of, key)) })
      : value
  expect(copyOfNetwork(watched(network) as Network)).toEqual(network)
})
