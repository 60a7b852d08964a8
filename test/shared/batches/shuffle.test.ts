import { expect, it } from 'vitest'
import { permutation } from '../../../dist/shared/batches/shuffle.js'

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
  expect(order(1, 0, 10)).toEqual([8, 6, 1, 5, 9, 0, 2, 3, 7, 4])
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

it('puts every row everywhere about equally often', () => {
  const [count, epochs] = [10, 20_000]
  const seen = new Float64Array(count * count)
  for (let epoch = 0; epoch < epochs; epoch++)
    order(7, epoch, count).forEach(
      (row, at) => (seen[at * count + row] = seen[at * count + row]! + 1),
    )
  const expected = epochs / count
  const chiSquare = seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  expect(chiSquare).toBeLessThan(150) // 81 degrees of freedom: mean 81, standard deviation 13
})

it('puts every pair of rows first about equally often', () => {
  const [count, epochs] = [20, 38_000]
  const seen = new Float64Array(count * count)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const row = permutation(7, epoch, count)
    const pair = row(0) * count + row(1)
    seen[pair] = seen[pair]! + 1
  }
  const expected = epochs / (count * (count - 1))
  const chiSquare = seen.reduce(
    (sum, n, pair) => (pair % (count + 1) === 0 ? sum : sum + (n - expected) ** 2 / expected),
    0,
  )
  expect(chiSquare).toBeLessThan(379 + 5 * 28) // 379 degrees of freedom, standard deviation 27.5
})

it('of few rows every order comes, each about equally often: none twice as often as it should', () => {
  for (const count of [2, 3, 4, 5]) {
    const orders = new Map<string, number>()
    const possible = [1, 1, 2, 6, 24, 120][count]!
    for (let epoch = 0; epoch < 300 * possible; epoch++) {
      const key = order(7, epoch, count).join(' ')
      orders.set(key, (orders.get(key) ?? 0) + 1)
    }
    expect(orders.size, `orders of ${count}`).toBe(possible)
    expect(Math.max(...orders.values()) / 300, `orders of ${count}`).toBeLessThan(2)
  }
})
