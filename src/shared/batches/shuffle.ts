// The order of the examples in an epoch. It is a function without state, so every worker finds the
// row at any position of any epoch by itself.

import { scramble, scrambleSeed, shuffled } from '../numerics/random.js'

/** From so many rows on, a Feistel network is random enough, and needs no memory. */
const MANY = 64
const ROUNDS = 6

/** The row that stands at a position of an epoch. */
export type Permutation = (position: number) => number

/**
 * A permutation of 0 .. count-1 for an epoch. Of fewer than 64 rows every order is equally likely.
 * Of more, every place is for every row, and every row for every neighbor.
 */
export function permutation(seed: number, epoch: number, count: number): Permutation {
  return count < MANY ? ofFew(seed, epoch, count) : ofMany(seed, epoch, count)
}

function ofFew(seed: number, epoch: number, count: number): Permutation {
  const rows = shuffled(seed, epoch + 1, count)
  return (position) => rows[position]!
}

/**
 * A Feistel network over the smallest even number of bits that holds `count`, walked on while it
 * leads outside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002, cycle walking).
 */
function ofMany(seed: number, epoch: number, count: number): Permutation {
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
