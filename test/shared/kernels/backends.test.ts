import { describe, expect, it } from 'vitest'
import {
  type ActivationName,
  activationNames,
  keepsSlopes,
} from '../../../dist/shared/formulas/activations.js'
import { type BackendName, backendNames } from '../../../dist/shared/backend-names.js'
import { backends } from '../../../dist/shared/backends.js'
import { fusedActivation, lossNames } from '../../../dist/shared/formulas/losses.js'
import { backendsHere, has } from '../../machine.js'
import { type ByteOffset, advance } from '../../../dist/shared/arena/offsets.js'
import { paddedWidth } from '../../../dist/shared/batches/padding.js'
import {
  type Bench,
  SLICE_ROWS,
  activationOperands,
  denseOperands,
  lossOperands,
  noise,
  openBench,
  relativeError,
  updateOperands,
  wholeGradient,
  worstDifference,
} from '../support.js'
import { sgd } from '../../../dist/shared/optimizers/optimizers.js'

const float32Backends = backendNames.filter((name) => backends[name].dtype === 'float32')
/** The backends that differ in more than their products. */
const elementwiseBackends = backendsHere.filter((name) => name !== 'native')
/** What a backend stores of a number. */
const rounded = (backend: BackendName, value: number): number =>
  backends[backend].dtype === 'float32' ? Math.fround(value) : value

const sizes = [1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 31, 64]
/** Rows, inputs, outputs: every size in every place. */
const shapes = sizes.flatMap((_, i) =>
  [1, 4, 7].map(
    (step) => [sizes[i]!, sizes[(i + step) % 12]!, sizes[(i + 3 * step) % 12]!] as const,
  ),
)

/** As layers are: large enough for every kind of slice that a backend takes. */
const layerShapes = [
  [202, 128, 128],
  [64, 784, 128],
  [33, 300, 264],
  [256, 100, 10],
] as const

interface Products {
  z: number[]
  errors: number[]
  gradient: number[]
  bias: number[]
  padding: number[]
}

function products(
  backend: BackendName,
  [m, k, n]: readonly [number, number, number],
  value: (row: number, column: number) => number,
  times = 1,
): Products {
  const { preparedElements, productElements, dtype } = backends[backend]
  const { kernels, put, partsOf, get, padding, reserve } = openBench(backend)
  const size = dtype === 'float32' ? 4 : 8
  const x = put(m, k, value)
  const w = put(Math.ceil(k / 8) * 8, n, (row, column) =>
    row < k ? value(row + 3, column + 1) : 0,
  )
  const d = put(m, n, (row, column) => value(row + 5, column + 2))
  const prepared = reserve(preparedElements(k, n) * size)
  const [z, errors] = [put(m, n, () => 99), put(m, k, () => 99)]
  const [gradient, bias] = [put(Math.ceil(k / 8) * 8, n, () => 99), put(1, n, () => 99)]
  const parts = partsOf([m])
  const shape = { parts: 1, rows: parts.stride, inputs: k, outputs: n, sliceRows: SLICE_ROWS }
  const layer = denseOperands({
    inputs: k,
    outputs: n,
    parts,
    x,
    weights: w,
    prepared,
    z,
    dZ: d,
    dX: errors,
    dWeights: gradient,
    dBias: bias,
    scratch: reserve(productElements(shape) * size),
  })
  kernels.prepare(layer, 0, Math.ceil(k / 8) * 8, true)
  kernels.matmul(layer)
  kernels.matmulTransposedB(layer)
  for (let time = 0; time < times; time++)
    wholeGradient(kernels, { ...layer, accumulate: time > 0 })
  return {
    z: get(z, m, n),
    errors: get(errors, m, k),
    gradient: get(gradient, k, n),
    bias: get(bias, 1, n),
    padding: [
      ...padding(z, m, n),
      ...padding(errors, m, k),
      ...padding(gradient, k, n),
      ...padding(bias, 1, n),
    ],
  }
}

describe('the three products', () => {
  const integers = (row: number, column: number): number => ((row * 5 + column * 3) % 11) - 5

  for (const backend of backendNames) {
    it.skipIf(!has(backend))(
      `${backend}: of whole numbers are exact for every size, as the definition says`,
      () => {
        for (const shape of shapes) {
          const [m, k, n] = shape
          const sum = (count: number, term: (i: number) => number): number =>
            Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0)
          const expected = {
            z: Array.from({ length: m * n }, (_, i) =>
              sum(k, (l) => integers(Math.floor(i / n), l) * integers(l + 3, (i % n) + 1)),
            ),
            errors: Array.from({ length: m * k }, (_, i) =>
              sum(n, (l) => integers(Math.floor(i / k) + 5, l + 2) * integers((i % k) + 3, l + 1)),
            ),
            gradient: Array.from({ length: k * n }, (_, i) =>
              sum(m, (l) => integers(l, Math.floor(i / n)) * integers(l + 5, (i % n) + 2)),
            ),
            bias: Array.from({ length: n }, (_, j) => sum(m, (l) => integers(l + 5, j + 2))),
          }
          expect(products(backend, shape, integers), shape.join('x')).toMatchObject(expected)
        }
      },
    )
  }

  for (const backend of float32Backends) {
    it.skipIf(!has(backend))(
      `${backend}: agree with the reference to 1e-6 on other numbers, accumulate, and leave zeros in the padding`,
      () => {
        for (const shape of [...shapes, ...layerShapes]) {
          const [actual, reference] = [
            products(backend, shape, noise, 2),
            products('reference', shape, noise, 2),
          ]
          for (const part of ['z', 'errors', 'gradient', 'bias'] as const) {
            const largest = Math.max(...reference[part].map(Math.abs), 1)
            expect(
              worstDifference(actual[part], reference[part]).error / largest,
              `${part} ${shape.join('x')}`,
            ).toBeLessThan(1e-6)
          }
          expect(
            actual.padding.every((value) => value === 0),
            `padding ${shape.join('x')}`,
          ).toBe(true)
        }
      },
    )
  }

  it.each(backendsHere)(
    '%s: accumulated, a product is one addition after the sum: twice the same is exactly double',
    (backend) => {
      for (const shape of shapes) {
        const [once, twice] = [products(backend, shape, noise), products(backend, shape, noise, 2)]
        expect(twice.gradient, shape.join('x')).toEqual(once.gradient.map((g) => 2 * g))
        expect(twice.bias).toEqual(once.bias.map((b) => 2 * b))
      }
    },
  )
})

