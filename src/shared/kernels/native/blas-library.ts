// Which BLAS the native backend calls, as plain data that crosses threads.

/** A library that was found and gave the right answer. */
export interface BlasLibrary {
  /** The implementation: OpenBLAS, BLIS, MKL or Accelerate. */
  name: string
  /** The file it was loaded from. */
  file: string
  /** What the library says of its build, if it says anything. */
  configuration: string
  /**
   * The kernels that it multiplies with, by its own name for the first processor that had them:
   * OpenBLAS's `SkylakeX` or `Haswell`, BLIS's `zen3`. Undefined if the library doesn't say.
   */
  core?: string
  /** Why these kernels, in words; undefined where it is not known. */
  coreReason?: string
  /**
   * Floating-point operations that one core does with it in a microsecond, measured when it was
   * found: to judge what is worth sharing out. No result depends on it.
   */
  flopsPerMicrosecond: number
}

/**
 * Whether a library takes a small product as it lies, and only for a large one copies the operands
 * into an order of its own first: OpenBLAS does with its kernels for AVX-512.
 */
export function prefersSmall({ core = '' }: BlasLibrary): boolean {
  return /^(SkylakeX|Cooperlake|SapphireRapids)$/i.test(core)
}
