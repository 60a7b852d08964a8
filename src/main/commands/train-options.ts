// What a user may say to `shardgrad train`.

import type { BackendName } from '../../shared/backend-names.js'
import type { MetricName } from '../../shared/figures/metrics.js'
import type { LossName } from '../../shared/formulas/losses.js'
import type { NetworkOptions } from './network-options.js'
import type { OptimizerOptions } from './optimizer-options.js'

export interface TrainOptions extends NetworkOptions, OptimizerOptions {
  loss?: LossName
  l2: number
  clipNorm?: number
  batchSize?: number | 'all'
  batchesPerUpdate?: number
  shuffle: boolean
  epochs?: number
  validation?: number
  /** Epochs without an improvement before training ends early. */
  patience?: number
  metrics?: MetricName[]
  topK?: number
  workers: number | 'auto'
  shards: number | 'auto'
  backend: BackendName | 'auto'
  /** If it is said, a table starts at random too. */
  seed?: number
  trace?: string
  plot?: string
  /** The file that the trained model goes to. */
  save?: string
  /** The file that is written while training goes on, every so many seconds. */
  checkpoint?: string
  every?: number
  /** The file whose training goes on. */
  resume?: string
  json?: boolean
}
