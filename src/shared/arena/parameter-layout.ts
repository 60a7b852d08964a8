// How the parameters lie in the arena: tensors one after the other. Those that the L2 term includes
// come first, so that they lie together. Each row is padded, and a matrix of weights has whole
// groups of 8 rows.

import { paddedWidth } from '../batches/padding.js'
import type { Initializer } from '../formulas/initializers.js'

/** An array of parameters, as its layer describes it. */
export interface Tensor {
  /** The layer it belongs to, from 0. */
  layer: number
  /** Which of the two lists of `getParameters` it stands in. */
  list: 'weights' | 'biases'
  /** Of a matrix its rows, otherwise 1. */
  rows: number
  columns: number
  /** Whether the L2 term includes it. */
  regularized: boolean
  initializer: Initializer
  /** How many inputs an output of the layer has, and how many outputs an input. */
  fans: { inputs: number; outputs: number }
}

/** Where a tensor lies, in elements from the start of the parameters. */
export interface PlacedTensor extends Tensor {
  first: number
  /** From one row to the next. */
  width: number
  elements: number
}

export interface ParameterLayout {
  /** In the order in which they lie. */
  tensors: PlacedTensor[]
  /** Elements that the L2 term includes; they come first. */
  regularized: number
  /** Elements altogether. */
  elements: number
}

/** Places tensors: in their order, but the regularized ones before the others. */
export function parameterLayout(tensors: readonly Tensor[]): ParameterLayout {
  let elements = 0
  const place = (tensor: Tensor): PlacedTensor => {
    const width = paddedWidth(tensor.columns)
    const placed = { ...tensor, first: elements, width, elements: storedRows(tensor) * width }
    elements += placed.elements
    return placed
  }
  const first = tensors.filter(({ regularized }) => regularized).map(place)
  const regularized = elements
  const rest = tensors.filter((tensor) => !tensor.regularized).map(place)
  return { tensors: [...first, ...rest], regularized, elements }
}

/** Numbers that the caller sees: rows times columns, over all tensors. */
export function parameterCount({ tensors }: { tensors: readonly Tensor[] }): number {
  return tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0)
}

/** Biases are a vector: one row. Weights are prepared for products in groups of 8 rows. */
function storedRows({ list, rows }: Tensor): number {
  return list === 'biases' ? rows : paddedWidth(rows)
}
