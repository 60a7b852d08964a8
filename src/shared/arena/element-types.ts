// The types of the numbers in the arena.

/** The type a backend computes in. */
export type DType = 'float32' | 'float64'
/**
 * How stored examples are typed: inputs as one of the numbers, targets as numbers or as class
 * labels (int32).
 */
export type ElementType = 'uint8' | 'float32' | 'float64' | 'labels'

export const bytesPerElement = {
  uint8: 1,
  float32: 4,
  float64: 8,
  labels: 4,
} as const satisfies Record<ElementType, number>
