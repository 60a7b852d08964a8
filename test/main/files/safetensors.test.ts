// The container: what is written is what the format's page says, and nothing wrong is read.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileError } from '../../../dist/main/index.js'
import {
  type TensorSource,
  parseSafetensors,
  writeSafetensors,
} from '../../../dist/main/files/safetensors.js'
import type { FilePiece } from '../../../dist/main/runtime/platform.js'
import { joinPieces } from '../memory-files.js'
import { numbers, rawFile, sourceOf } from './support.js'

const piecesOf = (
  metadata: Record<string, string>,
  tensors: TensorSource[],
  slice?: number,
): Iterable<FilePiece> => {
  const said = { before: metadata, after: () => metadata, note: () => undefined }
  return writeSafetensors(tensors, said, slice)
}
const write = (
  metadata: Record<string, string>,
  tensors: TensorSource[],
  slice?: number,
): Uint8Array => joinPieces(piecesOf(metadata, tensors, slice))

const wrong = (bytes: Uint8Array): string => {
  try {
    parseSafetensors('a.safetensors', bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(FileError)
    expect((error as FileError).file).toBe('a.safetensors')
    return (error as FileError).message.replace(/^a\.safetensors: /, '')
  }
  return 'nothing'
}

describe('writing', () => {
  it('a file of two tensors, byte by byte', () => {
    const bytes = write({ by: 'me' }, [
      sourceOf('b', [2], Float32Array.of(1, 2)),
      sourceOf('a', [1, 1], Float32Array.of(3)),
    ])
    const header =
      '{"__metadata__":{"by":"me"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}}'
    const spaces = 8 - (header.length % 8)
    expect(bytes).toEqual(
      rawFile(header + ' '.repeat(spaces), new Uint8Array(Float32Array.of(1, 2, 3).buffer)),
    )
  })

  it('what is written is read again, whatever the shapes, the types and the slices', () => {
    const tensor = fc.record({
      shape: fc.array(fc.nat(5), { maxLength: 3 }),
      double: fc.boolean(),
    })
    const metadata = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(
        fc.array(tensor, { maxLength: 6 }),
        metadata,
        fc.integer({ min: 1, max: 300 }),
        (shapes, said, slice) => {
          const sources = shapes.map(({ shape, double }, i) => {
            const count = shape.reduce((product, n) => product * n, 1)
            const values = numbers(count, i)
            return {
              values: double ? Float64Array.from(values) : values,
              source: sourceOf(`t${i}`, shape, double ? Float64Array.from(values) : values),
            }
          })
          const bytes = write(
            said,
            sources.map(({ source }) => source),
            slice,
          )
          const { metadata: read, tensors } = parseSafetensors('a', bytes)
          expect(read).toEqual(said)
          expect([...tensors.keys()].sort()).toEqual(sources.map(({ source }) => source.name))
          for (const { source, values } of sources) {
            const found = tensors.get(source.name)!
            expect([found.dtype, found.shape]).toEqual([source.dtype, source.shape])
            expect(Buffer.from(found.bytes).equals(Buffer.from(values.buffer))).toBe(true)
          }
        },
      ),
      { seed: 2 },
    )
  })

  it('in pieces of a few rows, of which the last two alone need be there at a time', () => {
    const tensors = [sourceOf('t', [10, 100], numbers(1000, 1)), sourceOf('u', [7], numbers(7, 2))]
    const pieces = Array.from(piecesOf({}, tensors, 800), ({ at, bytes }) => [at, bytes.length])
    const data = pieces.at(-1)![1]!
    expect(pieces).toEqual([
      ...[0, 1, 2, 3, 4].map((i) => [data + 800 * i, 800]),
      [data + 4000, 28],
      [0, data],
    ])
  })
})

