import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readIdx } from '../../../dist/main/data/idx.js'
import { InputError } from '../../../dist/shared/errors.js'
import { idxBytes } from './idx-files.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shardgrad-'))
})
afterAll(async () => rm(folder, { recursive: true }))

/** Writes a file; gives its path. */
async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, bytes)
  return file
}

it('reads back what was written, packed or not', async () => {
  const arrays = fc.array(fc.nat(6), { minLength: 1, maxLength: 5 }).chain((dimensions) => {
    const length = dimensions.reduce((product, size) => product * size, 1)
    return fc.record({
      dimensions: fc.constant(dimensions),
      values: fc.uint8Array({ minLength: length, maxLength: length }),
    })
  })
  await fc.assert(
    fc.asyncProperty(arrays, fc.boolean(), async ({ dimensions, values }, packed) => {
      const bytes = idxBytes(dimensions, values)
      const file = await fileOf(packed ? 'array.gz' : 'array', packed ? gzipSync(bytes) : bytes)
      expect(await readIdx(file)).toEqual({ dimensions, values: Uint8Array.from(values) })
    }),
    { seed: 1 },
  )
})

it('sizes are big-endian', async () => {
  const file = await fileOf(
    'long',
    Uint8Array.of(0, 0, 8, 1, 0, 0, 1, 2, ...new Uint8Array(258).fill(7)),
  )
  expect((await readIdx(file)).dimensions).toEqual([258])
})

describe('what is no IDX file of bytes', () => {
  const good = idxBytes([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6))
  const changed = (at: number, byte: number): Uint8Array =>
    good.map((old, i) => (i === at ? byte : old))
  const packed = gzipSync(good)
  const wrong: [string, Uint8Array, string, string?][] = [
    [
      'no bytes',
      good.subarray(0, 0),
      'expected an IDX file, which begins with 4 bytes, got 0 bytes',
    ],
    [
      'three bytes',
      good.subarray(0, 3),
      'expected an IDX file, which begins with 4 bytes, got 3 bytes',
    ],
    [
      'another first byte',
      changed(0, 31),
      'expected an IDX file, which begins with bytes 0 0, got 31 0',
    ],
    [
      'another second byte',
      changed(1, 9),
      'expected an IDX file, which begins with bytes 0 0, got 0 9',
    ],
    [
      'floats',
      changed(2, 0x0d),
      'expected an IDX file of unsigned bytes, type 0x08, got type 0x0d',
    ],
    ['no dimensions', changed(3, 0), 'expected an IDX file of at least one dimension, got 0'],
    [
      'half a header',
      good.subarray(0, 11),
      'expected a header of 12 bytes, since it has 2 dimensions, got 11 bytes',
    ],
    [
      'more dimensions than bytes',
      changed(3, 255),
      'expected a header of 1024 bytes, since it has 255 dimensions, got 18 bytes',
    ],
    ['a byte too few', good.subarray(0, 17), 'expected 6 bytes (2 x 3) after its header, got 5'],
    [
      'a byte too many',
      Uint8Array.of(...good, 7),
      'expected 6 bytes (2 x 3) after its header, got 7',
    ],
    [
      'sizes beyond all memory',
      changed(4, 255).fill(255, 4, 12),
      `expected ${(2 ** 32 - 1) ** 2} bytes (4294967295 x 4294967295) after its header, got 6`,
    ],
    ['not packed', good, 'incorrect header check', 'packed.gz'],
    [
      'packed, then cut off',
      packed.subarray(0, packed.length - 9),
      'unexpected end of file',
      'packed.gz',
    ],
    [
      'packed, then damaged',
      packed.map((byte, i) => (i === packed.length - 6 ? byte ^ 1 : byte)),
      'incorrect data check',
      'packed.gz',
    ],
    [
      'packed, of a wrong type',
      gzipSync(changed(2, 9)),
      'expected an IDX file of unsigned bytes, type 0x08, got type 0x09',
      'packed.gz',
    ],
  ]
  for (const [title, bytes, message, name = 'array'] of wrong) {
    it(title, async () => {
      const file = await fileOf(name, bytes)
      const error = await readIdx(file).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(InputError)
      expect((error as InputError).message.startsWith(`${file}: expected `)).toBe(true)
      expect((error as InputError).message).toContain(message)
    })
  }

  it('packed, and larger than it may be when unpacked', async () => {
    const file = await fileOf('large.gz', gzipSync(idxBytes([100_000], new Uint8Array(100_000))))
    const error = await readIdx(file, 100_007).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).message).toContain('of at most 100007 bytes when unpacked')
    expect((await readIdx(file, 100_008)).dimensions).toEqual([100_000])
    expect((await readIdx(file)).dimensions).toEqual([100_000])
    await expect(readIdx(await fileOf('no.gz', good))).rejects.toThrow(
      'of at most 1073741824 bytes when unpacked',
    )
  })

  it('a file that is not there, or a folder', async () => {
    const missing = join(folder, 'nowhere')
    await expect(readIdx(missing)).rejects.toThrow(InputError)
    await expect(readIdx(missing)).rejects.toThrow(
      `${missing}: expected an IDX file, got ENOENT: no such file or directory`,
    )
    await expect(readIdx(folder)).rejects.toThrow(`${folder}: expected an IDX file, got EISDIR`)
  })
})
