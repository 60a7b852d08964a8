// Which BLAS the native backend calls, as plain data that crosses threads.

/** A library that was found and gave the right answer. */
export interface BlasLibrary {
  /** The implementation: OpenBLAS, BLIS, MKL or Accelerate. */
  name: string
  /** The file it was loaded from. */
  file: string
  /** What the library says of its build, if it says anything. */
  configuration: string
}
