// Backend `reference`: every operation in plain TypeScript on float64, as a textbook writes it. It
// is the oracle for the other backends, and the place to read what they do. It is slow on purpose.
// Its bits may differ between engines, since it uses Math. Activations, losses and optimizers are
// those of the tables in formulas/ and optimizers/.

import { index32 } from '../../arena/offsets.js'
import { paddedRows, paddedWidth } from '../../batches/padding.js'
import { type Activation, activations } from '../../formulas/activations.js'
import { keeps, rowKey } from '../../formulas/dropout.js'
import { type Loss, losses } from '../../formulas/losses.js'
import { type OptimizerTable, optimizers } from '../../optimizers/optimizers.js'
import type { Kernels } from '../kernels.js'
import { activationKernels } from './activations.js'
import { lossKernel } from './losses.js'
import { productKernels } from './products.js'
import { sumKernels } from './sums.js'
import { updateKernel } from './updates.js'
import { type Views, viewsOf } from './views.js'

/** The formulas by name. */
export interface Formulas {
  activations: Record<string, Activation>
  losses: Record<string, Loss>
  optimizers: OptimizerTable
}

/**
 * @param memory The arena.
 * @param formulas Those there are; a test may add to them.
 */
export function createReferenceKernels(
  memory: WebAssembly.Memory,
  formulas: Formulas = { activations, losses, optimizers },
): Kernels {
  const views = viewsOf(memory)
  return {
    ...productKernels(views),
    ...sumKernels(views),
    gather: gatherKernel(views),
    activations: mapValues(formulas.activations, (each) => activationKernels(views, each)),
    dropout: dropoutKernel(views),
    losses: mapValues(formulas.losses, (each) => lossKernel(views, each, formulas.activations)),
    countRightClasses: countRightClassesKernel(views),
    countRightSides: countRightSidesKernel(views),
    update: updateKernel(views, formulas.optimizers),
  }
}

function mapValues<Name extends string, From, To>(
  table: Record<string, From>,
  map: (value: From) => To,
): Record<Name, To> {
  return Object.fromEntries(
    Object.entries(table).map(([name, value]) => [name, map(value)]),
  ) as Record<Name, To>
}

function gatherKernel({
  bytes,
  floats,
  doubles,
  integers,
  vector,
  rowsOf,
}: Views): Kernels['gather'] {
  const sources = { uint8: bytes, float32: floats, float64: doubles }
  return ({ type, source, rowNumbers, matrix, rows, columns, scale }) => {
    vector(matrix, paddedRows(rows) * paddedWidth(columns)).fill(0)
    rowsOf(matrix, rows, columns).forEach((row, i) => {
      const number = integers[index32(rowNumbers) + i]!
      if (type === 'labels') {
        row[integers[index32(source) + number]!] = 1
        return
      }
      const values = sources[type]
      const first = source / values.BYTES_PER_ELEMENT + number * columns
      for (let j = 0; j < columns; j++) row[j] = values[first + j]! * scale
    })
  }
}

function dropoutKernel({ integers, rowsOf }: Views): Kernels['dropout'] {
  return ({ from, to, rowNumbers, rows, columns, rate, key }) => {
    const x = rowsOf(from, rows, columns)
    rowsOf(to, rows, columns).forEach((row, i) => {
      const drawn = rowKey(key, integers[index32(rowNumbers) + i]!)
      for (let j = 0; j < columns; j++) row[j] = keeps(drawn, j, rate) ? x[i]![j]! / (1 - rate) : 0
    })
  }
}

function countRightClassesKernel({ rowsOf }: Views): Kernels['countRightClasses'] {
  return ({ outputs, targets, rows, columns }) => {
    const y = rowsOf(targets, rows, columns)
    const right = rowsOf(outputs, rows, columns).filter(
      (p, i) => p.indexOf(Math.max(...p)) === y[i]!.indexOf(Math.max(...y[i]!)),
    )
    return right.length
  }
}

function countRightSidesKernel({ rowsOf }: Views): Kernels['countRightSides'] {
  return ({ outputs, targets, rows, columns }) => {
    const y = rowsOf(targets, rows, columns).flatMap((row) => Array.from(row))
    const p = rowsOf(outputs, rows, columns).flatMap((row) => Array.from(row))
    return p.filter((value, i) => !Number.isNaN(value) && value >= 0.5 === y[i]! >= 0.5).length
  }
}
