// Which elements dropout leaves out, as a function without state of the seed, the epoch, the layer,
// the example and the column: it never depends on worker or shard. The layer itself is in
// model/layers/dropout.ts; the kernels' copy of this is in kernels/wasm/assembly/dropout.ts.

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