describe('activations', () => {
  const value = (row: number, column: number): number => 6 * noise(row, column) + 0.01
  const run = (
    bench: Bench,
    name: ActivationName,
    m: number,
    n: number,
  ): { outputs: number[]; errors: number[]; padding: number[] } => {
    const { kernels, put, get, padding } = bench
    const [z, bias, errors, slopes] = [
      put(m, n, value),
      put(1, n, (_, j) => noise(9, j)),
      put(m, n, (i, j) => noise(i + 2, j)),
      put(m, n, () => 99),
    ]
    const operands = activationOperands({ rows: m, columns: n, a: z, bias, slopes, dA: errors })
    kernels.activations[name].forward(operands)
    kernels.activations[name].backward(operands)
    return {
      outputs: get(z, m, n),
      errors: get(errors, m, n),
      padding: [...padding(z, m, n), ...padding(errors, m, n)],
    }
  }

  for (const name of activationNames) {
    it.each(float32Backends.filter(has))(
      `${name}, %s: float32 equals float64 to 1e-6, forward and backward; the padding stays zero`,
      (backend) => {
        for (const [m, , n] of shapes) {
          const [single, double] = [
            run(openBench(backend), name, m, n),
            run(openBench('reference'), name, m, n),
          ]
          expect(relativeError(single.outputs, double.outputs)).toBeLessThan(1e-6)
          single.errors.forEach((error, i) =>
            expect(Math.abs(error - double.errors[i]!)).toBeLessThan(1e-6),
          )
          expect(single.padding.every((x) => x === 0)).toBe(true)
        }
      },
    )

    it.each(float32Backends.filter(has))(
      `${name}, %s: the padding is zero whatever a product with infinities has left there`,
      (backend) => {
        for (const [m, , n] of shapes) {
          const { kernels, put, padding } = openBench(backend)
          const product = (bad: number): ByteOffset =>
            put(m, paddedWidth(n), (i, j) => (j >= n ? bad : i % 2 === 0 ? value(i, j) : bad))
          for (const bad of [NaN, Infinity, -Infinity]) {
            const [z, errors, slopes] = [product(bad), product(bad), put(m, n, () => 99)]
            const bias = put(1, n, () => 0)
            const operands = activationOperands({
              ...{ rows: m, columns: n, a: z, bias, slopes, dA: errors },
            })
            kernels.activations[name].forward(operands)
            kernels.activations[name].backward(operands)
            for (const matrix of [z, errors])
              expect(padding(matrix, m, n).filter((x) => x !== 0)).toEqual([])
          }
        }
      },
    )

    it(`${name}: backward is the derivative of forward: central differences to 1e-7`, () => {
      const [m, n, step] = [3, 5, 1e-5]
      const forward = (change: number, at: number): number[] => {
        const { kernels, put, get } = openBench('reference')
        const z = put(m, n, (i, j) => value(i, j) + (i * n + j === at ? change : 0))
        const bias = put(1, n, (_, j) => noise(9, j))
        const slopes = put(m, n, () => 99)
        kernels.activations[name].forward(
          activationOperands({ rows: m, columns: n, a: z, bias, slopes }),
        )
        return get(z, m, n)
      }
      const { errors } = run(openBench('reference'), name, m, n)
      for (let at = 0; at < m * n; at++) {
        const [up, down] = [forward(step, at), forward(-step, at)]
        const slope = up.reduce(
          (sum, u, i) => sum + ((u - down[i]!) / (2 * step)) * noise(Math.floor(i / n) + 2, i % n),
          0,
        )
        expect(Math.abs(errors[at]! - slope)).toBeLessThan(1e-7)
      }
    })
  }

  it.each(float32Backends.filter(has))(
    '%s: sigmoid, tanh and softmax: every single output to a relative 1e-6, down to 1e-30',
    (backend) => {
      const far = (i: number, j: number): number => Math.fround(45 * noise(i, j))
      for (const name of ['sigmoid', 'tanh', 'softmax'] as const) {
        const [single, double] = [backend, 'reference' as const].map((each) => {
          const { kernels, put, get } = openBench(each)
          const z = put(64, 13, far)
          const bias = put(1, 13, () => 0)
          kernels.activations[name].forward(
            activationOperands({ rows: 64, columns: 13, a: z, bias }),
          )
          return get(z, 64, 13)
        })
        double!.forEach((p, i) => {
          if (Math.abs(p) > 1e-30)
            expect(
              Math.abs(single![i]! / p - 1),
              `${name} of ${far(Math.floor(i / 13), i % 13)}`,
            ).toBeLessThan(1e-6)
          else expect(Math.abs(single![i]!)).toBeLessThan(1.1e-30)
        })
      }
    },
  )

  it('softmax: k equal largest inputs share the row equally, at any height, whatever the others and wherever they stand', () => {
    for (const backend of elementwiseBackends) {
      for (const n of [2, 3, 8, 9, 21]) {
        for (const ties of [1, 2, n]) {
          for (const height of [-1000, 0, 3, 1000]) {
            const { kernels, put, get } = openBench(backend)
            const largest = (j: number): boolean => (j * 5 + 1) % n < ties
            const among = Array.from({ length: n }, (_, j) => largest(j)).filter(Boolean).length
            const z = put(1, n, (_, j) => (largest(j) ? height : height - 900))
            const bias = put(1, n, () => 0)
            kernels.activations.softmax.forward(
              activationOperands({ rows: 1, columns: n, a: z, bias }),
            )
            const share = rounded(backend, 1 / among)
            expect(get(z, 1, n), `${backend}: ${among} of ${n} at ${height}`).toEqual(
              Array.from({ length: n }, (_, j) => (largest(j) ? share : 0)),
            )
          }
        }
      }
    }
  })

  it('a NaN goes through every activation', () => {
    for (const backend of elementwiseBackends) {
      for (const name of activationNames) {
        const { kernels, put, get } = openBench(backend)
        const z = put(1, 3, (_, j) => (j === 1 ? NaN : 0.5))
        const [bias, slopes] = [put(1, 3, () => 0), put(1, 3, () => 0)]
        kernels.activations[name].forward(
          activationOperands({ rows: 1, columns: 3, a: z, bias, slopes }),
        )
        expect(get(z, 1, 3)[1], `${backend} ${name}`).toBeNaN()
      }
    }
  })
})

