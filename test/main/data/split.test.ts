import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Examples, InputError, trainTestSplit } from '../../../dist/main/index.js'
import { chiSquare, mostChiSquare } from '../../shared/chi-square.js'

/** Rows that say which they are, in inputs, targets and weights. */
const numbered = (count: number, columns: number, outputs: number): Required<Examples> => ({
  inputs: Float32Array.from({ length: count * columns }, (_, i) => i),
  targets: Float64Array.from({ length: count * outputs }, (_, i) => i),
  sampleWeights: Float64Array.from({ length: count }, (_, row) => row),
})
/** The numbers of the rows, having seen that inputs, targets and sampleWeights agree about them. */
const rowNumbers = (
  { inputs, targets, sampleWeights }: Examples,
  columns: number,
  outputs: number,
): number[] => {
  const rows = Array.from(sampleWeights!)
  expect(Array.from(inputs)).toEqual(
    rows.flatMap((row) => Array.from({ length: columns }, (_, j) => row * columns + j)),
  )
  expect(Array.from(targets)).toEqual(
    rows.flatMap((row) => Array.from({ length: outputs }, (_, j) => row * outputs + j)),
  )
  return rows
}

it('every row is in one of the two, whole; the share is rounded up; the same seed draws the same', () => {
  const numbers = fc
    .record({
      count: fc.integer({ min: 2, max: 200 }),
      columns: fc.integer({ min: 1, max: 4 }),
      outputs: fc.integer({ min: 1, max: 3 }),
      test: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      seed: fc.integer(),
    })
    .filter(({ count, test }) => Math.ceil(count * test) < count)
  fc.assert(
    fc.property(numbers, ({ count, columns, outputs, test, seed }) => {
      const examples = numbered(count, columns, outputs)
      const split = trainTestSplit(examples, columns, { test, seed })
      const [training, held] = [
        rowNumbers(split.training, columns, outputs),
        rowNumbers(split.test, columns, outputs),
      ]
      expect(held).toHaveLength(Math.ceil(count * test))
      expect([...training, ...held].sort((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, row) => row),
      )
      expect(examples).toEqual(numbered(count, columns, outputs))
      expect(trainTestSplit(examples, columns, { test, seed })).toEqual(split)
    }),
    { seed: 1 },
  )
})

it('a tenth by seed 0 unless said; another seed draws others; types stay, and no weights stay none', () => {
  const examples: Examples = {
    inputs: Uint8Array.from({ length: 200 }, (_, i) => i),
    targets: Int16Array.from({ length: 100 }, (_, i) => -i),
  }
  const split = trainTestSplit(examples, 2)
  expect(split).toEqual(trainTestSplit(examples, 2, { test: 0.1, seed: 0 }))
  expect(split.test.targets).toHaveLength(10)
  expect(split.test).not.toEqual(trainTestSplit(examples, 2, { seed: 1 }).test)
  expect([split.training.inputs, split.test.targets].map((values) => values.constructor)).toEqual([
    Uint8Array,
    Int16Array,
  ])
  expect(split.training).not.toHaveProperty('weights')
})

it('copies, of a Buffer too', () => {
  const inputs = Buffer.from(Array.from({ length: 50 }, (_, i) => i))
  const split = trainTestSplit({ inputs, targets: Uint8Array.from(inputs) }, 1)
  expect([split.training.inputs, split.test.inputs].map((values) => Array.from(values))).toEqual(
    [split.training.targets, split.test.targets].map((values) => Array.from(values)),
  )
  expect(Array.from(inputs)).toEqual(Array.from({ length: 50 }, (_, i) => i))
})

it('an error names what is wrong', () => {
  const examples = numbered(10, 2, 1)
  const wrong: [Examples, number, { test?: number; seed?: number }, RegExp][] = [
    [
      examples,
      2,
      { test: 0 },
      /^trainTestSplit: test: expected a share of the rows between 0 and 1, got 0$/,
    ],
    [examples, 2, { test: 1 }, /^trainTestSplit: test: .* got 1$/],
    [examples, 2, { test: NaN }, /^trainTestSplit: test: .* got NaN$/],
    [examples, 2, { seed: 0.5 }, /^trainTestSplit: seed: expected a whole number, got 0\.5$/],
    [examples, 0, {}, /^trainTestSplit: columns: expected a whole number of at least 1, got 0$/],
    [
      examples,
      3,
      {},
      /^trainTestSplit: inputs: expected a typed array of rows of 3, got Float32Array\(20\)$/,
    ],
    [
      { ...examples, targets: new Float32Array(12) },
      2,
      {},
      /^trainTestSplit: targets: .* each of 10 rows, got Float32Array\(12\)$/,
    ],
    [
      { ...examples, sampleWeights: new Float32Array(9) },
      2,
      {},
      /^trainTestSplit: sampleWeights: expected a typed array of 10, one for each row, got Float32Array\(9\)$/,
    ],
    [
      examples,
      2,
      { test: 0.95 },
      /^trainTestSplit: inputs: expected rows of which .* leaves some to train on, got 10$/,
    ],
    [numbered(0, 1, 1), 1, {}, /^trainTestSplit: /],
  ]
  for (const [given, columns, options, message] of wrong) {
    const split = (): unknown => trainTestSplit(given, columns, options)
    expect(split).toThrow(InputError)
    expect(split).toThrow(message)
  }
})

it('draws few rows in every order equally often', () => {
  const [count, orders, each] = [6, 720, 20]
  const seen = new Map<string, number>()
  const examples = numbered(count, 1, 1)
  for (let seed = 0; seed < each * orders; seed++) {
    const { training, test } = trainTestSplit(examples, 1, { test: 0.5, seed })
    const order = [...training.inputs, ...test.inputs].join()
    seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  expect(seen.size).toBe(orders)
  expect(chiSquare(seen.values(), each)).toBeLessThan(mostChiSquare(orders - 1))
})

it('of 64 rows and more draws what it always has', () => {
  const { test } = trainTestSplit(numbered(64, 1, 1), 1, { test: 0.1, seed: 5 })
  expect(Array.from(test.inputs)).toEqual([59, 50, 40, 56, 8, 62, 49])
})
