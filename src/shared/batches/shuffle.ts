// The order of the examples in an epoch. It is a function without state, so every worker finds the
// row at any position of any epoch by itself.

import { scramble, scrambleSeed } from '../numerics/random.js'

const ROUNDS = 6

/** The row that stands at a position of an epoch. */
export type Permutation = (position: number) => number

/**
 * A permutation of 0 .. count-1 for an epoch: a Feistel network over the smallest even number of
 * bits that holds `count`, walked on while it leads outside (Black and Rogaway, "Ciphers with
 * arbitrary finite domains", 2002, cycle walking).
 */
export function permutation(seed: number, epoch: number, count: number): Permutation {
  let halfBits = 1
  while (4 ** halfBits < count) halfBits++
  const mask = 2 ** halfBits - 1
  const base = scrambleSeed(seed, epoch + 1)
  const keys = Array.from({ length: ROUNDS }, (_, round) => scramble(base + round))
  const encrypt = (x: number): number => {
    let left = Math.floor(x / (mask + 1))
    let right = x & mask
    for (const key of keys) {
      const mixed = left ^ (scramble(right ^ key) & mask)
      left = right
      right = mixed
    }
    return left * (mask + 1) + right
  }
  return (position) => {
    let row = encrypt(position)
    while (row >= count) row = encrypt(row)
    return row
  }
}
