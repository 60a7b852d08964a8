// The types of examples, as the caller gives them.

/** A matrix as the caller holds it, row-major. Bytes are kept as bytes. */
export type NumberArray = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array
/** Class labels, whole numbers from 0. */
export type LabelArray =
  Uint8Array | Uint8ClampedArray | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array

/**
 * Examples: m rows of inputs, each with its target. n_0 stands for the columns of the inputs, n_L
 * for the units of the output layer.
 */
export interface Examples {
  /** (m, n_0), row-major: finite numbers. */
  inputs: NumberArray
  /**
   * What the outputs should be, (m, n_L) row-major; or, with several outputs, class labels from 0
   * to n_L - 1 (m), in an array of integers.
   */
  targets: NumberArray | LabelArray
  /**
   * A weight for each example (m), at least 0. The cost is the mean loss weighted by them, so an
   * example of weight 2 counts as two.
   * @default 1 for each
   */
  sampleWeights?: NumberArray
}

/** The names of the fields of `Examples`. */
export const exampleFields = [
  'inputs',
  'targets',
  'sampleWeights',
] as const satisfies readonly (keyof Examples)[]

/**
 * Whether a value is an array that inputs may have.
 *
 * @param value Anything.
 * @returns Whether it is one of bytes, or of floating-point numbers.
 */
export function isNumberArray(value: unknown): value is NumberArray {
  return (
    value instanceof Uint8Array ||
    value instanceof Uint8ClampedArray ||
    value instanceof Float32Array ||
    value instanceof Float64Array
  )
}

/**
 * Whether a value is an array that class labels may have.
 *
 * @param value Anything.
 * @returns Whether it is one of integers of at most 32 bits.
 */
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

/**
 * Some rows of a matrix.
 *
 * @param values (count, columns), row-major.
 * @param count Rows of the matrix.
 * @param from The first row.
 * @param to The row after the last.
 * @returns A view, not a copy.
 */
export function rowsOf<Values extends NumberArray | LabelArray>(
  values: Values,
  count: number,
  from: number,
  to: number,
): Values {
  const columns = values.length / count
  return values.subarray(from * columns, to * columns) as Values
}
