// What Node gives for hashing much data: a sha256, and a rest between two slices.

import * as crypto from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Hash } from '../../data/digest.js'

/** Works out a sha256 of some bytes, one after the other. */
export function createHash(): Hash {
  const hash = crypto.createHash('sha256')
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest('hex'),
  }
}

/** Lets the event loop turn. */
export async function rest(): Promise<void> {
  await setImmediate()
}
