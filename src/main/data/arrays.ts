// Examples as the caller holds them.

/** A matrix as the caller holds it, row-major. Bytes stay bytes in the arena. */
export type NumberArray = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array
/** Class labels, whole numbers from 0. */
export type LabelArray =
  Uint8Array | Uint8ClampedArray | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array

/**
 * Inputs (m, n_0) and targets: (m, n_L), or class labels (m). Weights, if given, (m): the cost is
 * the mean loss weighted by them, so that twice the weight is as good as two examples.
 */
export interface Examples {
  inputs: NumberArray
  targets: NumberArray | LabelArray
  sampleWeights?: NumberArray
}

export function isNumberArray(value: unknown): value is NumberArray {
  return (
    value instanceof Uint8Array ||
    value instanceof Uint8ClampedArray ||
    value instanceof Float32Array ||
    value instanceof Float64Array
  )
}

export function isLabelArray(value: unknown): value is LabelArray {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView) &&
    !(value instanceof Float32Array) &&
    !(value instanceof Float64Array) &&
    !(value instanceof BigInt64Array) &&
    !(value instanceof BigUint64Array)
  )
}
