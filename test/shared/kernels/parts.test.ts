// Shards side by side: what the products of several parts promise to the last bit, for every
// backend.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BackendName, backendNames } from '../../../dist/shared/backend-names.js'
import { backends } from '../../../dist/shared/backends.js'
import { has } from '../../machine.js'
import { type ByteOffset, advance } from '../../../dist/shared/arena/offsets.js'
import { SLICE_ROWS, denseOperands, noise, openBench, wholeGradient } from '../support.js'

interface Products {
  z: number[][]
  errors: number[][]
  gradient: number[]
  bias: number[]
}
type Value = (part: number, row: number, column: number) => number

const padded = (n: number): number => 8 * Math.ceil(n / 8)
const byPart =
  (seed: number): Value =>
  (part, row, column) =>
    Math.fround(noise(row + 37 * part + seed, column) / 3)
const [inputsOf, deltasOf] = [byPart(0), byPart(1000)]
const weightsOf = (row: number, column: number): number => Math.fround(noise(row + 500, column) / 3)

interface Job {
  /** Rows of each part. */
  rows: number[]
  stride: number
  k: number
  n: number
  x?: Value
  d?: Value
}

/**
 * All products of a job in exactly the memory that the backend asks for; the products of each part
 * by itself.
 */
function multiply(
  backend: BackendName,
  { rows, stride, k, n, x = inputsOf, d = deltasOf }: Job,
): Products {
  const { preparedElements, productElements, dtype } = backends[backend]
  const { kernels, put, putParts, partsOf, get, reserve } = openBench(backend)
  const size = dtype === 'float32' ? 4 : 8
  const parts = partsOf(rows, stride)
  const [xs, ds] = [putParts(parts, k, x), putParts(parts, n, d)]
  const w = put(padded(k), n, (row, column) => (row < k ? weightsOf(row, column) : 0))
  const prepared = reserve(preparedElements(k, n) * size)
  const shape = { parts: rows.length, rows: stride, inputs: k, outputs: n, sliceRows: SLICE_ROWS }
  const scratch = reserve(productElements(shape) * size)
  const [z, errors] = [putParts(parts, n, () => 99), putParts(parts, k, () => 99)]
  const [gradient, bias] = [put(padded(k), n, () => 99), put(1, n, () => 99)]
  const layer = denseOperands({
    inputs: k,
    outputs: n,
    parts,
    x: xs,
    weights: w,
    prepared,
    z,
    dZ: ds,
    dX: errors,
    dWeights: gradient,
    dBias: bias,
    scratch,
  })
  kernels.prepare(layer, 0, padded(k), true)
  kernels.matmul(layer)
  kernels.matmulTransposedB(layer)
  wholeGradient(kernels, layer)
  const split = (matrix: ByteOffset, columns: number): number[][] =>
    rows.map((count, part) =>
      get(advance(matrix, part * stride * padded(columns) * size), count, columns),
    )
  return {
    z: split(z, n),
    errors: split(errors, k),
    gradient: get(gradient, k, n),
    bias: get(bias, 1, n),
  }
}

/** The one part of a job with the rows of part number `part`. */
function alone(
  backend: BackendName,
  { rows, stride, k, n, x = inputsOf, d = deltasOf }: Job,
  part: number,
): Products {
  return multiply(backend, {
    rows: [rows[part]!],
    stride,
    k,
    n,
    x: (_, row, column) => x(part, row, column),
    d: (_, row, column) => d(part, row, column),
  })
}

/** ((0+1)+(2+3))+... of lists of numbers, each sum rounded. */
function tree(lists: number[][], round: (x: number) => number): number[] {
  if (lists.length === 1) return lists[0]!
  const half = lists.length / 2
  const [left, right] = [tree(lists.slice(0, half), round), tree(lists.slice(half), round)]
  return left.map((value, i) => round(value + right[i]!))
}

const jobs: fc.Arbitrary<Job> = fc.integer({ min: 0, max: 4 }).chain((exponent) => {
  const width = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70 }))
  return fc
    .integer({ min: 1, max: 6 })
    .map((tiles) => 4 * tiles)
    .chain((stride) =>
      fc.record({
        rows: fc.array(fc.integer({ min: 0, max: stride }), {
          minLength: 2 ** exponent,
          maxLength: 2 ** exponent,
        }),
        stride: fc.constant(stride),
        k: width,
        n: width,
      }),
    )
})

