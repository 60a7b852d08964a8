// The wasm kernels that take a block forward. They are all that a model needs that only predicts,
// which has them compiled by themselves (assembly/inference.ts).

import { extentOf } from '../../arena/parts.js'
import { paddedWidth } from '../../batches/padding.js'
import { type ActivationName, activationNames, keepsSlopes } from '../../formulas/activations.js'
import type { ActivationKernels, Kernels } from '../kernels.js'
import type { Operations } from './operations.js'

export interface ForwardKernels extends Pick<Kernels, 'prepare' | 'matmul'> {
  activations: Record<ActivationName, Pick<ActivationKernels, 'forward'>>
}

/** What `prepare` takes that is not to go back: panels of the weights. */
export function panelElements(inputs: number, outputs: number): number {
  return inputs * paddedWidth(outputs)
}

export function createForwardKernels(operation: Operations): ForwardKernels {
  const packWeights = operation('packWeights')
  const multiplyPanels = operation('multiplyPanels')
  return {
    prepare({ weights, prepared, inputs, outputs }, firstRow, endRow) {
      packWeights(weights, prepared, inputs, outputs, firstRow, endRow)
    },
    matmul({ x, prepared, z, parts, inputs, outputs }) {
      multiplyPanels(x, prepared, z, extentOf(parts), inputs, outputs)
    },
    activations: byName(activationNames, (name) => ({ forward: forwardOf(operation, name) })),
  }
}

function forwardOf(operation: Operations, name: ActivationName): ActivationKernels['forward'] {
  const forward = operation(name)
  return keepsSlopes(name)
    ? ({ a, bias, rows, columns, slopes }) => forward(a, bias, rows, columns, slopes)
    : ({ a, bias, rows, columns }) => forward(a, bias, rows, columns)
}

/** Something for each name. */
export function byName<Name extends string, Value>(
  names: readonly Name[],
  make: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>
}
