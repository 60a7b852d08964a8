// Models, layers and their claims without a trainer around them.

import type { Claims, KernelMemory, ModelNeeds } from '../../../dist/shared/arena/claims.js'
import type { DType } from '../../../dist/shared/arena/element-types.js'
import { bytesPerElement } from '../../../dist/shared/arena/element-types.js'
import { type ByteOffset, advance } from '../../../dist/shared/arena/offsets.js'
import { MOST_PARTS } from '../../../dist/shared/arena/parts.js'
import type { BackendName } from '../../../dist/shared/backend-names.js'
import { backends } from '../../../dist/shared/backends.js'
import { paddedRows, paddedWidth } from '../../../dist/shared/batches/padding.js'
import type { Kernels } from '../../../dist/shared/kernels/kernels.js'
import { type Block, createBlock } from '../../../dist/shared/model/block.js'
import { SLICE_ROWS, engineOf } from '../support.js'

/** Some of the arena: what it is for, where it begins and what it must hold. */
export interface Area {
  what: string
  offset: number
  bytes: number
}

/** A multiple of `step` that is no less than `value`. */
export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step

/** What a model has claimed, once it is known how many rows a block has. */
interface Recorded {
  model: ModelNeeds
  areasOf: (rows: number, dtype: DType) => Area[]
  /** What it was given to claim with. */
  given: Claims[]
}

/** A model that notes what it claims. */
export function recordClaims(model: ModelNeeds): Recorded {
  const areas: { what: string; offset: number; elements: number; columns: number }[] = []
  const given: Claims[] = []
  const recording = (use: string, claims: Claims): Claims => {
    given.push(claims)
    const note = (offset: ByteOffset, elements: number, columns: number): ByteOffset => {
      areas.push({ what: `${use} ${areas.length}`, offset, elements, columns })
      return offset
    }
    return {
      ...claims,
      elements: (count) => note(claims.elements(count), count, 0),
      matrix: (columns) => note(claims.matrix(columns), 0, roundUp(columns, 8)),
    }
  }
  return {
    model: {
      ...model,
      claimShared: (claims) => model.claimShared(recording('shared', claims)),
      claimScratch: (claims) => model.claimScratch(recording('scratch', claims)),
    },
    areasOf: (rows, dtype) =>
      areas.map(({ what, offset, elements, columns }) => ({
        what,
        offset,
        bytes: (elements + rows * columns) * bytesPerElement[dtype],
      })),
    given,
  }
}

/** What hands out memory without end: the elements behind each place. */
export function openClaims(rows: number, kernels: KernelMemory): { claims: Claims; sizeOf: Sizes } {
  const sizes = new Map<number, number>()
  let end = 128
  const elements = (count: number): ByteOffset => {
    const at = end
    sizes.set(at, count)
    end += 128 + roundUp(count * 4, 128)
    return at as ByteOffset
  }
  const matrix = (columns: number): ByteOffset => elements(rows * paddedWidth(columns))
  return {
    claims: {
      elements,
      matrix,
      parts: 1,
      partStride: rows,
      sliceRows: SLICE_ROWS,
      weighted: true,
      kernels,
    },
    sizeOf: (offset) => sizes.get(offset),
  }
}
type Sizes = (offset: ByteOffset) => number | undefined

/** A block and memory for a layer's matrices, which come in and go out without their padding. */
export interface LayerBench {
  kernels: Kernels
  block: Block
  /** Elements, filled with a value that shows when it is read by mistake. */
  reserve: (elements: number) => ByteOffset
  /** A matrix of the block's rows. */
  put: (columns: number, value: (row: number, column: number) => number) => ByteOffset
  get: (matrix: ByteOffset, columns: number, rows?: number) => number[]
  set: (offset: ByteOffset, elements: number, value: (index: number) => number) => void
}

/** @param examples Those of the block, one part. */
export function openLayerBench(backend: BackendName, examples: number[]): LayerBench {
  const { create, dtype } = backends[backend]
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })
  const values =
    dtype === 'float32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer)
  const size = values.BYTES_PER_ELEMENT
  let end = 1024 as ByteOffset
  const reserve = (elements: number): ByteOffset => {
    const at = end
    end = advance(end, roundUp(elements * size, 128))
    values.fill(7777, at / size, at / size + elements)
    return at
  }
  const positionOf = (matrix: ByteOffset, columns: number, row: number): number =>
    matrix / size + row * paddedWidth(columns)
  const words = new Int32Array(memory.buffer)
  const places = { rowNumbers: reserve(examples.length), partRows: reserve(MOST_PARTS) }
  const block = createBlock(words, places, size)
  block.parts.stride = block.parts.unitRows = paddedRows(examples.length)
  block.parts.rows[0] = examples.length
  words.set(examples, places.rowNumbers / 4)
  return {
    kernels: create(engineOf(backend), memory),
    block,
    reserve,
    put(columns, value) {
      const at = reserve(paddedRows(examples.length) * paddedWidth(columns))
      examples.forEach((_, row) => {
        const first = positionOf(at, columns, row)
        values.fill(0, first, first + paddedWidth(columns))
        for (let column = 0; column < columns; column++) values[first + column] = value(row, column)
      })
      return at
    },
    set(offset, elements, value) {
      for (let i = 0; i < elements; i++) values[offset / size + i] = value(i)
    },
    get: (matrix, columns, rows = examples.length) =>
      Array.from({ length: rows }, (_, row) => {
        const first = positionOf(matrix, columns, row)
        return Array.from(values.subarray(first, first + columns))
      }).flat(),
  }
}
