// Backend `reference`: every operation in plain TypeScript on float64, as a textbook writes it. It
// is the oracle for the other backends and the place to read what they do. Slow on purpose; its
// bits may differ between engines, since it uses Math.

import {
  type ElementwiseActivation,
  type SlopedActivation,
  activations,
} from '../../network/activations.js'
import { keeps, rowKey } from '../../network/dropout.js'
import { stateElements } from '../../optimizers/optimizers.js'
import { paddedRows, paddedWidth } from '../../batches/padding.js'
import type { ActivationKernels, Kernels } from '../kernels.js'
import { extentOf } from '../../batches/parts.js'
import { updateParameters } from './updates.js'

/** @param memory The arena. */
export function createReferenceKernels(memory: WebAssembly.Memory): Kernels {
  const doubles = new Float64Array(memory.buffer)
  const floats = new Float32Array(memory.buffer)
  const integers = new Int32Array(memory.buffer)
  const bytes = new Uint8Array(memory.buffer)

  /** Elements from a byte offset on. */
  const vector = (offset: number, elements: number): Float64Array =>
    doubles.subarray(offset / 8, offset / 8 + elements)
  /** The rows of a padded matrix, without their padding. */
  const rowsOf = (offset: number, rows: number, columns: number): Float64Array[] =>
    Array.from({ length: rows }, (_, row) =>
      vector(offset + row * paddedWidth(columns) * 8, columns),
    )

  const elementwise = ({ forward, derivative }: ElementwiseActivation): ActivationKernels => ({
    forward(z, bias, rows, columns) {
      const b = vector(bias, columns)
      for (const row of rowsOf(z, rows, columns))
        for (let j = 0; j < columns; j++) row[j] = forward(row[j]! + b[j]!)
    },
    backward(errors, outputs, rows, columns) {
      const a = rowsOf(outputs, rows, columns)
      rowsOf(errors, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) row[j] = row[j]! * derivative(a[i]![j]!)
      })
    },
  })

  const sloped = ({ forward, slope }: SlopedActivation): ActivationKernels => ({
    forward(z, bias, rows, columns, slopes) {
      const b = vector(bias, columns)
      const s = rowsOf(slopes, rows, columns)
      rowsOf(z, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) {
          const x = row[j]! + b[j]!
          row[j] = forward(x)
          s[i]![j] = slope(x)
        }
      })
    },
    backward(errors, slopes, rows, columns) {
      const s = rowsOf(slopes, rows, columns)
      rowsOf(errors, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) row[j] = row[j]! * s[i]![j]!
      })
    },
  })

  const softmax: ActivationKernels = {
    forward(z, bias, rows, columns) {
      const b = vector(bias, columns)
      for (const row of rowsOf(z, rows, columns)) {
        for (let j = 0; j < columns; j++) row[j] = row[j]! + b[j]!
        const largest = row.reduce((a, x) => Math.max(a, x))
        for (let j = 0; j < columns; j++) row[j] = Math.exp(row[j]! - largest)
        const sum = row.reduce((a, x) => a + x)
        for (let j = 0; j < columns; j++) row[j] = row[j]! / sum
      }
    },
    backward(errors, outputs, rows, columns) {
      const p = rowsOf(outputs, rows, columns)
      rowsOf(errors, rows, columns).forEach((row, i) => {
        let mean = 0
        for (let j = 0; j < columns; j++) mean += row[j]! * p[i]![j]!
        for (let j = 0; j < columns; j++) row[j] = p[i]![j]! * (row[j]! - mean)
      })
    },
  }

  /** A loss that is factor * the sum of term(p - y), `slope` the derivative of `term`. */
  const differenceLoss =
    (
      term: (difference: number) => number,
      slope: (difference: number) => number,
      factor: (columns: number) => number,
    ): Kernels['losses']['halfSquaredError'] =>
    (outputs, _bias, targets, deltas, rows, columns) => {
      const p = rowsOf(outputs, rows, columns)
      const y = rowsOf(targets, rows, columns)
      let loss = 0
      rowsOf(deltas, rows, columns).forEach((delta, i) => {
        for (let j = 0; j < columns; j++) {
          const difference = p[i]![j]! - y[i]![j]!
          loss += factor(columns) * term(difference)
          delta[j] = factor(columns) * slope(difference)
        }
      })
      return loss
    }

  return {
    gather(type, source, rowNumbers, matrix, rows, columns, scale) {
      const width = paddedWidth(columns)
      vector(matrix, paddedRows(rows) * width).fill(0)
      rowsOf(matrix, rows, columns).forEach((row, i) => {
        const number = integers[rowNumbers / 4 + i]!
        if (type === 'labels') {
          row[integers[source / 4 + number]!] = 1
          return
        }
        const [values, size] = { uint8: [bytes, 1], float32: [floats, 4], float64: [doubles, 8] }[
          type
        ] as [ArrayLike<number>, number]
        for (let j = 0; j < columns; j++)
          row[j] = values[source / size + number * columns + j]! * scale
      })
    },

    prepare: () => undefined,

    product(x, weights, _prepared, z, parts, inputs, outputs) {
      const w = rowsOf(weights, inputs, outputs)
      const rows = extentOf(parts)
      const result = rowsOf(z, rows, outputs)
      rowsOf(x, rows, inputs).forEach((row, i) => {
        const sums = result[i]!.fill(0)
        for (let k = 0; k < inputs; k++)
          for (let j = 0; j < outputs; j++) sums[j] = sums[j]! + row[k]! * w[k]![j]!
      })
    },

    productByTransposed(deltas, weights, _prepared, errors, parts, inputs, outputs) {
      const w = rowsOf(weights, inputs, outputs)
      const rows = extentOf(parts)
      const result = rowsOf(errors, rows, inputs)
      rowsOf(deltas, rows, outputs).forEach((delta, i) => {
        for (let k = 0; k < inputs; k++) {
          let sum = 0
          for (let j = 0; j < outputs; j++) sum += delta[j]! * w[k]![j]!
          result[i]![k] = sum
        }
      })
    },

    transposedProduct(
      a,
      deltas,
      gradient,
      biasGradient,
      _scratch,
      parts,
      inputs,
      outputs,
      accumulate,
    ) {
      const add = (sum: Float64Array, addend: Float64Array): Float64Array =>
        sum.map((value, i) => value + addend[i]!)
      /**
       * Rows of the gradient, then the bias gradient: of one part, or of a run of parts as a tree.
       */
      const gradientOf = (first: number, count: number): Float64Array[] => {
        if (count > 1) {
          const right = gradientOf(first + count / 2, count / 2)
          return gradientOf(first, count / 2).map((row, k) => add(row, right[k]!))
        }
        const sums = Array.from({ length: inputs + 1 }, () => new Float64Array(outputs))
        const from = first * parts.stride * 8
        const x = rowsOf(a + from * paddedWidth(inputs), parts.rows[first]!, inputs)
        rowsOf(deltas + from * paddedWidth(outputs), parts.rows[first]!, outputs).forEach(
          (delta, i) => {
            for (let k = 0; k < inputs; k++)
              for (let j = 0; j < outputs; j++) sums[k]![j] = sums[k]![j]! + x[i]![k]! * delta[j]!
            for (let j = 0; j < outputs; j++) sums[inputs]![j] = sums[inputs]![j]! + delta[j]!
          },
        )
        return sums
      }
      const sums = gradientOf(0, parts.count)
      if (!accumulate) {
        // the padding too, since sums over the parameters run over it
        vector(gradient, paddedWidth(inputs) * paddedWidth(outputs)).fill(0)
        vector(biasGradient, paddedWidth(outputs)).fill(0)
      }
      const places = [...rowsOf(gradient, inputs, outputs), vector(biasGradient, outputs)]
      places.forEach((place, k) => place.set(accumulate ? add(place, sums[k]!) : sums[k]!))
    },

    activations: {
      identity: elementwise(activations.identity),
      sigmoid: elementwise(activations.sigmoid),
      tanh: elementwise(activations.tanh),
      relu: elementwise(activations.relu),
      leakyRelu: elementwise(activations.leakyRelu),
      elu: elementwise(activations.elu),
      softplus: elementwise(activations.softplus),
      silu: sloped(activations.silu),
      gelu: sloped(activations.gelu),
      softmax,
    },

    dropout(from, to, rowNumbers, rows, columns, share, key) {
      const x = rowsOf(from, rows, columns)
      rowsOf(to, rows, columns).forEach((row, i) => {
        const drawn = rowKey(key, integers[rowNumbers / 4 + i]!)
        for (let j = 0; j < columns; j++)
          row[j] = keeps(drawn, j, share) ? x[i]![j]! / (1 - share) : 0
      })
    },

    losses: {
      halfSquaredError: differenceLoss(
        (d) => d * d,
        (d) => 2 * d,
        () => 1 / 2,
      ),
      meanSquaredError: differenceLoss(
        (d) => d * d,
        (d) => 2 * d,
        (columns) => 1 / columns,
      ),
      meanAbsoluteError: differenceLoss(Math.abs, Math.sign, (columns) => 1 / columns),
      huber: differenceLoss(
        (d) => (Math.abs(d) <= 1 ? (d * d) / 2 : Math.abs(d) - 1 / 2),
        (d) => Math.max(-1, Math.min(d, 1)),
        (columns) => 1 / columns,
      ),
      binaryCrossEntropy(z, bias, targets, deltas, rows, columns) {
        const b = vector(bias, columns)
        const y = rowsOf(targets, rows, columns)
        const d = rowsOf(deltas, rows, columns)
        let loss = 0
        rowsOf(z, rows, columns).forEach((row, i) => {
          for (let j = 0; j < columns; j++) {
            const x = row[j]! + b[j]!
            loss += Math.max(x, 0) - x * y[i]![j]! + Math.log1p(Math.exp(-Math.abs(x)))
            row[j] = activations.sigmoid.forward(x)
            d[i]![j] = row[j]! - y[i]![j]!
          }
        })
        return loss
      },
      categoricalCrossEntropy(z, bias, targets, deltas, rows, columns) {
        const b = vector(bias, columns)
        const logits = rowsOf(z, rows, columns).map((row) => row.map((x, j) => x + b[j]!))
        softmax.forward(z, bias, rows, columns, 0)
        const p = rowsOf(z, rows, columns)
        const d = rowsOf(deltas, rows, columns)
        let loss = 0
        rowsOf(targets, rows, columns).forEach((y, i) => {
          const largest = logits[i]!.reduce((a, x) => Math.max(a, x))
          const logSum = Math.log(logits[i]!.reduce((sum, x) => sum + Math.exp(x - largest), 0))
          const total = y.reduce((a, x) => a + x)
          for (let j = 0; j < columns; j++) {
            if (y[j] !== 0) loss += y[j]! * (logSum + largest - logits[i]![j]!)
            d[i]![j] = p[i]![j]! * total - y[j]!
          }
        })
        return loss
      },
    },

    countCorrect(outputs, targets, rows, columns) {
      const y = rowsOf(targets, rows, columns)
      const right = rowsOf(outputs, rows, columns).filter((p, i) =>
        columns === 1
          ? !Number.isNaN(p[0]) && p[0]! >= 0.5 === y[i]![0]! >= 0.5
          : p.indexOf(Math.max(...p)) === y[i]!.indexOf(Math.max(...y[i]!)),
      )
      return right.length
    },

    addInto(sum, addend, elements) {
      const to = vector(sum, elements)
      const from = vector(addend, elements)
      for (let i = 0; i < elements; i++) to[i] = to[i]! + from[i]!
    },

    sumSlots(slots, slotBytes, count, gradient, elements, divisor) {
      const slot = Array.from({ length: count }, (_, s) => vector(slots + s * slotBytes, elements))
      const tree = (first: number, size: number, i: number): number =>
        size === 1
          ? slot[first]![i]!
          : tree(first, size / 2, i) + tree(first + size / 2, size / 2, i)
      const g = vector(gradient, elements)
      for (let i = 0; i < elements; i++) g[i] = tree(0, count, i) / divisor
    },

    addDecay(gradient, weights, elements, factor) {
      const g = vector(gradient, elements)
      const w = vector(weights, elements)
      for (let i = 0; i < elements; i++) g[i] = g[i]! + factor * w[i]!
    },

    sumSquares(weights, elements) {
      return vector(weights, elements).reduce((sum, w) => sum + w * w, 0)
    },

    allFinite(values, elements) {
      return vector(values, elements).every(Number.isFinite)
    },

    divide(values, elements, divisor) {
      const v = vector(values, elements)
      for (let i = 0; i < elements; i++) v[i] = v[i]! / divisor
    },

    scaleRows(matrix, weights, rows, columns) {
      const w = rowsOf(weights, rows, 1)
      rowsOf(matrix, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) row[j] = row[j]! * w[i]![0]!
      })
    },

    update(
      optimizer,
      factors,
      parameters,
      nextParameters,
      gradient,
      state,
      nextState,
      stateStride,
      elements,
    ) {
      const runs = (at: number): Float64Array[] =>
        Array.from({ length: stateElements(optimizer) }, (_, k) =>
          vector(at + k * stateStride, elements),
        )
      updateParameters(
        optimizer,
        factors,
        vector(parameters, elements),
        vector(nextParameters, elements),
        vector(gradient, elements),
        runs(state),
        runs(nextState),
      )
    },
  }
}
