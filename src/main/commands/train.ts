// `shardgrad train`: a network from the command line's options, trained on a built-in data set.

import type { BackendName } from '../../shared/backend-names.js'
import { InputError } from '../../shared/errors.js'
import type { LossName } from '../../shared/formulas/losses.js'
import type { MetricName } from '../../shared/figures/metrics.js'
import { loadDataSet } from '../data/data-sets.js'
import { type NetworkOptions, networkFor } from './network-options.js'
import { type OptimizerOptions, optimizerFor } from './optimizer-options.js'
import { checkPicturePath } from '../pictures/file.js'
import { createReporter } from './report.js'
import { trainTestSplit } from '../data/split.js'
import { createTrace } from '../inspect/trace.js'
import { createTrainer } from '../create-trainer.js'

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
  seed: number
  trace?: string
  plot?: string
  json?: boolean
}

/** Trains and reports. An interrupt stops training after the current step. */
export async function train(name: string, options: TrainOptions): Promise<void> {
  if (options.plot !== undefined) checkPicturePath(options.plot)
  const data = await loadDataSet(name)
  const { recipe } = data
  const {
    seed,
    l2,
    clipNorm,
    batchesPerUpdate,
    shuffle,
    metrics,
    topK,
    patience,
    workers,
    shards,
    backend,
  } = options
  const share = options.validation ?? recipe.validation
  if (share < 0 || share >= 1)
    throw new InputError('--validation', 'a share from 0 to below 1', String(share))
  const { training, test: heldOut } =
    share > 0
      ? trainTestSplit(data, data.columns, { test: share, seed })
      : { training: data, test: options.validation === undefined ? data.test : undefined }
  const epochs = options.epochs ?? recipe.epochs

  const interrupt = new AbortController()
  const onInterrupt = (): void => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  const reporter = createReporter(options.json === true, epochs)
  const trace = options.trace === undefined ? undefined : createTrace(options.trace)
  await using trainer = await createTrainer({
    network: networkFor(data, options),
    loss: options.loss ?? recipe.loss,
    optimizer: optimizerFor(recipe, options, epochs),
    l2,
    clipNorm,
    seed,
    workers,
    shards,
    backend,
  })
  try {
    const fitting = trainer.fit(training, {
      epochs,
      batchSize: options.batchSize ?? recipe.batchSize,
      validation: heldOut,
      onProgress: reporter.progress,
      onTimeline: trace?.add,
      signal: interrupt.signal,
      accumulationSteps: batchesPerUpdate,
      shuffle,
      metrics,
      topK,
      earlyStopping: patience === undefined ? undefined : { patience },
    })
    reporter.start(trainer.info)
    const history = await fitting
    reporter.end(history, trainer.parametersHash())
    if (options.plot !== undefined) {
      // The plotting library takes a moment to load.
      const { plotTraining } = await import('../pictures/training.js')
      await plotTraining(options.plot, trainer, { name, data, training, heldOut, history })
    }
  } catch (error) {
    reporter.stop()
    throw error
  } finally {
    trace?.close()
    process.off('SIGINT', onInterrupt)
  }
}
