// Digests of much data: whoever works them out, they are the same.

import { expect, it } from 'vitest'
import { decodeModelFile } from '../../../dist/main/files/model-file.js'
import { SLICE, digestInSlices, sha256 } from '../../../dist/main/files/sha256.js'
import { createHash, rest } from '../../../dist/main/runtime/node/hashing.js'
import { dense } from '../../../dist/main/index.js'
import { fileOf } from './support.js'

it.each([0, 1, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE + 3])(
  'in slices or at once, %d bytes have one digest',
  async (length) => {
    const bytes = new Uint8Array(length + 1).map((_, i) => i * i).subarray(1)
    expect(await digestInSlices({ createHash, rest })(bytes)).toBe(await sha256(bytes))
  },
)

it('between two slices the event loop turns', async () => {
  const events: string[] = []
  const digest = digestInSlices({
    createHash: () => ({
      update: (bytes) => void events.push(`${bytes.length}`),
      digest: () => 'done',
    }),
    rest: async () => Promise.resolve(void events.push('rest')),
  })
  expect(await digest(new Uint8Array(2 * SLICE + 3))).toBe('done')
  expect(events).toEqual([`${SLICE}`, 'rest', `${SLICE}`, 'rest', '3'])
})

it('a model file is checked with the digest that is given', async () => {
  const bytes = fileOf({ inputs: 2, layers: [dense(1)] })
  await decodeModelFile('m', bytes, digestInSlices({ createHash, rest }))
  await expect(decodeModelFile('m', bytes, async () => Promise.resolve('other'))).rejects.toThrow(
    'm: it was damaged, or changed after it was written',
  )
})
