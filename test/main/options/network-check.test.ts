import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkCheck } from '../../../dist/main/options/network-check.js'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { InputError } from '../../../dist/shared/errors.js'
import { normal } from '../../../dist/shared/formulas/initializers.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'

const network = { inputs: 4, layers: [dense(3, 'tanh'), dense(2, 'softmax')] }
const valid = { network, loss: 'categoricalCrossEntropy' } as const

describe('an error of a network names the field, the rule and the value:', () => {
  const wrong: [unknown, RegExp][] = [
    [
      { ...valid, network: { ...network, inputs: 0 } },
      /network\.inputs: expected a whole number of at least 1, got 0/,
    ],
    [{ ...valid, network: { ...network, inputs: 2.5 } }, /network\.inputs: .* got 2\.5/],
    [
      { ...valid, network: { inputs: 3, layers: [] } },
      /network\.layers: expected at least one layer, got an array of 0/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: 'deep' } },
      /network\.layers: expected a list of layers.*, got 'deep'/,
    ],
    [
      {
        ...valid,
        network: { inputs: 3, layers: [dense(3), { ...dense(2), activation: 'sigmoidal' }] },
      },
      /network\.layers\[1\]\.activation: expected one of identity, .*, got 'sigmoidal'/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(NaN)] } },
      /network\.layers\[0\]\.units: .* got NaN/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(2, 'tanh', { initializer: normal(0) })] } },
      /layers\[0\]\.initializer\.deviation: expected a number above 0, at most 1e37, got 0/,
    ],
    [
      {
        ...valid,
        network: {
          inputs: 3,
          layers: [{ ...dense(2), initializer: { name: 'he', deviation: 1 } }],
        },
      },
      /layers\[0\]\.initializer\.name: expected "normal", got 'he'/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), bias: 0 }] } },
      /layers\[0\]\.bias: expected true or false, got 0/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), initializer: 'ones' }] } },
      /layers\[0\]\.initializer: expected one of plain, xavier, he, .*, got 'ones'/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(3, 'relu'), dropout(1), dense(2)] } },
      /layers\[1\]\.rate: expected a number from 0 to below 1, got 1$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(3, 'relu'), dropout(-0.1), dense(2)] } },
      /layers\[1\]\.rate: expected .* got -0\.1$/,
    ],
    [
      {
        ...valid,
        network: { inputs: 3, layers: [dense(3, 'relu', { dropOut: 0.5 } as object), dense(2)] },
      },
      /layers\[0\]\.dropOut: expected no such option, got 0\.5$/,
    ],
    [
      { ...valid, network: { ...network, scale: Infinity } },
      /network\.scale: expected a finite number, got Infinity/,
    ],
    [
      { ...valid, network: { ...network, depth: 3 } },
      /network\.depth: expected no such option, got 3$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), biases: false }] } },
      /network\.layers\[0\]\.biases: expected no such option, got false; did you mean 'bias'\?$/,
    ],
    [
      { ...valid, network: { inputs: 3, layers: [dense(2), null] } },
      /network\.layers\[1\]: expected a layer, such as .*, got null$/,
    ],
    [
      { ...valid, network: { layers: [dense(2)] } },
      /network\.inputs: expected a whole number of at least 1, got nothing$/,
    ],
    [{ ...valid, network: { input: 3 } }, /input: expected no such .*; did you mean 'inputs'\?$/],
    [{ ...valid, network: [] }, /network: expected an object, got an array of 0$/],
    [
      { ...valid, network: { inputs: 3, layers: [{ ...dense(2), batchSize: 8 }] } },
      /layers\[0\]\.batchSize: expected no such option here \(it belongs to fit\), got 8$/,
    ],
  ]
  for (const [options, message] of wrong) {
    it(String(message), () => {
      expect(() => checkTrainerOptions(options)).toThrow(InputError)
      expect(() => checkTrainerOptions(options)).toThrow(message)
    })
  }
})

const whole = {
  inputs: 3,
  scale: 0.5,
  preprocessing: [
    { name: 'cross', columns: [0, 2] },
    { name: 'standardize', mean: [1, 2, 3, 4], deviation: [1, 2, 3, 4] },
    { name: 'oneHot', column: 1, categories: [3, 1, 2] },
    { name: 'minMax', minimum: [0, 0, 0, 0, 0, 0], maximum: [1, 1, 1, 1, 1, 0] },
  ],
  layers: [
    dropout(0.5),
    dense(4, 'relu', { bias: false }),
    dropout(0),
    dense(2, 'softmax', { initializer: normal(0.5) }),
  ],
}

type Place = (string | number)[]

/** Every place in a value, as a path of keys. */
const placesIn = (value: unknown): Place[] =>
  typeof value !== 'object' || value === null
    ? [[]]
    : [
        [],
        ...Object.entries(value).flatMap(([key, inner]) =>
          placesIn(inner).map((place) => [key, ...place]),
        ),
      ]

const at = (value: unknown, place: Place): unknown =>
  place.reduce((inner, key) => (inner as Record<string, unknown>)[key], value)

/** A copy of a value with another one in a place. */
function put(value: unknown, [key, ...rest]: Place, other: unknown): unknown {
  if (key === undefined) return other
  const fields = value as Record<string, unknown>
  const inner = put(fields[key], rest, other)
  return Array.isArray(value)
    ? value.map((old: unknown, i) => (i === Number(key) ? inner : old))
    : { ...fields, [key]: inner }
}

describe('the check finds', () => {
  const others = [
    ...[undefined, null, true, '', 'relu', 'normal', 'dropout', 'dense', 'minMax', 'constructor'],
    ...[-1, 0, 0.25, 1, 2, 3, 4, 1e-46, 1e37, 2e37, 1e39, 2 ** 53, {}, [], [1], [0, 1], ['x']],
    ...[dense(3), dropout(0.1), { name: 'cross', columns: [0, 0] }, normal(1)],
  ]

  it('nothing in a network that is right', () => {
    for (const right of [network, whole]) expect(networkCheck(right, 'network')).toBeUndefined()
  })

  it('one thing that is wrong, wherever, and says what stands there', () => {
    let wrong = 0
    for (const place of placesIn(whole)) {
      for (const other of others) {
        const changed = { network: put(whole, place, other) }
        const issue = networkCheck(changed.network, 'network')
        if (!issue) continue
        wrong++
        const named = issue.path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
        expect(at(changed, named), issue.path).toBe(issue.given)
      }
    }
    expect(wrong).toBeGreaterThan(1000)
  })

  it('a field too many, wherever', () => {
    for (const place of placesIn(whole)) {
      const inner = at(whole, place)
      if (typeof inner !== 'object' || Array.isArray(inner)) continue
      const issue = networkCheck(put(whole, place, { ...inner, more: 1 }), 'network')
      expect(issue).toMatchObject({ rule: 'no such field', given: 1, stray: 'more' })
      expect(issue!.known).toEqual(expect.arrayContaining(Object.keys(inner!)))
    }
  })

  it('fields that are not its own missing', () => {
    expect(networkCheck(Object.create(network), 'network')).toMatchObject({
      path: 'network.inputs',
      given: undefined,
    })
  })

  it('something in anything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(networkCheck(value, 'network')).toBeDefined()
      }),
      { seed: 4, numRuns: 500 },
    )
  })
})
