// How native cuts its products into calls of the library: a stand-in for it notes them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileKernels } from '../../../../dist/main/runtime/node/compiled-kernels.js'
import { NOWHERE, advance } from '../../../../dist/shared/arena/offsets.js'
import { MOST_PARTS } from '../../../../dist/shared/arena/parts.js'
import { paddedWidth } from '../../../../dist/shared/batches/padding.js'
import type { DenseOperands, Kernels } from '../../../../dist/shared/kernels/kernels.js'
import {
  type MatrixProduct,
  type Result,
  createNativeKernels,
  nativeProductElements,
  tileColumns,
  tileRows,
} from '../../../../dist/shared/kernels/native/native.js'
import { wasmOperations } from '../../../../dist/shared/kernels/wasm/operations.js'
import { denseOperands } from '../../support.js'

const rows = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 256 }))
const columns = fc
  .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 600 }))
  .map((groups) => 8 * groups)
const depth = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5000 }))
const results: fc.Arbitrary<Result> = fc.record({
  rows,
  columns,
  depth,
  most: fc.constantFrom(undefined, 1200),
})

describe('tiles of a result', () => {
  it('whatever its shape: at least a row and some columns, no more than it has; whole groups of 16 columns, or all of what there is', () => {
    fc.assert(
      fc.property(results, (result) => {
        const wide = tileColumns(result)
        const high = tileRows(result, wide)
        for (const number of [wide, high]) {
          expect(Number.isInteger(number)).toBe(true)
          expect(number).toBeGreaterThanOrEqual(1)
        }
        if (wide < result.columns) expect(wide % 16).toBe(0)
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  it('a result that may be larger has tiles that are no smaller; one that may have fewer elements keeps to that, where it has as many columns as that allows', () => {
    fc.assert(
      fc.property(results, fc.integer({ min: 2000, max: 100_000 }), (result, most) => {
        const wide = tileColumns(result)
        expect(tileColumns({ ...result, most: undefined })).toBeGreaterThanOrEqual(wide)
        const bounded = { ...result, most }
        const tile = tileColumns(bounded) * tileRows(bounded, tileColumns(bounded))
        expect(tile).toBeLessThanOrEqual(most)
      }),
      { seed: 2, numRuns: 2000 },
    )
  })
})

const compiled = compileKernels('kernels')

/** Kernels whose library notes what it is to multiply, and multiplies nothing. */
function openStandIn(prefersSmall: boolean): {
  kernels: Kernels
  calls: MatrixProduct[]
  memory: WebAssembly.Memory
} {
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 512, shared: true })
  const calls: MatrixProduct[] = []
  const multiply = (product: MatrixProduct): void => void calls.push({ ...product })
  const operations = wasmOperations(compiled, memory)
  return { kernels: createNativeKernels(operations, { multiply, prefersSmall }), calls, memory }
}

const MIB = 2 ** 20
interface Shape {
  parts: number
  unitRows: number
  units: number
  inputs: number
  outputs: number
  sliceRows: number
}
const shapes: fc.Arbitrary<Shape> = fc.record({
  parts: fc.constantFrom(1, 2, 4),
  unitRows: fc.constantFrom(4, 16, 20, 32, 64),
  units: fc.integer({ min: 1, max: 3 }),
  inputs: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 400 })),
  outputs: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 400 })),
  sliceRows: fc.constantFrom(8, 32, 128),
})

function operandsOf(memory: WebAssembly.Memory, shape: Shape): DenseOperands {
  const { inputs, outputs, parts, sliceRows, unitRows, units } = shape
  const stride = unitRows * units
  const rows = new Int32Array(memory.buffer, 1024, MOST_PARTS)
  for (let part = 0; part < parts; part++) rows[part] = Math.max(0, stride - 3 * part)
  const at = (number: number): typeof NOWHERE => advance(NOWHERE, number * 3 * MIB)
  return denseOperands({
    inputs,
    outputs,
    sliceRows,
    parts: { count: parts, stride, rows, unitRows, rowsAt: advance(NOWHERE, 1024) },
    x: at(1),
    weights: at(2),
    z: at(3),
    dZ: at(4),
    dX: at(5),
    dWeights: at(6),
    scratch: at(7),
  })
}

