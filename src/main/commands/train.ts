// `shardgrad train`: a network from the command line's options, trained on a built-in data set.

import type { BackendName } from '../../shared/backend-names.js'
import { InputError } from '../../shared/errors.js'
import type { LossName } from '../../shared/formulas/losses.js'
import type { MetricName } from '../../shared/figures/metrics.js'
import type { Examples } from '../data/arrays.js'
import type { DataSet } from '../data/data-set.js'
import { loadDataSet } from '../data/data-sets.js'
import { type NetworkOptions, networkFor, startFor } from './network-options.js'
import { type OptimizerOptions, optimizerFor } from './optimizer-options.js'
import { adviceOn } from './advice.js'
import { checkPicturePath } from '../pictures/file.js'
import { createReporter } from './report.js'
import { trainTestSplit } from '../data/split.js'
import { createTrace } from '../inspect/trace.js'
import { createTrainer } from '../create-trainer.js'
import type { TrainerOptions } from '../options/trainer-options.js'
import type { FitOptions } from '../training/fit-options.js'
import { type History, appendTo, emptyHistory } from '../training/history.js'

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
  json?: boolean
}

const DEFAULT_SEED = 1

/**
 * Trains and reports.
 *
 * @param signal Stops training after the step under way; what there is by then is drawn.
 */
export async function train(
  name: string,
  options: TrainOptions,
  signal: AbortSignal,
): Promise<void> {
  if (options.plot !== undefined) checkPicturePath(options.plot)
  const data = await loadDataSet(name)
  const { training, heldOut } = partsOf(data, options)
  const epochs = options.epochs ?? data.recipe.epochs

  const reporter = createReporter(options.json === true, epochs)
  await using trainer = await createTrainer(trainerOptions(data, options, epochs))
  const start = startFor(data, options)
  if (start) trainer.setParameters(start)
  const plot = async (history: History): Promise<void> => {
    if (options.plot === undefined || history.epoch.length === 0) return
    // The plotting library takes a moment to load.
    const { plotTraining } = await import('../pictures/training.js')
    await plotTraining(options.plot, trainer, { name, data, training, heldOut, history })
  }
  const trace = options.trace === undefined ? undefined : createTrace(options.trace)
  const soFar = emptyHistory()
  try {
    const fitting = trainer.fit(training, {
      ...fitOptions(data, options),
      epochs,
      validation: heldOut,
      onProgress(progress) {
        progress.epochs.forEach((report) => appendTo(soFar, report))
        reporter.progress(progress)
      },
      onTimeline: trace?.add,
      signal,
    })
    reporter.start(trainer.info)
    const history = await fitting
    const advice = adviceOn(name, data, options.loss ?? data.recipe.loss, history, training)
    reporter.end(history, trainer.parametersHash(), advice)
    await plot(history)
  } catch (error) {
    reporter.stop()
    if (error === signal.reason) {
      reporter.interrupted(soFar.epoch.length)
      await plot(soFar)
    }
    throw error
  } finally {
    trace?.close()
  }
}

/** What is trained on, and what is not: a share of the data, or else what it brings for tests. */
function partsOf(
  data: DataSet,
  { validation, seed = DEFAULT_SEED }: TrainOptions,
): { training: Examples; heldOut: Examples | undefined } {
  const share = validation ?? data.recipe.validation
  if (share < 0 || share >= 1)
    throw new InputError('--validation', 'a share from 0 to below 1', String(share))
  if (share > 0) {
    const { training, test } = trainTestSplit(data, data.columns, { test: share, seed })
    return { training, heldOut: test }
  }
  return { training: data, heldOut: validation === undefined ? data.test : undefined }
}

function trainerOptions(data: DataSet, options: TrainOptions, epochs: number): TrainerOptions {
  const { l2, clipNorm, seed = DEFAULT_SEED, workers, shards, backend } = options
  return {
    network: networkFor(data, options),
    loss: options.loss ?? data.recipe.loss,
    optimizer: optimizerFor(data.recipe, options, epochs),
    l2,
    clipNorm,
    seed,
    workers,
    shards,
    backend,
  }
}

function fitOptions({ recipe }: DataSet, options: TrainOptions): FitOptions {
  const { batchesPerUpdate, shuffle, metrics, topK, patience } = options
  return {
    batchSize: options.batchSize ?? recipe.batchSize,
    accumulationSteps: batchesPerUpdate,
    shuffle,
    metrics,
    topK,
    earlyStopping: patience === undefined ? undefined : { patience },
  }
}
