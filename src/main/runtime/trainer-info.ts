// What a trainer says about itself.

import type { BackendName } from '../../shared/backend-names.js'

/** What a trainer works with. `workers`, `shards` and `arenaBytes` are those of the latest call. */
export interface TrainerInfo {
  workers: number
  /** Why so many workers. */
  reason: string
  /** Shards of a batch; undefined before the first batch, unless given. */
  shards: number | undefined
  backend: BackendName
  /** Why this backend. */
  backendReason: string
  /** What multiplies, in words. */
  kernels: string
  cores: number
  /** Weights and biases. */
  parameters: number
  arenaBytes: number
}
