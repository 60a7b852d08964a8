// Shards side by side: what the products of several parts promise to the last bit, for every
// backend.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BackendName, backendNames } from '../../../dist/shared/backend-names.js'
import { backends } from '../../../dist/shared/backends.js'
import { has } from '../../machine.js'
import { type ByteOffset, advance } from '../../../dist/shared/arena/offsets.js'
import { SLICE_ROWS, denseOperands, noise, openBench, worstDifference } from '../support.js'

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
  unitRows?: number
  sliceRows?: number
  /** Where the gradient is cut into ranges: of the weights' rows, and of the biases' columns. */
  cuts?: { rows: number[]; columns: number[] }
  /** Of native: what is said of the library. */
  prefersSmall?: boolean
}

/**
 * All products of a job in exactly the memory that the backend asks for; the products of each part
 * by itself.
 */
function multiply(
  backend: BackendName,
  {
    rows,
    stride,
    k,
    n,
    x = inputsOf,
    d = deltasOf,
    unitRows = stride,
    sliceRows = SLICE_ROWS,
    cuts = { rows: [], columns: [] },
    prefersSmall,
  }: Job,
): Products {
  const { preparedElements, productElements, dtype } = backends[backend]
  const { kernels, put, putParts, partsOf, get, reserve } = openBench(backend, prefersSmall)
  const size = dtype === 'float32' ? 4 : 8
  const parts = partsOf(rows, stride, unitRows)
  const [xs, ds] = [putParts(parts, k, x), putParts(parts, n, d)]
  const w = put(padded(k), n, (row, column) => (row < k ? weightsOf(row, column) : 0))
  const prepared = reserve(preparedElements(k, n) * size)
  const shape = { parts: rows.length, rows: stride, inputs: k, outputs: n, sliceRows }
  const scratch = reserve(productElements(shape) * size)
  const [z, errors] = [putParts(parts, n, () => 99), putParts(parts, k, () => 99)]
  const [gradient, bias] = [put(padded(k), n, () => 99), put(1, n, () => 99)]
  const layer = denseOperands({
    inputs: k,
    outputs: n,
    parts,
    sliceRows,
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
  for (const [first, end] of rangesBetween(cuts.rows, padded(k)))
    kernels.matmulTransposedA(layer, first, end)
  for (const [first, end] of rangesBetween(cuts.columns, padded(n)))
    kernels.sumColumns(layer, first, end)
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

/** What is between the cuts, the last first: in no order that the results may depend on. */
function rangesBetween(cuts: number[], end: number): [number, number][] {
  const places = [0, ...cuts, end]
  return cuts
    .concat(end)
    .map((to, i): [number, number] => [places[i]!, to])
    .reverse()
}

/** The one part of a job with the rows of part number `part`. */
function alone(backend: BackendName, job: Job, part: number): Products {
  const { rows, x = inputsOf, d = deltasOf } = job
  return multiply(backend, {
    ...job,
    rows: [rows[part]!],
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

/** A job whose products are cut: into units and slices, and its gradient into ranges. */
const cutJobs: fc.Arbitrary<Job> = fc
  .record({
    exponent: fc.integer({ min: 0, max: 2 }),
    unitRows: fc.integer({ min: 1, max: 16 }).map((tiles) => 4 * tiles),
    units: fc.integer({ min: 1, max: 3 }),
    k: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 400 })),
    n: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 })),
    sliceRows: fc.constantFrom(8, 32, 128),
    places: fc.array(fc.nat(), { maxLength: 3 }),
    short: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ exponent, unitRows, units, k, n, sliceRows, places, short }) => {
    const stride = unitRows * units
    const cutsAt = (step: number, end: number): number[] => {
      const most = Math.ceil(end / step) - 1
      const cuts = most > 0 ? places.map((place) => step * (1 + (place % most))) : []
      return [...new Set(cuts)].sort((a, b) => a - b)
    }
    return {
      rows: Array.from({ length: 2 ** exponent }, (_, part) =>
        Math.max(0, stride - (short + 5 * part) * (part % 2 || short > 4 ? 1 : 0)),
      ),
      stride,
      unitRows,
      k,
      n,
      sliceRows,
      cuts: { rows: cutsAt(sliceRows, padded(k)), columns: cutsAt(8, padded(n)) },
    }
  })