describe('losses', () => {
  const target =
    (loss: string, n: number) =>
    (i: number, j: number): number =>
      loss === 'categoricalCrossEntropy'
        ? Number((i * 7) % n === j)
        : loss === 'binaryCrossEntropy'
          ? (i + j) % 2
          : noise(i, j + 1)
  const run = (
    bench: Bench,
    loss: (typeof lossNames)[number],
    m: number,
    n: number,
    z: (i: number, j: number) => number,
  ) => {
    const { kernels, put, get, padding } = bench
    const [outputs, bias, targets, deltas] = [
      put(m, n, z),
      put(1, n, (_, j) => noise(3, j) / 4),
      put(m, n, target(loss, n)),
      put(m, n, () => 99),
    ]
    const operands = { rows: m, columns: n, outputs, bias, targets, dOutputs: deltas }
    const sum = kernels.losses[loss](operands)
    return {
      sum,
      outputs: get(outputs, m, n),
      deltas: get(deltas, m, n),
      padding: [...padding(outputs, m, n), ...padding(deltas, m, n)],
      correct: kernels.countRightClasses(operands),
    }
  }

  for (const loss of lossNames) {
    it.each(float32Backends.filter(has))(
      `${loss}, %s: float32 equals float64 to 1e-6, with the same right answers; the padding stays zero`,
      (backend) => {
        for (const [m, , n] of shapes) {
          const z = (i: number, j: number): number => 4 * noise(i + 1, j)
          const [single, double] = [
            run(openBench(backend), loss, m, n, z),
            run(openBench('reference'), loss, m, n, z),
          ]
          expect(Math.abs(single.sum - double.sum)).toBeLessThanOrEqual(
            1e-6 * Math.max(double.sum, 1e-3),
          )
          single.deltas.forEach((delta, i) =>
            expect(Math.abs(delta - double.deltas[i]!)).toBeLessThan(
              1e-5 * Math.max(1, Math.abs(double.deltas[i]!)),
            ),
          )
          expect(relativeError(single.outputs, double.outputs)).toBeLessThan(1e-6)
          expect(single.correct).toBe(double.correct)
          expect(single.padding.every((x) => x === 0)).toBe(true)
        }
      },
    )

    it(`${loss}: the deltas are the gradient of the summed loss: central differences to 1e-7`, () => {
      const [m, n, step] = [4, 3, 1e-5]
      const z =
        (change: number, at: number) =>
        (i: number, j: number): number =>
          2 * noise(i, j) + (i * n + j === at ? change : 0)
      const { deltas } = run(openBench('reference'), loss, m, n, z(0, -1))
      deltas.forEach((delta, at) => {
        const slope =
          (run(openBench('reference'), loss, m, n, z(step, at)).sum -
            run(openBench('reference'), loss, m, n, z(-step, at)).sum) /
          (2 * step)
        expect(Math.abs(delta - slope)).toBeLessThan(1e-7)
      })
    })

    it(`${loss}: a NaN in the outputs is a NaN in the loss`, () => {
      for (const backend of elementwiseBackends) {
        for (const at of [0, 1, 2])
          expect(run(openBench(backend), loss, 1, 3, (_, j) => (j === at ? NaN : 0)).sum).toBeNaN()
      }
    })
  }

  const lossOf = (
    backend: BackendName,
    loss: (typeof lossNames)[number],
    logits: number[],
    targets: number[],
  ): number => {
    const { kernels, put } = openBench(backend)
    const n = logits.length
    return kernels.losses[loss]({
      rows: 1,
      columns: n,
      outputs: put(1, n, (_, j) => logits[j]!),
      bias: put(1, n, () => 0),
      targets: put(1, n, (_, j) => targets[j]!),
      dOutputs: put(1, n, () => 0),
    })
  }

  it('cross-entropies of far logits are finite and right, and small ones keep their relative accuracy', () => {
    for (const backend of elementwiseBackends) {
      expect(lossOf(backend, 'categoricalCrossEntropy', [1000, -1000, 0], [0, 1, 0])).toBe(2000)
      expect(lossOf(backend, 'categoricalCrossEntropy', [1000, -1000, 0], [1, 0, 0])).toBe(0)
      expect(lossOf(backend, 'binaryCrossEntropy', [1000], [0])).toBe(1000)
      expect(lossOf(backend, 'binaryCrossEntropy', [-1000], [0])).toBe(0)
      expect(lossOf(backend, 'categoricalCrossEntropy', [2, 2], [0.5, 0.5])).toBeCloseTo(
        Math.LN2,
        6,
      )
      for (const z of [8, 15, 20]) {
        const small = Math.log1p(Math.exp(-z))
        expect(Math.abs(lossOf(backend, 'binaryCrossEntropy', [z], [1]) / small - 1)).toBeLessThan(
          1e-6,
        )
        expect(
          Math.abs(lossOf(backend, 'categoricalCrossEntropy', [z, 0], [1, 0]) / small - 1),
        ).toBeLessThan(1e-6)
      }
    }
  })

  it('categoricalCrossEntropy of k tied logits is log k to a relative 3e-7, at any height', () => {
    for (const backend of elementwiseBackends) {
      for (const n of [2, 3, 8, 10, 100]) {
        for (const height of [-1000, 0, 1000]) {
          const loss = lossOf(
            backend,
            'categoricalCrossEntropy',
            Array.from({ length: n }, () => height),
            Array.from({ length: n }, (_, j) => Number(j === n - 1)),
          )
          expect(Math.abs(loss / Math.log(n) - 1), `${backend}: ${n} at ${height}`).toBeLessThan(
            3e-7,
          )
        }
      }
    }
  })

  it('categoricalCrossEntropy: a wrong class whose logit is -infinity is as good as absent', () => {
    for (const backend of elementwiseBackends) {
      const loss = lossOf(backend, 'categoricalCrossEntropy', [0, -Infinity, 1], [0, 0, 1])
      expect(Math.abs(loss / Math.log1p(Math.exp(-1)) - 1), backend).toBeLessThan(3e-7)
    }
  })

  it('cross-entropies of logits of +-1000: outputs 0 or 1 and deltas p - y exactly', () => {
    for (const backend of elementwiseBackends) {
      for (const [loss, logits, targets, outputs] of [
        ['categoricalCrossEntropy', [1000, -1000, 0], [0, 1, 0], [1, 0, 0]],
        ['categoricalCrossEntropy', [-1000, 1000, 0], [0, 1, 0], [0, 1, 0]],
        ['binaryCrossEntropy', [1000, -1000, 1000, -1000], [0, 1, 1, 0], [1, 0, 1, 0]],
      ] as const) {
        const { kernels, put, get } = openBench(backend)
        const n = logits.length
        const [z, deltas] = [put(1, n, (_, j) => logits[j]!), put(1, n, () => 99)]
        kernels.losses[loss]({
          rows: 1,
          columns: n,
          outputs: z,
          bias: put(1, n, () => 0),
          targets: put(1, n, (_, j) => targets[j]!),
          dOutputs: deltas,
        })
        expect(get(z, 1, n), `${backend} ${loss}`).toEqual([...outputs])
        expect(get(deltas, 1, n)).toEqual(outputs.map((p, j) => p - targets[j]!))
      }
    }
  })

  it('categoricalCrossEntropy: targets that are shares, summing to 1 or not, have the deltas of the summed loss: central differences to 1e-7', () => {
    const targets = [
      [0.2, 0.5, 0.3],
      [0, 0.5, 0.25],
      [2, 0, 1],
    ]
    const step = 1e-5
    const run = (
      backend: BackendName,
      at: number,
      change: number,
    ): { loss: number; deltas: number[] } => {
      const { kernels, put, get } = openBench(backend)
      const deltas = put(3, 3, () => 99)
      const loss = kernels.losses.categoricalCrossEntropy({
        rows: 3,
        columns: 3,
        outputs: put(3, 3, (i, j) => 2 * noise(i, j) + (3 * i + j === at ? change : 0)),
        bias: put(1, 3, () => 0),
        targets: put(3, 3, (i, j) => targets[i]![j]!),
        dOutputs: deltas,
      })
      return { loss, deltas: get(deltas, 3, 3) }
    }
    const reference = run('reference', -1, 0)
    reference.deltas.forEach((delta, at) => {
      const slope =
        (run('reference', at, step).loss - run('reference', at, -step).loss) / (2 * step)
      expect(Math.abs(delta - slope), `delta ${at}`).toBeLessThan(1e-7)
    })
    for (const backend of elementwiseBackends) {
      const { deltas, loss } = run(backend, -1, 0)
      reference.deltas.forEach((delta, at) =>
        expect(Math.abs(deltas[at]! - delta), `${backend}: delta ${at}`).toBeLessThan(1e-6),
      )
      expect(Math.abs(loss / reference.loss - 1), backend).toBeLessThan(1e-6)
    }
  })

  it.each(lossNames.filter((loss) => fusedActivation(loss)))(
    '%s: the padding is zero whatever a product with infinities has left there',
    (loss) => {
      for (const backend of float32Backends.filter(has)) {
        const [m, n] = [3, 11]
        const { kernels, put, padding } = openBench(backend)
        for (const bad of [NaN, Infinity, -Infinity]) {
          const outputs = put(m, paddedWidth(n), (i, j) => (j < n && i !== 1 ? noise(i, j) : bad))
          const dOutputs = put(m, n, () => 99)
          const [bias, targets] = [put(1, n, () => 0), put(m, n, target(loss, n))]
          kernels.losses[loss]({ rows: m, columns: n, outputs, bias, targets, dOutputs })
          for (const matrix of [outputs, dOutputs])
            expect(padding(matrix, m, n).filter((x) => x !== 0)).toEqual([])
        }
      }
    },
  )

  it.each(lossNames)(
    '%s: one NaN or infinite logit anywhere in a block leaves no finite loss',
    (loss) => {
      const [m, n] = [3, 11]
      for (const backend of elementwiseBackends) {
        for (const bad of [NaN, Infinity, -Infinity]) {
          for (let at = 0; at < m * n; at++) {
            const { kernels, put } = openBench(backend)
            const sum = kernels.losses[loss]({
              rows: m,
              columns: n,
              outputs: put(m, n, (i, j) => (i * n + j === at ? bad : noise(i, j))),
              bias: put(1, n, () => 0),
              targets: put(m, n, () => 0.5),
              dOutputs: put(m, n, () => 0),
            })
            expect(
              Number.isFinite(sum),
              `${backend}: ${bad} at row ${Math.floor(at / n)}, column ${at % n}`,
            ).toBe(false)
          }
        }
      }
    },
  )

  /** What a counter says of one row after the other, with any backend. */
  const counted = (
    counter: 'countRightClasses' | 'countRightSides',
    rows: [outputs: number[], targets: number[]][],
  ): number[] => {
    const counts = elementwiseBackends.map((backend) =>
      rows.map(([outputs, targets]) => {
        const { kernels, put } = openBench(backend)
        const columns = outputs.length
        return kernels[counter](
          lossOperands({
            rows: 1,
            columns,
            outputs: put(1, columns, (_, j) => outputs[j]!),
            targets: put(1, columns, (_, j) => targets[j]!),
          }),
        )
      }),
    )
    counts.forEach((each) => expect(each).toEqual(counts[0]))
    return counts[0]!
  }

  it('countRightClasses: the first of equal outputs counts, and outputs below the padding zeros count', () => {
    const rows: [number[], number[], number][] = [
      [[0.4, 0.4, 0.2], [1, 0, 0], 1],
      [[0.4, 0.4, 0.2], [0, 1, 0], 0],
      [[0.2, 0.4, 0.4], [0, 1, 0], 1],
      [[-3, -1, -2], [0, 1, 0], 1],
      [[-3, -1, -2], [1, 0, 0], 0],
      [[-1, -2, -3], [1, 0, 0], 1],
    ]
    expect(
      counted(
        'countRightClasses',
        rows.map(([outputs, targets]) => [outputs, targets]),
      ),
    ).toEqual(rows.map(([, , right]) => right))
  })

  it('countRightClasses: a row with a NaN among its outputs is wrong, whatever its label and wherever the NaN', () => {
    for (const columns of [2, 3, 9]) {
      const places = Array.from({ length: columns }, (_, at) => at)
      const oneHot = (label: number): number[] => places.map((j) => Number(j === label))
      const rows = places.flatMap((at) =>
        places.map((label): [number[], number[]] => [
          places.map((j) => (j === at ? NaN : -j)),
          oneHot(label),
        ]),
      )
      expect(new Set(counted('countRightClasses', rows))).toEqual(new Set([0]))
      const all = places.map((label): [number[], number[]] => [
        places.map(() => NaN),
        oneHot(label),
      ])
      expect(new Set(counted('countRightClasses', all))).toEqual(new Set([0]))
    }
  })

  it('countRightSides: every output is judged at 1/2, NaN is wrong on either side, and the padding counts for nothing', () => {
    const rows: [number[], number[], number][] = [
      [[0.5], [1], 1],
      [[0.5], [0], 0],
      [[0.49999997], [0], 1],
      [[0.49999997], [1], 0],
      [[NaN], [0], 0],
      [[NaN], [1], 0],
      [[0.9, 0.8, 0.1], [1, 1, 0], 3],
      [[0.9, 0.8, 0.1], [0, 1, 1], 1],
      [[0.9, NaN, 0.1], [1, 1, 0], 2],
      [[0.9, NaN, 0.1], [1, 0, 0], 2],
      [Array.from({ length: 11 }, (_, j) => j / 10), Array.from({ length: 11 }, () => 1), 6],
    ]
    expect(
      counted(
        'countRightSides',
        rows.map(([outputs, targets]) => [outputs, targets]),
      ),
    ).toEqual(rows.map(([, , right]) => right))
  })

  it('countRightSides: over several rows', () => {
    for (const backend of elementwiseBackends) {
      const { kernels, put } = openBench(backend)
      const [rows, columns] = [13, 5]
      const right = kernels.countRightSides(
        lossOperands({
          rows,
          columns,
          outputs: put(rows, columns, (i, j) => ((i * 7 + j * 3) % 10) / 9),
          targets: put(rows, columns, (i, j) => (i + j) % 2),
        }),
      )
      let expected = 0
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          if ((i * 7 + j * 3) % 10 >= 5 === ((i + j) % 2 === 1)) expected++
      expect(right, backend).toBe(expected)
    }
  })

  it('a loss is fused with the activation it is defined with', () => {
    expect(lossNames.map((loss) => fusedActivation(loss))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'sigmoid',
      'softmax',
    ])
  })
})

