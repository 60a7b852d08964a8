// The reference backend's activations: the formulas of formulas/activations.ts, over the rows of a
// matrix.

import type {
  Activation,
  ElementwiseActivation,
  RowActivation,
  SlopedActivation,
} from '../../formulas/activations.js'
import type { ActivationKernels } from '../kernels.js'
import type { Views } from './views.js'

export function activationKernels(views: Views, activation: Activation): ActivationKernels {
  switch (activation.kind) {
    case 'elementwise':
      return elementwise(views, activation)
    case 'sloped':
      return sloped(views, activation)
    case 'row':
      return rowByRow(views, activation)
    default:
      return activation satisfies never
  }
}

function elementwise(
  { vector, rowsOf }: Views,
  { forward, derivative }: ElementwiseActivation,
): ActivationKernels {
  return {
    forward({ a, bias, rows, columns }) {
      const b = vector(bias, columns)
      for (const row of rowsOf(a, rows, columns))
        for (let j = 0; j < columns; j++) row[j] = forward(row[j]! + b[j]!)
    },
    backward({ dA, a, rows, columns }) {
      const outputs = rowsOf(a, rows, columns)
      rowsOf(dA, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) row[j] = row[j]! * derivative(outputs[i]![j]!)
      })
    },
  }
}

function sloped(
  { vector, rowsOf }: Views,
  { forward, slope }: SlopedActivation,
): ActivationKernels {
  return {
    forward({ a, bias, rows, columns, slopes }) {
      const b = vector(bias, columns)
      const s = rowsOf(slopes, rows, columns)
      rowsOf(a, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) {
          const z = row[j]! + b[j]!
          row[j] = forward(z)
          s[i]![j] = slope(z)
        }
      })
    },
    backward({ dA, slopes, rows, columns }) {
      const s = rowsOf(slopes, rows, columns)
      rowsOf(dA, rows, columns).forEach((row, i) => {
        for (let j = 0; j < columns; j++) row[j] = row[j]! * s[i]![j]!
      })
    },
  }
}

function rowByRow(
  { vector, rowsOf }: Views,
  { forward, backward }: RowActivation,
): ActivationKernels {
  return {
    forward({ a, bias, rows, columns }) {
      const b = vector(bias, columns)
      for (const row of rowsOf(a, rows, columns)) {
        for (let j = 0; j < columns; j++) row[j] = row[j]! + b[j]!
        forward(row)
      }
    },
    backward({ dA, a, rows, columns }) {
      const outputs = rowsOf(a, rows, columns)
      rowsOf(dA, rows, columns).forEach((row, i) => backward(row, outputs[i]!))
    },
  }
}
