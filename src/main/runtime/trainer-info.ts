// The type of `trainer.info`.

import type { BackendName } from '../../shared/backend-names.js'

/**
 * What a trainer works with. `workers`, `teamSize`, `shards` and `arenaBytes` are those of the
 * latest call.
 */
export interface TrainerInfo {
  /** Threads that share the work. */
  workers: number
  /** Why so many workers, in words. */
  reason: string
  /**
   * How many of them share a slot: 1 if each takes shards on its own. More where shards don't come
   * out even; then they take some rows each, meet, and take some of the gradient each.
   */
  teamSize: number
  /** Parts that a batch is cut into; undefined before the first batch, unless given. */
  shards: number | undefined
  /** Who computes. */
  backend: BackendName
  /** Why this backend, in a few words. */
  backendReason: string
  /**
   * What would make training quicker on this machine, such as the command that installs a BLAS;
   * undefined if nothing is missing. Ask for `native`, and `BackendError.tried` has the details.
   */
  backendHint: string | undefined
  /** What multiplies, in words. */
  kernels: string
  /** Cores that this process may use. */
  cores: number
  /** How many the network has, weights and biases. */
  parameters: number
  /** Size of the memory that the threads share, in bytes. */
  arenaBytes: number
}