/** Of each element of a result, how many times it has been written, and in which calls. */
function coverOf(calls: MatrixProduct[], base: number, width: number, height: number): Int32Array {
  const cover = new Int32Array(width * height)
  for (const { c, m, n, strideC } of calls) {
    expect(strideC).toBe(width)
    const first = (c - base) / 4
    expect((first % width) + n).toBeLessThanOrEqual(width)
    for (let row = 0; row < m; row++)
      for (let column = 0; column < n; column++) cover[first + row * width + column]!++
  }
  return cover
}

describe.each([false, true])('for a library that prefers small products: %s', (prefersSmall) => {
  it.each(['matmul', 'matmulTransposedB'] as const)(
    '%s: every element of every row of the parts is written by one call, none of another row; no call reaches beyond a unit, and every unit is cut alike',
    (name) => {
      fc.assert(
        fc.property(shapes, (shape) => {
          const { kernels, calls, memory } = openStandIn(prefersSmall)
          const operands = operandsOf(memory, shape)
          kernels[name](operands)
          const { inputs, outputs, parts, unitRows } = { ...shape, parts: operands.parts }
          const forward = name === 'matmul'
          const width = paddedWidth(forward ? outputs : inputs)
          const base = forward ? operands.z : operands.dX
          const height = parts.count * parts.stride
          const cover = coverOf(calls, base, width, height)
          for (let row = 0; row < height; row++) {
            const part = Math.floor(row / parts.stride)
            const isThere = row - part * parts.stride < parts.rows[part]!
            const written = cover.subarray(row * width, (row + 1) * width)
            if (!written.every((times) => times === Number(isThere)))
              expect.unreachable(`row ${row}`)
          }
          const cutsOf = new Map<number, string[]>()
          for (const { c, k, m, n } of calls) {
            const row = Math.floor((c - base) / 4 / width)
            const inUnit = (row % parts.stride) % unitRows
            expect(inUnit + m).toBeLessThanOrEqual(unitRows)
            expect(k).toBe(forward ? inputs : outputs)
            const unit = Math.floor(row / unitRows)
            const cuts = cutsOf.get(unit) ?? []
            cuts.push(`${inUnit} ${((c - base) / 4) % width} ${m} ${n}`)
            cutsOf.set(unit, cuts)
          }
          // The first part has all its rows.
          const [first] = cutsOf.values()
          for (let unit = 0; unit < shape.units; unit++) expect(cutsOf.get(unit)).toEqual(first)
        }),
        { seed: 3, numRuns: 40 },
      )
    },
  )

  it('matmulTransposedA: any ranges of whole slices are the calls of the whole, and each part adds to each element once', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, place) => {
        const slices = Math.ceil(paddedWidth(shape.inputs) / shape.sliceRows)
        const cut = Math.min(paddedWidth(shape.inputs), shape.sliceRows * (1 + (place % slices)))
        const [width, height] = [paddedWidth(shape.outputs), paddedWidth(shape.inputs)]
        const [whole, inRanges] = [
          [[0, height]],
          [
            [cut, height],
            [0, cut],
          ],
        ].map((ranges) => {
          const { kernels, calls, memory } = openStandIn(prefersSmall)
          const operands = operandsOf(memory, shape)
          for (const [first, end] of ranges) kernels.matmulTransposedA(operands, first!, end!)
          return { calls, operands }
        })
        const key = ({ a, b, c, m, n, k, beta }: MatrixProduct): string =>
          [a, b, c, m, n, k, beta].join(' ')
        expect(inRanges!.calls.map(key).sort()).toEqual(whole!.calls.map(key).sort())
        // A part by itself, and what is added up on the way.
        const { dWeights, parts, scratch } = whole!.operands
        const direct = whole!.calls.filter(({ c }) => c < scratch)
        const waiting = whole!.calls.filter(({ c }) => c >= scratch)
        const cover = coverOf(direct, dWeights, width, height)
        // Of four parts the third and fourth wait.
        const times = Math.min(2, parts.count)
        expect(cover.every((count) => count === times)).toBe(true)
        const room = nativeProductElements({ ...shape, rows: parts.stride })
        for (const { c, m, strideC } of waiting)
          expect((c - scratch) / 4 + m * strideC).toBeLessThanOrEqual(room + strideC)
      }),
      { seed: 4, numRuns: 40 },
    )
  })
})