describe('gathering', () => {
  it('brings chosen rows, scaled, from bytes, floats and labels, and clears padding and spare rows', () => {
    for (const backend of elementwiseBackends) {
      for (const [m, , n] of shapes) {
        const { kernels, memory, reserve, get, padding, fill } = openBench(backend)
        const rows = Array.from({ length: m }, (_, i) => (i * 5 + 2) % 11)
        const rowNumbers = reserve(4 * m)
        new Int32Array(memory.buffer, rowNumbers, m).set(rows)
        const source = reserve(11 * n * 8)
        const to = reserve(Math.ceil(m / 4) * 4 * Math.ceil(n / 8) * 8 * 8)
        const rest = { source, rowNumbers, matrix: to, rows: m, columns: n }
        const clear = (): void => {
          // padding and spare rows are zeros; then everything is 99, for the next one to clear
          expect(padding(to, m, n).every((x) => x === 0)).toBe(true)
          expect(
            get(to, Math.ceil(m / 4) * 4, n)
              .slice(m * n)
              .every((x) => x === 0),
          ).toBe(true)
          fill(to, Math.ceil(m / 4) * 4 * Math.ceil(n / 8) * 8, 99)
        }
        const expected = rows.flatMap((row) =>
          Array.from({ length: n }, (_, j) => (row * n + j) % 256),
        )

        new Uint8Array(memory.buffer, source, 11 * n).set(
          Array.from({ length: 11 * n }, (_, i) => i % 256),
        )
        kernels.gather({ ...rest, type: 'uint8', scale: 0.25 })
        expect(get(to, m, n)).toEqual(expected.map((x) => x / 4))
        clear()
        new Float32Array(memory.buffer, source, 11 * n).set(
          Array.from({ length: 11 * n }, (_, i) => i % 256),
        )
        kernels.gather({ ...rest, type: 'float32', scale: 2 })
        expect(get(to, m, n)).toEqual(expected.map((x) => x * 2))
        clear()
        new Int32Array(memory.buffer, source, 11).set(Array.from({ length: 11 }, (_, i) => i % n))
        kernels.gather({ ...rest, type: 'labels', scale: 1 })
        expect(get(to, m, n)).toEqual(
          rows.flatMap((row) => Array.from({ length: n }, (_, j) => Number(j === row % n))),
        )
        clear()
      }
    }
  })
})

