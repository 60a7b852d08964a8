// An arena of its own for a test of kernels: matrices go in and come out without their padding.

import { compileKernels } from '../../dist/main/runtime/node/compiled-kernels.js'
import { type Backend, type Engine, backends } from '../../dist/shared/backends.js'
import type { BackendName } from '../../dist/shared/backend-names.js'
import { loadBlas } from '../../dist/shared/node/blas.js'
import { type ByteOffset, NOWHERE, advance } from '../../dist/shared/arena/offsets.js'
import type {
  ActivationOperands,
  DenseOperands,
  Kernels,
  LossOperands,
  UpdateOperands,
} from '../../dist/shared/kernels/kernels.js'
import { type Parts, MOST_PARTS } from '../../dist/shared/arena/parts.js'
import { paddedRows, paddedWidth } from '../../dist/shared/batches/padding.js'
import { blas } from '../machine.js'

const bindMultiply = blas && (await loadBlas(blas))

/**
 * What a backend computes with.
 * @param prefersSmall What is said of the BLAS, whatever is true of this machine's.
 */
export const engineOf = (backend: BackendName, prefersSmall = false): Engine => ({
  compiled: compileKernels(backends[backend].program),
  bindMultiply,
  prefersSmall,
})

export const exportsOver = (
  memory: WebAssembly.Memory,
  program: Backend['program'],
): Record<string, (...values: number[]) => number> =>
  new WebAssembly.Instance(compileKernels(program), { env: { memory } }).exports as Record<
    string,
    (...values: number[]) => number
  >

export interface Bench {
  kernels: Kernels
  memory: WebAssembly.Memory
  /** Reserves bytes, filled with a value that shows when it is read by mistake. */
  reserve: (bytes: number) => ByteOffset
  fill: (offset: ByteOffset, elements: number, value: number) => void
  /** Puts a matrix, padded with zeros, and gives its offset. */
  put: (rows: number, columns: number, value: (row: number, column: number) => number) => ByteOffset
  /**
   * Puts shards side by side, each padded with zeros; the rows between them hold NaN, which would
   * show in any sum it got into.
   */
  putParts: (
    parts: Parts,
    columns: number,
    value: (part: number, row: number, column: number) => number,
  ) => ByteOffset
  /** Parts of so many rows each, the next beginning `stride` rows on, in units of `unitRows`. */
  partsOf: (rows: number[], stride?: number, unitRows?: number) => Parts
  get: (offset: ByteOffset, rows: number, columns: number) => number[]
  padding: (offset: ByteOffset, rows: number, columns: number) => number[]
}

export function openBench(backend: BackendName, prefersSmall = false): Bench {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true })
  const values =
    backends[backend].dtype === 'float32'
      ? new Float32Array(memory.buffer)
      : new Float64Array(memory.buffer)
  const size = values.BYTES_PER_ELEMENT
  let end = advance(NOWHERE, 1024)
  const positionOf = (matrix: ByteOffset, columns: number, row: number, column = 0): number =>
    matrix / size + row * paddedWidth(columns) + column
  const reserve = (bytes: number): ByteOffset => {
    const at = end
    end = advance(NOWHERE, Math.ceil((end + bytes) / 128) * 128)
    values.fill(7777, at / size, Math.floor((at + bytes) / size))
    return at
  }
  return {
    kernels: backends[backend].create(engineOf(backend, prefersSmall), memory),
    memory,
    reserve,
    fill: (offset, elements, value) =>
      void values.fill(value, offset / size, offset / size + elements),
    put(rows, columns, value) {
      const at = reserve(paddedRows(rows) * paddedWidth(columns) * size)
      values.fill(0, at / size, positionOf(at, columns, rows))
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          values[positionOf(at, columns, row, column)] = value(row, column)
      return at
    },
    putParts({ count, stride, rows }, columns, value) {
      const at = reserve(count * stride * paddedWidth(columns) * size)
      values.fill(NaN, at / size, positionOf(at, columns, count * stride))
      for (let part = 0; part < count; part++) {
        const first = part * stride
        values.fill(0, positionOf(at, columns, first), positionOf(at, columns, first + rows[part]!))
        for (let row = 0; row < rows[part]!; row++) {
          for (let column = 0; column < columns; column++)
            values[positionOf(at, columns, first + row, column)] = value(part, row, column)
        }
      }
      return at
    },
    partsOf(rows, stride = paddedRows(Math.max(1, ...rows)), unitRows = stride) {
      const rowsAt = reserve(4 * MOST_PARTS)
      const array = new Int32Array(memory.buffer, rowsAt, MOST_PARTS)
      array.set(rows)
      return { count: rows.length, stride, rows: array, unitRows, rowsAt }
    },
    get: (offset, rows, columns) =>
      Array.from(
        { length: rows * columns },
        (_, i) => values[positionOf(offset, columns, Math.floor(i / columns), i % columns)]!,
      ),
    padding: (offset, rows, columns) =>
      Array.from({ length: rows }, (_, row) =>
        Array.from(
          values.subarray(
            positionOf(offset, columns, row, columns),
            positionOf(offset, columns, row + 1),
          ),
        ),
      ).flat(),
  }
}

