import { expect, it } from 'vitest'
import { permutation } from '../../src/shared/shuffle.js'

const order = (seed: number, epoch: number, count: number): number[] => Array.from({ length: count }, (_, i) => permutation(seed, epoch, count)(i))

it('is a permutation for every count', () => {
  for (const count of [...Array.from({ length: 70 }, (_, i) => i + 1), 1617, 4097]) {
    expect(order(3, 5, count).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
  }
})

it('depends on the seed, all 53 bits of it, and on the epoch, and on nothing else', () => {
  const first = order(1, 0, 50)
  expect(order(1, 0, 50)).toEqual(first)
  for (const other of [order(1, 1, 50), order(2, 0, 50), order(1 + 2 ** 40, 0, 50), order(-1, 0, 50)]) expect(other).not.toEqual(first)
})

it('puts every row everywhere about equally often', () => {
  const [count, epochs] = [10, 20_000]
  const seen = new Float64Array(count * count)
  for (let epoch = 0; epoch < epochs; epoch++) order(7, epoch, count).forEach((row, at) => (seen[at * count + row] = seen[at * count + row]! + 1))
  const expected = epochs / count
  const chiSquare = seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  expect(chiSquare).toBeLessThan(150) // 81 degrees of freedom: mean 81, standard deviation 13
})