describe('gathering by a scale that is no power of two', () => {
  it('rounds once a value: to float32 or, in the reference, float64, which also takes float64 as it is', () => {
    const [m, n] = [5, 11]
    for (const backend of elementwiseBackends) {
      const { kernels, memory, reserve, put, get } = openBench(backend)
      const [rowNumbers, source, to] = [reserve(4 * m), reserve(8 * 9 * n), put(m, n, () => 99)]
      const rest = { source, rowNumbers, matrix: to, rows: m, columns: n, scale: 1 / 255 }
      const rows = [8, 0, 3, 3, 5] // out of order, with a repetition
      new Int32Array(memory.buffer, rowNumbers, m).set(rows)
      const scaled = (value: number): number => rounded(backend, value * rounded(backend, 1 / 255))
      const expected = (value: (i: number) => number): number[] =>
        rows.flatMap((row) => Array.from({ length: n }, (_, j) => scaled(value(row * n + j))))

      new Uint8Array(memory.buffer, source, 9 * n).set(
        Array.from({ length: 9 * n }, (_, i) => (i * 37) % 256),
      )
      kernels.gather({ ...rest, type: 'uint8' })
      expect(get(to, m, n)).toEqual(expected((i) => (i * 37) % 256))
      new Float32Array(memory.buffer, source, 9 * n).set(
        Array.from({ length: 9 * n }, (_, i) => noise(i, 1) / 3),
      )
      kernels.gather({ ...rest, type: 'float32' })
      expect(get(to, m, n)).toEqual(expected((i) => Math.fround(noise(i, 1) / 3)))
      if (backend !== 'reference') continue
      new Float64Array(memory.buffer, source, 9 * n).set(
        Array.from({ length: 9 * n }, (_, i) => noise(i, 1) / 3),
      )
      kernels.gather({ ...rest, type: 'float64' })
      expect(get(to, m, n)).toEqual(expected((i) => noise(i, 1) / 3))
    }
  })
})

