// The options of `loadModel`, checked.

import { InputError, show } from '../../shared/errors.js'
import type { Network } from '../../shared/model/network.js'
import { networkCheck } from '../options/network-check.js'
import { fields, maybe, must } from '../options/plain-checks.js'

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- there is no other way to name it
  namespace WebAssembly {
    // There with the DOM's types and with Node's; without either, LoadModelOptions still compiles.
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges with theirs
    interface Module {}
  }
}

/** How `loadModel` makes a model of a file. */
export interface LoadModelOptions {
  /**
   * What the model is, for a file that doesn't say it: one that another program wrote. Its tensors
   * must have the names and shapes of such a network's.
   * @default what the file says
   */
  network?: Network
  /**
   * The compiled kernels: `shardgrad/model.wasm` as a WebAssembly.Module, for places that forbid
   * compiling at run time. One module serves every model.
   * @default compiled once, from what the program brings along
   */
  kernels?: WebAssembly.Module
}

const optionsCheck = fields({
  network: maybe(networkCheck),
  kernels: maybe(
    must({ holds: (value) => value instanceof WebAssembly.Module, words: 'a WebAssembly.Module' }),
  ),
})

/**
 * Checks the options of `loadModel`.
 *
 * @param options As the caller gave them.
 * @returns The same.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkLoadOptions(options: unknown): LoadModelOptions {
  const issue = optionsCheck(options, '')
  if (!issue) return options as LoadModelOptions
  const { path, rule, given } = issue
  throw new InputError(path === '' ? 'loadModel' : `loadModel: ${path}`, rule, show(given))
}
