// The reference backend's losses: the formulas of formulas/losses.ts, over the rows of a matrix.

import type { Activation } from '../../formulas/activations.js'
import type { DifferenceLoss, FusedLoss, Loss } from '../../formulas/losses.js'
import type { ActivationKernels, ActivationOperands, LossOperands } from '../kernels.js'
import { NOWHERE } from '../../arena/offsets.js'
import { activationKernels } from './activations.js'
import type { Views } from './views.js'

/** @param activations Where a fused loss finds its own. */
export function lossKernel(
  views: Views,
  loss: Loss,
  activations: Record<string, Activation>,
): (operands: LossOperands) => number {
  return loss.kind === 'difference'
    ? differenceLoss(views, loss)
    : fusedLoss(views, loss, activationKernels(views, activations[loss.activation]!))
}

function differenceLoss({ rowsOf }: Views, { term, slope, scale }: DifferenceLoss) {
  return ({ outputs, targets, dOutputs, rows, columns }: LossOperands): number => {
    const factor = scale(columns)
    const p = rowsOf(outputs, rows, columns)
    const y = rowsOf(targets, rows, columns)
    let loss = 0
    rowsOf(dOutputs, rows, columns).forEach((row, i) => {
      for (let j = 0; j < columns; j++) {
        const difference = p[i]![j]! - y[i]![j]!
        loss += factor * term(difference)
        row[j] = factor * slope(difference)
      }
    })
    return loss
  }
}

function fusedLoss(
  { vector, rowsOf }: Views,
  { terms, slope }: FusedLoss,
  { forward }: ActivationKernels,
) {
  return ({ outputs, bias, targets, dOutputs, rows, columns }: LossOperands): number => {
    const b = vector(bias, columns)
    const z = rowsOf(outputs, rows, columns).map((row) => row.map((x, j) => x + b[j]!))
    const activation: ActivationOperands = {
      rows,
      columns,
      a: outputs,
      bias,
      slopes: NOWHERE,
      dA: NOWHERE,
    }
    forward(activation)
    const p = rowsOf(outputs, rows, columns)
    const d = rowsOf(dOutputs, rows, columns)
    let loss = 0
    rowsOf(targets, rows, columns).forEach((y, i) => {
      const term = terms(z[i]!)
      const sum = y.reduce((a, x) => a + x)
      for (let j = 0; j < columns; j++) {
        loss += term(y[j]!, j)
        d[i]![j] = slope(p[i]![j]!, y[j]!, sum)
      }
    })
    return loss
  }
}