describe('the sum over slots and the update', () => {
  const ELEMENTS = 64
  const tree = (values: number[]): number =>
    values.length === 1
      ? values[0]!
      : Math.fround(
          tree(values.slice(0, values.length / 2)) + tree(values.slice(values.length / 2)),
        )

  it.each(float32Backends.filter(has))(
    '%s: adds 1 to 64 slots in the fixed tree and divides once, bit for bit, by powers of two and others, however the range is cut',
    (backend) => {
      for (let count = 1; count <= 64; count *= 2) {
        const { kernels, put, get } = openBench(backend)
        const value = (slot: number, i: number): number => Math.fround(noise(slot, i) / 3)
        const slots = put(count, ELEMENTS, value)
        const sums = Array.from({ length: ELEMENTS }, (_, i) =>
          tree(Array.from({ length: count }, (_, slot) => value(slot, i))),
        )
        const [whole, cut] = [put(1, ELEMENTS, () => 0), put(1, ELEMENTS, () => 0)]
        for (const divisor of [77, 64, 96, 2 ** -126, 2 ** 127, 2 ** -130]) {
          const expected = sums.map((sum) => Math.fround(sum / divisor))
          const both = { slotBytes: ELEMENTS * 4, count, divisor }
          kernels.sumSlots({ ...both, slots, sum: whole, elements: ELEMENTS })
          for (const [from, to] of [
            [0, 8],
            [8, 24],
            [24, 64],
          ] as const)
            kernels.sumSlots({
              ...both,
              slots: advance(slots, from * 4),
              sum: advance(cut, from * 4),
              elements: to - from,
            })
          expect(get(whole, 1, ELEMENTS), `by ${divisor}`).toEqual(expected)
          expect(get(cut, 1, ELEMENTS), `by ${divisor}`).toEqual(expected)
        }
      }
    },
  )

  it('adds neighbors, decays, sums squares and steps as the formulas say', () => {
    for (const backend of elementwiseBackends) {
      const { kernels, put, get } = openBench(backend)
      const quarter =
        (k: number) =>
        (_: number, i: number): number =>
          ((i * k) % 13) / 4 - 1
      const [a, b, next] = [
        put(1, ELEMENTS, quarter(3)),
        put(1, ELEMENTS, quarter(5)),
        put(1, ELEMENTS, () => 9),
      ]
      const [aValues, bValues] = [get(a, 1, ELEMENTS), get(b, 1, ELEMENTS)]
      expect(kernels.sumSquares(a, ELEMENTS)).toBe(aValues.reduce((sum, x) => sum + x * x, 0))
      kernels.update(
        sgd({ learningRate: 0.5 }),
        { learningRate: 0.5, firstCorrection: 1, secondCorrection: 1 },
        updateOperands({ parameters: a, nextParameters: next, gradient: b, elements: ELEMENTS }),
      )
      expect(get(next, 1, ELEMENTS)).toEqual(aValues.map((x, i) => x - bValues[i]! / 2))
      kernels.addDecay(b, a, ELEMENTS, 0.25)
      expect(get(b, 1, ELEMENTS)).toEqual(bValues.map((x, i) => x + aValues[i]! / 4))
      kernels.addInto(a, next, ELEMENTS)
      expect(get(a, 1, ELEMENTS)).toEqual(aValues.map((x, i) => 2 * x - bValues[i]! / 2))
    }
  })

  it('allFinite sees one NaN or infinity wherever it stands, and none outside its range; the largest and smallest floats are finite', () => {
    for (const backend of elementwiseBackends) {
      const { kernels, put } = openBench(backend)
      const extremes = [3.4028234663852886e38, -3.4028234663852886e38, 2 ** -149, -0]
      const finite = (at: number): number => extremes[at % 4]!
      expect(
        kernels.allFinite(
          put(1, ELEMENTS, (_, i) => finite(i)),
          ELEMENTS,
        ),
        backend,
      ).toBe(true)
      expect(
        kernels.allFinite(
          put(1, 2 * ELEMENTS, (_, i) => (i < ELEMENTS ? finite(i) : NaN)),
          ELEMENTS,
        ),
        `${backend}, beyond`,
      ).toBe(true)
      for (const bad of [NaN, Infinity, -Infinity]) {
        for (let at = 0; at < ELEMENTS; at++) {
          const values = put(1, ELEMENTS, (_, i) => (i === at ? bad : finite(i)))
          for (const elements of [8, 24, 40, ELEMENTS])
            expect(
              kernels.allFinite(values, elements),
              `${backend}, ${bad} at ${at} of ${elements}`,
            ).toBe(at >= elements)
        }
      }
    }
  })
})

