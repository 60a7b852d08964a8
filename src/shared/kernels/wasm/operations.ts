// The operations of compiled kernels over a memory, by the names that assembly/ exports.

/** The exports: every argument and result is a number or nothing. */
type Exports = Record<string, (...values: number[]) => number>

/** An operation of the compiled kernels, by name. */
export type Operations = (name: string) => (...values: number[]) => number

/**
 * @param compiled The compiled kernels.
 * @param memory What they work on: the arena.
 */
export function wasmOperations(
  compiled: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Operations {
  const wasm = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports
  return (name) => {
    const found = wasm[name]
    if (!found) throw new Error(`internal: the kernels export no ${name}`)
    return found
  }
}