describe('reading', () => {
  const info = (begin: number, end: number, shape = `[${(end - begin) / 4}]`): string =>
    `{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`
  const eight = new Uint8Array(8)

  it.each<readonly [what: string, bytes: Uint8Array, message: string | RegExp]>([
    ['nothing at all', new Uint8Array(), 'it is empty'],
    ['five bytes', new Uint8Array(5), 'it was cut off, or is no model file'],
    [
      'a header that is longer than the file',
      rawFile('{}', new Uint8Array()).subarray(0, 9),
      'it was cut off, or is no model file: its header should have 2 bytes, and 1 follow',
    ],
    [
      'a huge header',
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 0),
      'it is no model file: a header has at most 100000000 bytes',
    ],
    [
      'a picture',
      Uint8Array.from('\x89PNG\r\n\x1a\n and so on', (c) => c.charCodeAt(0)),
      'it is no model file: a header has at most 100000000 bytes',
    ],
    [
      'no JSON',
      rawFile('{"a":', eight),
      'its header is no JSON: it was damaged, or is no model file',
    ],
    [
      'no UTF-8',
      rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), eight),
      'its header is no JSON: it was damaged, or is no model file',
    ],
    ['a list', rawFile('[]', eight), 'its header is no object'],
    ['null', rawFile('null', eight), 'its header is no object'],
    [
      'metadata that is no text',
      rawFile('{"__metadata__":{"a":1}}', new Uint8Array()),
      "its header's __metadata__ is not a text for each name",
    ],
    [
      'a name twice',
      rawFile(`{"a":${info(0, 8)},"a":${info(0, 8)}}`, eight),
      'its header has a name twice',
    ],
    [
      'a name twice, written in two ways',
      rawFile(`{"a":${info(0, 8)},"\\u0061":${info(0, 8)}}`, eight),
      'its header has a name twice',
    ],
    [
      'metadata with a name twice',
      rawFile(`{"__metadata__":{"k":"1","k":"2"},"a":${info(0, 8)}}`, eight),
      'its header has a name twice',
    ],
    ...[
      '3',
      '{}',
      '{"dtype":"F32","shape":[2]}',
      '{"dtype":1,"shape":[2],"data_offsets":[0,8]}',
    ].map(
      (what) =>
        [
          `a tensor that is ${what}`,
          rawFile(`{"a":${what}}`, eight),
          "its tensor 'a' is not said to have type, shape and place",
        ] as const,
    ),
    ...['[-2]', '[2.5]', '["2"]', '2', '[1e300]', '[null]'].map(
      (shape) =>
        [
          `the shape ${shape}`,
          rawFile(`{"a":${info(0, 8, shape)}}`, eight),
          "its tensor 'a' is not said to have type, shape and place",
        ] as const,
    ),
    [
      'a shape that is too large for its bytes',
      rawFile(`{"a":${info(0, 8, '[3]')}}`, eight),
      "its tensor 'a' needs 12 bytes, and is said to have 8",
    ],
    [
      'a shape as large as numbers go',
      rawFile(`{"a":${info(0, 8, '[9007199254740991,9007199254740991,9007199254740991]')}}`, eight),
      /^its tensor 'a' needs 2\.9\d+e\+48 bytes, and is said to have 8$/,
    ],
    [
      'an end before the beginning',
      rawFile('{"a":{"dtype":"ODD","shape":[],"data_offsets":[8,0]}}', eight),
      "its tensor 'a' needs -8 bytes, and is said to have -8",
    ],
    [
      'tensors that overlap',
      rawFile(`{"a":${info(0, 8)},"b":${info(4, 12)}}`, new Uint8Array(12)),
      "its tensor 'b' overlaps another",
    ],
    [
      'two tensors at one place',
      rawFile(`{"a":${info(0, 8)},"b":${info(0, 8)}}`, eight),
      "its tensor 'b' overlaps another",
    ],
    [
      'a gap',
      rawFile(`{"a":${info(0, 4)},"b":${info(8, 12)}}`, new Uint8Array(12)),
      "its tensor 'b' lies apart from the others",
    ],
    [
      'data that was cut off',
      rawFile(`{"a":${info(0, 8)}}`, new Uint8Array(7)),
      'it was cut off: its tensors have 8 bytes, and 7 follow',
    ],
    [
      'data that nobody has',
      rawFile(`{"a":${info(0, 8)}}`, new Uint8Array(9)),
      '1 bytes follow the last of its tensors',
    ],
    [
      'five million lists',
      rawFile('['.repeat(5_000_000), new Uint8Array()),
      'its header has more than 4000000 lists and objects',
    ],
  ])('%s', (_, bytes, message) => expect(wrong(bytes)).toMatch(message))

  it('lists in lists, three million deep, are no JSON that it takes, and no crash', () => {
    const deep = '['.repeat(3_000_000) + ']'.repeat(3_000_000)
    expect(wrong(rawFile(deep, new Uint8Array()))).toMatch(/^its header is no (object|JSON)/)
  })

  it('what the format allows is read: types that nobody needs, no metadata, any order, empty tensors', () => {
    const header = `{"b":{"dtype":"ODD","shape":[3],"data_offsets":[8,13]},"a":${info(0, 8)},"none":${info(8, 8, '[0,7]')},"__proto__":${info(13, 13, '[0]')}}`
    const { metadata, tensors } = parseSafetensors('a', rawFile(header, new Uint8Array(13)))
    expect(metadata).toEqual({})
    expect([...tensors].map(([name, { bytes }]) => [name, bytes.length])).toEqual([
      ['b', 5],
      ['a', 8],
      ['none', 0],
      ['__proto__', 0],
    ])
  })
})
