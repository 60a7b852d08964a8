import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ByteOffset, index32 } from '../../../dist/shared/arena/offsets.js'
import { extentOf } from '../../../dist/shared/arena/parts.js'
import { createBlock, partOf, placePart, rowNumbersOf } from '../../../dist/shared/model/block.js'

const places = { rowNumbers: 4096 as ByteOffset, partRows: 1024 as ByteOffset }
const openBlock = (elementBytes = 4) =>
  createBlock(new Int32Array(new SharedArrayBuffer(65_536)), places, elementBytes)

it('parts side by side: the examples of each begin where its rows do, in the order of the permutation, and leave the others as they are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 1, maxLength: 64 }),
      fc.integer({ min: 0, max: 1000 }),
      (rows, first) => {
        const block = openBlock()
        block.words.fill(-1)
        const [stride, row] = [16, (position: number): number => 7 * position + 3]
        Object.assign(block.parts, { count: rows.length, stride })
        rows.forEach((count, part) => placePart(block, part, first + 100 * part, count, row))
        rows.forEach((count, part) => {
          const at = index32(rowNumbersOf(block, part))
          expect(Array.from(block.words.subarray(at, at + stride))).toEqual(
            Array.from({ length: stride }, (_, i) =>
              i < count ? row(first + 100 * part + i) : -1,
            ),
          )
        })
        expect(extentOf(block.parts)).toBe((rows.length - 1) * stride + rows.at(-1)!)
      },
    ),
    { seed: 1 },
  )
})

it('the rows of the parts stand in the arena, where kernels find them', () => {
  const block = openBlock()
  placePart(block, 0, 0, 5, (i) => i)
  placePart(block, 63, 0, 9, (i) => i)
  expect(block.parts.rowsAt).toBe(places.partRows)
  expect([block.words[1024 / 4], block.words[1024 / 4 + 63]]).toEqual([5, 9])
})

it("a part of a matrix begins after the padded rows of the parts before it, in the backend's bytes", () => {
  for (const elementBytes of [4, 8]) {
    const block = openBlock(elementBytes)
    block.parts.stride = 12
    const matrix = 8192 as ByteOffset
    expect([1, 8, 9].map((columns) => partOf(block, matrix, 3, columns) - matrix)).toEqual(
      [8, 8, 16].map((width) => 3 * 12 * width * elementBytes),
    )
    expect(partOf(block, matrix, 0, 9)).toBe(matrix)
  }
})
