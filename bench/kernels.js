// How close do the kernels come to what the processor can do? GFLOP/s of the three products by
// backend and shape; nanoseconds an element of the rest.
import benny from 'benny'
import { chooseBackend } from '../dist/main/runtime/node/backend-choice.js'
import { compileKernels, programOf } from '../dist/main/runtime/node/compiled-kernels.js'
import { backendNames } from '../dist/shared/backend-names.js'
import { backends } from '../dist/shared/backends.js'
import { MOST_PARTS } from '../dist/shared/arena/parts.js'
import { paddedRows, paddedWidth } from '../dist/shared/batches/padding.js'
import { sliceRowsOf, unitRowsOf } from '../dist/shared/batches/shards.js'
import { loadEngine } from '../dist/workers/node/engine.js'
import { bestAndMedian, printHeading, require } from './machine.js'

const shapes = [
  [16, 64, 128],
  [16, 128, 128],
  [202, 128, 128],
  [128, 784, 128],
  [128, 128, 10],
  [256, 1024, 1024],
]

/**
 * What each backend computes with; those that this machine lacks are left out, with a line that
 * says why.
 */
const engines = new Map()
for (const backend of backendNames) {
  try {
    const { blas } = await chooseBackend(backend, Infinity)
    engines.set(backend, await loadEngine({ compiled: compileKernels(programOf(backend)), blas }))
  } catch (error) {
    console.log(error.message)
  }
}

/** Matrices of one shape in an arena of their own; whole numbers, so that every sum is exact. */
function prepare(backend, [m, k, n]) {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true })
  const { dtype, create, preparedElements, productElements } = backends[backend]
  const values =
    dtype === 'float32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer)
  const kernels = create(engines.get(backend), memory)
  let end = 1024
  const put = (rows, columns, value) => {
    const at = end
    const width = paddedWidth(columns)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        values[at / values.BYTES_PER_ELEMENT + i * width + j] = value(i, j)
    end += Math.ceil((paddedRows(rows) * width * values.BYTES_PER_ELEMENT) / 128) * 128
    return at
  }
  const whole = (i, j) => ((i * 5 + j * 3) % 11) - 5
  const [x, w, d] = [
    put(m, k, whole),
    put(paddedWidth(k), n, (i, j) => (i < k ? whole(i, j) : 0)),
    put(m, n, whole),
  ]
  const [z, e, g, b] = [
    put(m, n, () => 0),
    put(m, k, () => 0),
    put(paddedWidth(k), n, () => 0),
    put(1, n, () => 0),
  ]
  const prepared = put(1, preparedElements(k, n) + 8, () => 0)
  const sliceRows = sliceRowsOf(m)
  const shape = { parts: 1, rows: paddedRows(m), inputs: k, outputs: n, sliceRows }
  const scratch = put(1, productElements(shape) + 8, () => 0)
  const rowsAt = put(1, MOST_PARTS, () => 0)
  const parts = {
    count: 1,
    stride: paddedRows(m),
    rows: new Int32Array(memory.buffer, rowsAt, MOST_PARTS),
    unitRows: unitRowsOf(m, 1),
    rowsAt,
  }
  parts.rows[0] = m
  const layer = {
    inputs: k,
    outputs: n,
    parts,
    sliceRows,
    x,
    weights: w,
    prepared,
    z,
    dZ: d,
    dX: e,
    dWeights: g,
    dBias: b,
    scratch,
    accumulate: false,
  }
  const activation = { rows: m, columns: n, a: z, bias: b, slopes: 0, dA: 0 }
  const judged = { rows: m, columns: n, outputs: z, bias: b, targets: d, dOutputs: e }
  kernels.prepare(layer, 0, paddedWidth(k), true)
  return {
    products: {
      forward: () => kernels.matmul(layer),
      weights() {
        kernels.matmulTransposedA(layer, 0, paddedWidth(k))
        kernels.sumColumns(layer, 0, paddedWidth(n))
      },
      inputs: () => kernels.matmulTransposedB(layer),
    },
    passes: {
      sigmoid: () => kernels.activations.sigmoid.forward(activation),
      tanh: () => kernels.activations.tanh.forward(activation),
      'softmax + cross-entropy': () => kernels.losses.categoricalCrossEntropy(judged),
    },
    results: () =>
      [z, e, g].map((at, i) =>
        values.slice(
          at / values.BYTES_PER_ELEMENT,
          at / values.BYTES_PER_ELEMENT + (i === 2 ? k : m) * paddedWidth(i === 1 ? k : n),
        ),
      ),
  }
}

printHeading("Kernels: how close to the processor's limit?")
const timed = [...engines.keys()].filter((backend) => backend !== 'reference')
for (const shape of shapes) {
  const [m, k, n] = shape
  const reference = m * k * n < 1e7 ? prepare('reference', shape) : undefined
  Object.values(reference?.products ?? {}).forEach((product) => product())
  const expected = reference?.results()
  for (const backend of timed) {
    const { products, results } = prepare(backend, shape)
    Object.values(products).forEach((product) => product())
    require(!expected ||
      results().every((values, i) =>
        values.every((value, j) => value === expected[i][j]),
      ), `${backend} and reference differ for ${shape.join('x')}`)
    await benny.suite(
      shape.join('x'),
      ...Object.entries(products).map(([name, product]) =>
        benny.add(name, product, { minSamples: 20, maxTime: 0.4 }),
      ),
      benny.complete(({ results }) => {
        const flops = 2 * m * k * n
        const rate = (seconds) => (flops / seconds / 1e9).toFixed(1)
        console.log(
          `${shape.join('x').padEnd(14)} ${backend.padEnd(12)} GFLOP/s  ${results
            .map((result) => {
              const { best, median } = bestAndMedian(result)
              return `${result.name} ${rate(best)} (median ${rate(median)})`
            })
            .join('   ')}`,
        )
      }),
    )
  }
}
for (const backend of timed.filter((name) => name !== 'native')) {
  const { passes } = prepare(backend, [256, 128, 128])
  await benny.suite(
    'passes',
    ...Object.entries(passes).map(([name, pass]) =>
      benny.add(name, pass, { minSamples: 20, maxTime: 0.4 }),
    ),
    benny.complete(({ results }) => {
      for (const result of results) {
        console.log(
          `${backend.padEnd(12)} ${result.name.padEnd(24)} ${((bestAndMedian(result).best * 1e9) / (256 * 128)).toFixed(2)} ns an element`,
        )
      }
    }),
  )
}
