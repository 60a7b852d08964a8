// What dropout leaves out: the same elements on every backend, as many as it should, and none of
// them told by another.

import { describe, expect, it } from 'vitest'
import { backends } from '../../../../dist/shared/backends.js'
import { dropoutKey } from '../../../../dist/shared/formulas/dropout.js'
import { backendsHere } from '../../../machine.js'
import { noise, openBench } from '../../support.js'

type BackendHere = (typeof backendsHere)[number]

/** Dropout of a matrix of these examples, in place or not. */
function drop(
  backend: BackendHere,
  examples: number[],
  columns: number,
  share: number,
  key: number,
  value: (row: number, column: number) => number,
  inPlace = false,
) {
  const { kernels, memory, put, get, padding, reserve } = openBench(backend)
  const rows = examples.length
  const rowNumbers = reserve(4 * rows)
  new Int32Array(memory.buffer, rowNumbers, rows).set(examples)
  const from = put(rows, columns, value)
  const to = inPlace ? from : put(rows, columns, () => 99)
  kernels.dropout({ from, to, rowNumbers, rows, columns, rate: share, key })
  return {
    values: get(to, rows, columns),
    padding: padding(to, rows, columns),
    source: get(from, rows, columns),
  }
}
const inOrder = (rows: number): number[] => Array.from({ length: rows }, (_, i) => i)
/** 1 where an element is kept. */
const maskOf = (
  backend: BackendHere,
  examples: number[],
  columns: number,
  share: number,
  key: number,
): number[] =>
  drop(backend, examples, columns, share, key, () => 1).values.map((x) => Number(x !== 0))

/** It leaves padding alone. */
const double = (backend: BackendHere): boolean => backends[backend].dtype === 'float64'

const KEYS = [0, 1, 77, 2 ** 31 - 1, 2 ** 31, 4_123_456_789]
const ROWS = 400
const COLUMNS = 250

describe.each(backendsHere)('%s', (backend) => {
  it('keeps the elements that the reference keeps, whatever key, share and width; divided by 1 - share; zeros stay in the padding', () => {
    for (const key of KEYS) {
      for (const share of [0, 1e-9, 0.1, 0.25, 0.5, 0.9, 1 - 2 ** -40]) {
        for (const columns of [1, 3, 8, 13, 40]) {
          const examples = [5, 0, 59_999, 17, 5, 2 ** 30]
          const [actual, reference] = [
            drop(backend, examples, columns, share, key, noise),
            drop('reference', examples, columns, share, key, noise),
          ]
          const scale =
            backends[backend].dtype === 'float32' ? Math.fround(1 / (1 - share)) : 1 / (1 - share)
          actual.values.forEach((x, i) => {
            const expected = Math.abs(reference.values[i]!) > 0 ? actual.source[i]! * scale : 0
            expect(Math.abs(x - expected), `${key} ${share} ${columns} ${i}`).toBeLessThanOrEqual(
              1e-7 * Math.abs(expected),
            )
          })
          expect(actual.padding.every((x) => x === 0)).toBe(true)
          expect(actual.source).toEqual(reference.source)
        }
      }
    }
  })

  if (!double(backend)) {
    it('clears the padding, whatever a product has left there', () => {
      const { kernels, memory, put, padding, reserve } = openBench(backend)
      const rowNumbers = reserve(4)
      new Int32Array(memory.buffer, rowNumbers, 1).set([5])
      const from = put(1, 8, () => NaN)
      kernels.dropout({ from, to: from, rowNumbers, rows: 1, columns: 3, rate: 0.1, key: 1 })
      expect(padding(from, 1, 3)).toEqual([0, 0, 0, 0, 0])
    })
  }

  it('in place gives the same; and an example has the same mask wherever it stands and whatever its neighbors', () => {
    const examples = [31, 7, 12, 4, 7, 0, 31]
    const { values } = drop(backend, examples, 19, 0.4, 99, noise)
    expect(drop(backend, examples, 19, 0.4, 99, noise, true).values).toEqual(values)
    const mask = maskOf(backend, examples, 19, 0.4, 99)
    examples.forEach((example, row) =>
      expect(maskOf(backend, [example], 19, 0.4, 99)).toEqual(mask.slice(19 * row, 19 * (row + 1))),
    )
  })
})

it('the share that is kept is 1 - share to 5 standard deviations, over all, in every row and in every column; a share of 0 keeps all', () => {
  const within = (mask: number[], share: number): boolean =>
    Math.abs(mask.reduce((a, b) => a + b, 0) - mask.length * (1 - share)) <=
    5 * Math.sqrt(mask.length * share * (1 - share)) + 1e-9
  for (const share of [0, 0.1, 0.5, 0.8]) {
    for (const key of KEYS) {
      const mask = maskOf('wasm', inOrder(ROWS), COLUMNS, share, key)
      expect(within(mask, share), `${share} ${key}`).toBe(true)
      for (let row = 0; row < ROWS; row++)
        expect(within(mask.slice(row * COLUMNS, (row + 1) * COLUMNS), share), `row ${row}`).toBe(
          true,
        )
      for (let column = 0; column < COLUMNS; column++)
        expect(
          within(
            mask.filter((_, i) => i % COLUMNS === column),
            share,
          ),
          `column ${column}`,
        ).toBe(true)
    }
  }
})

it('masks are unrelated: of neighboring columns and examples, of layers, epochs and seeds, half of the elements agree', () => {
  const masks = [
    [1, 0],
    [1, 1],
    [2, 0],
    [2 ** 40, 0],
    [-1, 0],
  ].flatMap(([seed, epoch]) =>
    [0, 1, 2].map((layer) =>
      maskOf('wasm', inOrder(ROWS), COLUMNS, 0.5, dropoutKey(seed!, epoch!, layer)),
    ),
  )
  const agreement = (one: number[], other: number[]): number =>
    one.filter((x, i) => i < other.length && x === other[i]).length /
    Math.min(one.length, other.length)
  const bound = (6 * 0.5) / Math.sqrt(ROWS * COLUMNS)
  const pairs = masks.flatMap((one, i) => masks.slice(i + 1).map((other) => [one, other] as const))
  const shifted = masks.flatMap((mask) =>
    [1, 2, 4, 8, COLUMNS, 2 * COLUMNS].map((by) => [mask, mask.slice(by)] as const),
  )
  for (const [one, other] of [...pairs, ...shifted])
    expect(Math.abs(agreement(one, other) - 0.5)).toBeLessThan(bound)
})

it('on average over epochs, every element is what it was', () => {
  const [epochs, share] = [20_000, 0.3]
  const { kernels, memory, put, get, reserve } = openBench('wasm')
  const rowNumbers = reserve(8)
  new Int32Array(memory.buffer, rowNumbers, 2).set([3, 4])
  const [from, to] = [put(2, 8, () => 1), put(2, 8, () => 99)]
  const sums = Array.from({ length: 16 }, () => 0)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const key = dropoutKey(9, epoch, 0)
    kernels.dropout({ from, to, rowNumbers, rows: 2, columns: 8, rate: share, key })
    get(to, 2, 8).forEach((x, i) => (sums[i]! += x))
  }
  for (const sum of sums)
    expect(Math.abs(sum / epochs - 1)).toBeLessThan(5 * Math.sqrt(share / (1 - share) / epochs))
})