describe('no operation writes outside what it is given', () => {
  /** Every byte that changed and lies outside the areas, after `run`. */
  function strayWrites(
    memory: WebAssembly.Memory,
    areas: [offset: number, bytes: number][],
    run: () => void,
  ): number[] {
    const bytes = new Uint8Array(memory.buffer, 0, 1 << 17)
    const before = bytes.slice()
    run()
    const stray: number[] = []
    bytes.forEach((byte, at) => {
      if (
        byte !== before[at] &&
        !areas.some(([offset, length]) => at >= offset && at < offset + length)
      )
        stray.push(at)
    })
    return stray
  }
  const width = (n: number): number => Math.ceil(n / 8) * 8

  it.each(backendsHere)('%s', (backend) => {
    const { preparedElements, productElements, dtype } = backends[backend]
    const size = dtype === 'float32' ? 4 : 8
    for (const rows of [[1], [6], [5, 3], [0, 7], [4, 0, 1, 3], [3, 3, 2, 3, 3, 3, 0, 1]]) {
      for (const [k, n] of [
        [1, 1],
        [5, 2],
        [9, 7],
        [8, 8],
        [17, 9],
        [3, 18],
        [9, 40],
        [35, 24],
      ] as const) {
        const { kernels, memory, put, partsOf, reserve, fill } = openBench(backend)
        const area = (elements: number): [ByteOffset, number] => [
          reserve(elements * size),
          elements * size,
        ]
        const parts = partsOf(rows)
        const m = parts.count * parts.stride
        const x = put(m, k, noise)
        const w = put(width(k), n, (i, j) => (i < k ? noise(i, j) : 0))
        const [targets, bias] = [put(m, n, () => 0.5), put(1, n, () => 0.25)]
        const prepared = area(preparedElements(k, n))
        const [z, slopes, deltas, errors] = [
          area(m * width(n)),
          area(m * width(n)),
          area(m * width(n)),
          area(m * width(k)),
        ]
        const [gradient, biasGradient] = [area(width(k) * width(n)), area(width(n))]
        const scratch = area(
          productElements({
            parts: parts.count,
            rows: parts.stride,
            inputs: k,
            outputs: n,
            sliceRows: SLICE_ROWS,
          }),
        )
        const [rowNumbers, source] = [reserve(4 * m), reserve(4 * n * m)]
        new Int32Array(memory.buffer, rowNumbers, m).fill(0)
        new Uint8Array(memory.buffer, source, 4 * n * m).fill(0)
        fill(z[0], m * width(n), 0)
        fill(deltas[0], m * width(n), 0)
        const layer = denseOperands({
          inputs: k,
          outputs: n,
          parts,
          x,
          weights: w,
          prepared: prepared[0],
          z: z[0],
          dZ: z[0],
          dX: errors[0],
          dWeights: gradient[0],
          dBias: biasGradient[0],
          scratch: scratch[0],
        })
        const activation = activationOperands({
          rows: m,
          columns: n,
          a: z[0],
          bias,
          slopes: slopes[0],
          dA: deltas[0],
        })
        const judged = lossOperands({
          rows: m,
          columns: n,
          outputs: z[0],
          bias,
          targets,
          dOutputs: deltas[0],
        })
        const operations: [string, [number, number][], () => unknown][] = [
          ['prepare', [prepared], () => kernels.prepare(layer, 0, width(k), true)],
          ['matmul', [z], () => kernels.matmul(layer)],
          ['matmulTransposedB', [errors], () => kernels.matmulTransposedB(layer)],
          [
            'matmulTransposedA',
            [gradient, scratch],
            () => kernels.matmulTransposedA(layer, 0, width(k)),
          ],
          ['sumColumns', [biasGradient, scratch], () => kernels.sumColumns(layer, 0, width(n))],
          ...activationNames.flatMap((name): [string, [number, number][], () => unknown][] => [
            [
              name,
              keepsSlopes(name) ? [z, slopes] : [z],
              () => kernels.activations[name].forward(activation),
            ],
            [`${name} backward`, [deltas], () => kernels.activations[name].backward(activation)],
          ]),
          [
            'dropout',
            [deltas],
            () =>
              kernels.dropout({
                rows: m,
                columns: n,
                from: z[0],
                to: deltas[0],
                rowNumbers,
                rate: 0.5,
                key: 77,
              }),
          ],
          ...lossNames.map((loss): [string, [number, number][], () => unknown] => [
            loss,
            [z, deltas],
            () => kernels.losses[loss](judged),
          ]),
          ['countRightClasses', [], () => kernels.countRightClasses(judged)],
          ['countRightSides', [], () => kernels.countRightSides(judged)],
          ...(['uint8', 'float32', 'labels'] as const).map(
            (type): [string, [number, number][], () => unknown] => [
              `gather ${type}`,
              [z],
              () =>
                kernels.gather({
                  type,
                  source,
                  rowNumbers,
                  matrix: z[0],
                  rows: m,
                  columns: n,
                  scale: 2,
                }),
            ],
          ),
          [
            'sumSlots',
            [[gradient[0], width(n) * size]],
            () =>
              kernels.sumSlots({
                slots: w,
                slotBytes: width(n) * size,
                count: 1,
                sum: gradient[0],
                elements: width(n),
                divisor: 3,
              }),
          ],
          [
            'addInto',
            [[gradient[0], width(n) * size]],
            () => kernels.addInto(gradient[0], w, width(n)),
          ],
          [
            'addDecay',
            [[gradient[0], width(n) * size]],
            () => kernels.addDecay(gradient[0], w, width(n), 0.5),
          ],
          [
            'sumSquares and allFinite',
            [],
            () => [kernels.sumSquares(w, width(n)), kernels.allFinite(w, width(n))],
          ],
          [
            'update',
            [biasGradient],
            () =>
              kernels.update(
                sgd({ learningRate: 0.5 }),
                { learningRate: 0.5, firstCorrection: 1, secondCorrection: 1 },
                updateOperands({
                  parameters: w,
                  nextParameters: biasGradient[0],
                  gradient: gradient[0],
                  elements: width(n),
                }),
              ),
          ],
        ]
        for (const [name, areas, run] of operations)
          expect(
            strayWrites(memory, areas, run),
            `${name} of ${rows.join('+')} rows, ${k}x${n}`,
          ).toEqual([])
      }
    }
  })
})
