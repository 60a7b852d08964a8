import { describe, expect, it } from 'vitest'
import { permutation } from '../../../dist/shared/batches/shuffle.js'
import { chiSquare, mostChiSquare } from '../chi-square.js'

const order = (seed: number, epoch: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => i).map(permutation(seed, epoch, count))

it('takes every row exactly once, for every count from 1 to 200, and for large ones', () => {
  for (const count of [
    ...Array.from({ length: 200 }, (_, i) => i + 1),
    1617,
    4095,
    4096,
    4097,
    60_000,
    65_536,
    65_537,
    200_003,
  ]) {
    for (const epoch of [0, 5]) {
      const seen = new Uint8Array(count)
      for (const row of order(3, epoch, count)) {
        if (!Number.isInteger(row) || row < 0 || row >= count)
          expect.unreachable(`row ${row} of ${count}`)
        seen[row] = seen[row]! + 1
      }
      expect(
        seen.every((times) => times === 1),
        `${count} rows, epoch ${epoch}`,
      ).toBe(true)
    }
  }
})

it('stays in range beyond 2^31 rows', () => {
  const count = 3e9
  const rows = Array.from({ length: 1000 }, (_, i) => i * 2_999_999).map(permutation(3, 0, count))
  expect(new Set(rows).size).toBe(1000)
  expect(rows.every((row) => Number.isInteger(row) && row >= 0 && row < count)).toBe(true)
  expect(rows.filter((row) => row >= count / 2).length).toBeGreaterThan(400)
})

it('gives the same order on every machine, now and always', () => {
  expect(order(1, 0, 10)).toEqual([1, 6, 0, 5, 2, 9, 4, 8, 3, 7])
  expect(order(1, 0, 64)).toEqual([
    24, 0, 45, 36, 43, 18, 10, 63, 62, 4, 40, 7, 41, 54, 61, 33, 47, 5, 31, 52, 35, 9, 57, 17, 32,
    6, 51, 39, 8, 14, 29, 21, 53, 3, 44, 26, 13, 12, 56, 55, 11, 19, 28, 22, 38, 49, 2, 25, 23, 42,
    37, 30, 1, 34, 60, 48, 59, 27, 20, 16, 50, 58, 46, 15,
  ])
  expect(order(-5, 3, 65).slice(0, 10)).toEqual([12, 31, 7, 42, 13, 54, 32, 1, 22, 20])
  expect(order(2 ** 40, 12, 1617).slice(0, 10)).toEqual([
    860, 158, 525, 588, 3, 1343, 237, 366, 1267, 1478,
  ])
  expect(order(1, -1, 60_000).slice(0, 10)).toEqual([
    36585, 42323, 42059, 52541, 55322, 6562, 22795, 17496, 37309, 13430,
  ])
})

it('depends on the seed, all 53 bits of it, and on the epoch, and on nothing else', () => {
  const first = order(1, 0, 50)
  expect(order(1, 0, 50)).toEqual(first)
  for (const other of [
    order(1, 1, 50),
    order(2, 0, 50),
    order(1 + 2 ** 40, 0, 50),
    order(-1, 0, 50),
  ])
    expect(other).not.toEqual(first)
})

describe.each([2, 3, 4, 5, 6, 7])('of %i rows every order comes equally often', (count) => {
  const orders = Array.from({ length: count }, (_, i) => i + 1).reduce((a, b) => a * b)
  const each = 20
  it.each([
    ['epoch by epoch', (i: number): [number, number] => [7, i]],
    ['seed by seed', (i: number): [number, number] => [i, 0]],
  ])('%s', (_, seedAndEpoch) => {
    const seen = new Map<number, number>()
    for (let i = 0; i < each * orders; i++) {
      const key = order(...seedAndEpoch(i), count).reduce((sum, row) => sum * count + row)
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    const missing = orders - seen.size
    expect(chiSquare([...seen.values()], each) + missing * each).toBeLessThan(
      mostChiSquare(orders - 1),
    )
  })
})

it.each([8, 13, 31, 63, 64])(
  'of %i rows every one comes everywhere, and follows every other, equally often',
  (count) => {
    const each = 5 // times that every pair of neighbors is expected
    const epochs = each * count * (count - 1)
    const at = new Float64Array(count * count)
    const neighbors = new Float64Array(count * count)
    for (let epoch = 0; epoch < epochs; epoch++) {
      const rows = order(7, epoch, count)
      rows.forEach((row, i) => at[i * count + row]!++)
      const i = epoch % (count - 1)
      neighbors[rows[i]! * count + rows[i + 1]!]!++
    }
    const pairs = neighbors.filter((_, pair) => pair % (count + 1) !== 0)
    expect(chiSquare(pairs, each)).toBeLessThan(mostChiSquare(pairs.length - 1))
    // Every place has a row and every row a place, so that the counts differ by a little less.
    const fewer = (count - 1) / count
    expect(fewer * chiSquare(at, epochs / count)).toBeLessThan(mostChiSquare((count - 1) ** 2))
  },
)