const NO_PARTS: Parts = {
  count: 1,
  stride: 0,
  rows: new Int32Array(1),
  unitRows: 0,
  rowsAt: NOWHERE,
}
/** Rows of a gradient that are one product, where a test doesn't say. */
export const SLICE_ROWS = 32

/** The whole gradient of a layer, as one range of its weights and one of its biases. */
export function wholeGradient(kernels: Kernels, layer: DenseOperands): void {
  kernels.matmulTransposedA(layer, 0, paddedWidth(layer.inputs))
  kernels.sumColumns(layer, 0, paddedWidth(layer.outputs))
}

/** Operands of a dense layer; those that aren't given are nowhere. */
export const denseOperands = (
  given: Pick<DenseOperands, 'inputs' | 'outputs'> & Partial<DenseOperands>,
): DenseOperands => ({
  parts: NO_PARTS,
  sliceRows: SLICE_ROWS,
  x: NOWHERE,
  weights: NOWHERE,
  prepared: NOWHERE,
  z: NOWHERE,
  dZ: NOWHERE,
  dX: NOWHERE,
  dWeights: NOWHERE,
  dBias: NOWHERE,
  scratch: NOWHERE,
  accumulate: false,
  ...given,
})

/** Operands of an activation, likewise. */
export const activationOperands = (
  given: Pick<ActivationOperands, 'rows' | 'columns' | 'a'> & Partial<ActivationOperands>,
): ActivationOperands => ({ bias: NOWHERE, slopes: NOWHERE, dA: NOWHERE, ...given })

/** Operands of a loss, likewise. */
export const lossOperands = (
  given: Pick<LossOperands, 'rows' | 'columns' | 'outputs' | 'targets'> & Partial<LossOperands>,
): LossOperands => ({ bias: NOWHERE, dOutputs: NOWHERE, ...given })

/** Operands of an optimizer that keeps nothing, or what is given. */
export const updateOperands = (
  given: Pick<UpdateOperands, 'parameters' | 'nextParameters' | 'gradient' | 'elements'> &
    Partial<UpdateOperands>,
): UpdateOperands => ({ state: NOWHERE, nextState: NOWHERE, stateStride: 0, ...given })

/** Largest difference, relative to the largest expected entry. */
export function relativeError(actual: number[], expected: number[]): number {
  const largest = Math.max(...expected.map(Math.abs), 1e-30)
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / largest
}

/** Largest absolute difference and where it is; NaN in one alone counts as infinite. */
export function worstDifference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { error: number; index: number } {
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
export const noise = (row: number, column: number): number =>
  (((row * 7919 + column * 104_729 + 13) * 31) % 4093) / 2048 - 1
