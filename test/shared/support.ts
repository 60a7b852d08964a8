// An arena of its own for a test of kernels: matrices go in and come out without their padding.

import { readFileSync } from 'node:fs'
import { backends } from '../../src/shared/backends.js'
import type { BackendName } from '../../src/shared/backends.js'
import type { Kernels } from '../../src/shared/kernels/kernels.js'
import { paddedRows, paddedWidth } from '../../src/shared/padding.js'

const compiled = new WebAssembly.Module(readFileSync(new URL('../../dist/shared/kernels/kernels.wasm', import.meta.url)))

export const exportsOver = (memory: WebAssembly.Memory): Record<string, (...values: number[]) => number> =>
  new WebAssembly.Instance(compiled, { env: { memory } }).exports as Record<string, (...values: number[]) => number>

export interface Bench {
  kernels: Kernels
  memory: WebAssembly.Memory
  /** Reserves bytes, filled with a value that shows when it is read by mistake. */
  reserve: (bytes: number) => number
  fill: (offset: number, elements: number, value: number) => void
  /** Puts a matrix, padded with zeros, and gives its offset. */
  put: (rows: number, columns: number, value: (row: number, column: number) => number) => number
  get: (offset: number, rows: number, columns: number) => number[]
  padding: (offset: number, rows: number, columns: number) => number[]
}

export function openBench(backend: BackendName): Bench {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true })
  const values = backends[backend].scalar === 'float32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer)
  const size = values.BYTES_PER_ELEMENT
  let end = 1024
  const reserve = (bytes: number): number => {
    const at = end
    end = Math.ceil((end + bytes) / 128) * 128
    values.fill(7777, at / size, Math.floor((at + bytes) / size))
    return at
  }
  return {
    kernels: backends[backend].create(compiled, memory),
    memory,
    reserve,
    fill: (offset, elements, value) => void values.fill(value, offset / size, offset / size + elements),
    put(rows, columns, value) {
      const width = paddedWidth(columns)
      const at = reserve(paddedRows(rows) * width * size)
      values.fill(0, at / size, at / size + rows * width)
      for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) values[at / size + row * width + column] = value(row, column)
      return at
    },
    get: (offset, rows, columns) => Array.from({ length: rows * columns }, (_, i) =>
      values[offset / size + Math.floor(i / columns) * paddedWidth(columns) + (i % columns)]!),
    padding: (offset, rows, columns) => Array.from({ length: rows }, (_, row) =>
      Array.from(values.subarray(offset / size + row * paddedWidth(columns) + columns, offset / size + (row + 1) * paddedWidth(columns)))).flat(),
  }
}

/** Largest difference, relative to the largest expected entry. */
export function relativeError(actual: number[], expected: number[]): number {
  const largest = Math.max(...expected.map(Math.abs), 1e-30)
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / largest
}

/** Largest absolute difference and where it is; NaN in one alone counts as infinite. */
export function worstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): { error: number; index: number } {
  if (actual.length !== expected.length) return { error: Infinity, index: -1 }
  let worst = { error: 0, index: -1 }
  for (let index = 0; index < expected.length; index++) {
    if (Object.is(actual[index], expected[index])) continue
    const difference = Math.abs(actual[index]! - expected[index]!)
    const error = Number.isNaN(difference) ? Infinity : difference
    if (error > worst.error) worst = { error, index }
  }
  return worst
}

/** Numbers between -1 and 1 that look random and always are the same, exact in float32. */
export const noise = (row: number, column: number): number => (((row * 7919 + column * 104_729 + 13) * 31) % 4093) / 2048 - 1
