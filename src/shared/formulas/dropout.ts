// Dropout: in every training step a share of a layer's outputs is left out, and the others are
// multiplied by 1 / (1 - share), so that the next layer is given what it expects on average
// (Srivastava et al., "Dropout", 2014, in its inverted form). Which ones is a function without
// state of the seed, the epoch, the layer, the example and the column: it never depends on worker
// or shard. (The kernels' own copy: kernels/wasm/assembly/dropout.ts.)

import { scramble, scrambleSeed } from '../numerics/random.js'

/** The key of a layer in an epoch. */
export function dropoutKey(seed: number, epoch: number, layer: number): number {
  return scrambleSeed(scrambleSeed(seed, epoch + 1), layer)
}

/** The key of one example, from its layer's. */
export function rowKey(key: number, rowNumber: number): number {
  return scramble(key + rowNumber)
}

/** Whether the output in this column is kept: one of `share` isn't. */
export function keeps(key: number, column: number, share: number): boolean {
  return scramble(key ^ Math.imul(column, 0x9e3779b9)) >= Math.floor(share * 4294967296)
}
