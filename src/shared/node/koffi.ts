// Calls into C libraries, by koffi's compiled part for this system. Each part is a package of its
// own; the package `koffi` adds nothing that is needed here, and has an install script.

/** What is used of koffi. */
export interface Koffi {
  /**
   * @param file `null`: what the process has already.
   * @throws {Error} if the system can't load the file.
   */
  load: (file: string | null) => Library
  /** The address of an array's memory. */
  address: (array: Uint8Array) => bigint
}

/** A library that has been loaded. */
export interface Library {
  /**
   * @param prototype Of the function, as a C header declares it.
   * @throws {Error} if the library has no such function.
   */
  func: (prototype: string) => (...values: (number | string)[]) => unknown
}

/** The package that holds koffi's part for this system. */
export const koffiPackage = `@koromix/koffi-${process.platform}-${process.arch}`

/** @throws {Error} if the part isn't installed: npm leaves out what is optional if it must. */
export async function importKoffi(): Promise<Koffi> {
  return ((await import(koffiPackage)) as { default: Koffi }).default
}