/** Backends, and the two ways in which native cuts products. */
const variants: [string, BackendName, boolean][] = [
  ...backendNames.map((backend): [string, BackendName, boolean] => [backend, backend, false]),
  ['native that likes its products small', 'native', true],
]

for (const [variant, backend, prefersSmall] of variants) {
  describe.skipIf(!has(backend))(variant, () => {
    const round = backend === 'reference' ? (x: number): number => x : Math.fround

    const expectOwnProducts = (job: Parameters<typeof multiply>[1]): void => {
      const together = multiply(backend, { ...job, prefersSmall })
      const each = job.rows.map((_, part) => alone(backend, { ...job, prefersSmall }, part))
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

    it('also in units, and cut into slices of any length', () => {
      fc.assert(fc.property(cutJobs, expectOwnProducts), { seed: 8, numRuns: 15 })
    })

    it('the gradient range by range, in any order, is the gradient at once, bit for bit', () => {
      fc.assert(
        fc.property(cutJobs, (job) => {
          const inRanges = multiply(backend, { ...job, prefersSmall })
          const atOnce = multiply(backend, { ...job, prefersSmall, cuts: undefined })
          expect(inRanges.gradient).toEqual(atOnce.gradient)
          expect(inRanges.bias).toEqual(atOnce.bias)
        }),
        { seed: 9, numRuns: 30 },
      )
    })

    it('a unit multiplied by itself has the products that it has among the others, bit for bit', () => {
      fc.assert(
        fc.property(cutJobs, (given) => {
          const job = { ...given, cuts: undefined }
          const whole = multiply(backend, { ...job, prefersSmall })
          job.rows.forEach((rows, part) => {
            for (let first = 0; first < rows; first += job.unitRows!) {
              const count = Math.min(job.unitRows!, rows - first)
              const { z, errors } = multiply(backend, {
                ...job,
                prefersSmall,
                rows: [count],
                x: (_part, row, column) => inputsOf(part, first + row, column),
                d: (_part, row, column) => deltasOf(part, first + row, column),
              })
              const { k, n } = job
              expect(z[0]).toEqual(whole.z[part]!.slice(first * n, (first + count) * n))
              expect(errors[0]).toEqual(whole.errors[part]!.slice(first * k, (first + count) * k))
            }
          })
        }),
        { seed: 10, numRuns: 10 },
      )
    })

    it.skipIf(backend === 'reference')(
      'however products are cut, they are those of the reference: to 5e-6 of the largest',
      () => {
        const largeJobs = [
          { rows: [256], stride: 256, unitRows: 64, k: 500, n: 330, sliceRows: 128 },
          { rows: [128, 100], stride: 128, unitRows: 32, k: 260, n: 700, sliceRows: 32 },
          { rows: [64, 64, 60, 3], stride: 64, unitRows: 16, k: 784, n: 128, sliceRows: 32 },
          { rows: [17], stride: 20, unitRows: 20, k: 1500, n: 40, sliceRows: 128 },
        ]
        for (const job of largeJobs) {
          const [actual, expected] = [
            multiply(backend, { ...job, prefersSmall }),
            multiply('reference', job),
          ]
          for (const [what, one, other] of [
            ['z', actual.z.flat(), expected.z.flat()],
            ['errors', actual.errors.flat(), expected.errors.flat()],
            ['gradient', actual.gradient, expected.gradient],
            ['bias', actual.bias, expected.bias],
          ] as const) {
            const largest = other.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
            const { error } = worstDifference(one, other)
            expect(error / largest, `${what} ${job.k}x${job.n}`).toBeLessThan(5e-6)
          }
        }
      },
    )

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