for (const backend of backendNames) {
  describe.skipIf(!has(backend))(backend, () => {
    const round = backend === 'reference' ? (x: number): number => x : Math.fround

    const expectOwnProducts = (job: Parameters<typeof multiply>[1]): void => {
      const together = multiply(backend, job)
      const each = job.rows.map((_, part) => alone(backend, job, part))
      expect(together.z).toEqual(each.map(({ z }) => z[0]))
      expect(together.errors).toEqual(each.map(({ errors }) => errors[0]))
      expect(together.gradient).toEqual(
        tree(
          each.map(({ gradient }) => gradient),
          round,
        ),
      )
      expect(together.bias).toEqual(
        tree(
          each.map(({ bias }) => bias),
          round,
        ),
      )
    }

    it('every part has the products that it has alone, and the gradient is the tree of those, bit for bit; whatever the rows, 0 too', () => {
      fc.assert(fc.property(jobs, expectOwnProducts), { seed: 7, numRuns: 60 })
    })

    it('also with 64 parts, and where the weights are multiplied slice by slice', () => {
      const many = {
        rows: Array.from({ length: 64 }, (_, part) => part % 5),
        stride: 4,
        k: 33,
        n: 17,
      }
      const wide = { rows: [64, 0, 63, 64], stride: 64, k: 300, n: 264 }
      const flat = { rows: [8, 5, 0, 8], stride: 8, k: 300, n: 40 }
      for (const job of [many, wide, flat]) expectOwnProducts(job)
    })

    it("a part's products don't depend on its neighbors: not even NaN in them shows", () => {
      const job = { rows: [3, 8, 5, 1], stride: 8, k: 19, n: 11 }
      const whole = multiply(backend, job)
      for (let spoilt = 0; spoilt < 4; spoilt++) {
        const spoil =
          (value: Value): Value =>
          (part, row, column) =>
            part === spoilt ? NaN : value(part, row, column)
        const { z, errors } = multiply(backend, { ...job, x: spoil(inputsOf), d: spoil(deltasOf) })
        for (const part of [0, 1, 2, 3].filter((other) => other !== spoilt)) {
          expect(z[part]).toEqual(whole.z[part])
          expect(errors[part]).toEqual(whole.errors[part])
        }
      }
    })

    it.skipIf(backend === 'native')(
      'a row has the products that it has alone, whatever its place among the rows',
      () => {
        const job = { rows: [7, 4, 1, 6], stride: 8, k: 21, n: 35 }
        const whole = multiply(backend, job)
        job.rows.forEach((rows, part) => {
          for (let row = 0; row < rows; row++) {
            const { z, errors } = multiply(backend, {
              ...job,
              rows: [1],
              x: (_part, _row, column) => inputsOf(part, row, column),
              d: (_part, _row, column) => deltasOf(part, row, column),
            })
            expect(z[0]).toEqual(whole.z[part]!.slice(row * job.n, (row + 1) * job.n))
            expect(errors[0]).toEqual(whole.errors[part]!.slice(row * job.k, (row + 1) * job.k))
          }
        })
      },
    )

    it('parts without rows have a gradient of zeros', () => {
      const { gradient, bias } = multiply(backend, { rows: [0, 0, 0, 0], stride: 4, k: 9, n: 3 })
      expect([...gradient, ...bias].every((x) => x === 0)).toBe(true)
    })

    it('weights prepared piece by piece are those prepared at once, byte for byte, whichever piece comes first', () => {
      const size = backend === 'reference' ? 8 : 4
      for (const [k, n] of [
        [1, 1],
        [8, 8],
        [13, 10],
        [40, 21],
        [67, 3],
      ] as const) {
        const { kernels, memory, put, reserve } = openBench(backend)
        const bytes = backends[backend].preparedElements(k, n) * size
        const w = put(padded(k), n, (row, column) => (row < k ? weightsOf(row, column) : 0))
        const [whole, inPieces] = [reserve(bytes), reserve(bytes)]
        const layer = { inputs: k, outputs: n, weights: w }
        kernels.prepare(denseOperands({ ...layer, prepared: whole }), 0, padded(k), true)
        for (const rows of [8, 16, 24]) {
          new Uint8Array(memory.buffer, inPieces, bytes).fill(77)
          const starts = Array.from({ length: Math.ceil(k / rows) }, (_, i) => i * rows)
          for (const first of starts.reverse())
            kernels.prepare(
              denseOperands({ ...layer, prepared: inPieces }),
              first,
              Math.min(first + rows, padded(k)),
              true,
            )
          expect(
            new Uint8Array(memory.buffer, inPieces, bytes),
            `${k}x${n} by ${rows} rows`,
          ).toEqual(new Uint8Array(memory.buffer, whole, bytes))
        }
      }
    })
  })
}
