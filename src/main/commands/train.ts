// `shardgrad train`: a network from the command line's options, trained on a built-in data set.

import { InputError } from '../../shared/errors.js'
import type { Examples } from '../data/arrays.js'
import type { DataSet } from '../data/data-set.js'
import { loadDataSet } from '../data/data-sets.js'
import { networkFor, startFor } from './network-options.js'
import { optimizerFor } from './optimizer-options.js'
import type { TrainOptions } from './train-options.js'
import { adviceOn } from './advice.js'
import { checkPicturePath } from '../pictures/file.js'
import { createReporter } from './report.js'
import { trainTestSplit } from '../data/split.js'
import { createTrace } from '../inspect/trace.js'
import { createTrainer, loadTrainer } from '../create-trainer.js'
import { type Run, metadataOf, newRun, resumedRun } from './resume.js'
import { check } from '../options/check.js'
import { filePath } from '../options/rules.js'
import { requireWritable } from '../runtime/node/files.js'
import type { Trainer } from '../trainer.js'
import type { TrainerOptions } from '../options/trainer-options.js'
import type { FitOptions } from '../training/fit-options.js'
import { type History, appendTo, emptyHistory } from '../training/history.js'

const DEFAULT_SEED = 1

/**
 * Trains and reports.
 *
 * @param name The data's name; with `--resume` it may be left out.
 * @param options With the defaults filled in.
 * @param said The names of the options that were said.
 * @param signal Stops training after the step under way; what there is by then is saved and drawn.
 */
export async function train(
  name: string | undefined,
  options: TrainOptions,
  said: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const run =
    options.resume === undefined ? newRun(name, options) : await resumedRun(name, options, said)
  const { checkpoint, json, plot, save } = run.options
  if (plot !== undefined) checkPicturePath(plot)
  for (const [flag, file] of Object.entries({ '--save': save, '--checkpoint': checkpoint }))
    if (file !== undefined) await requireWritable(check(flag, filePath, file))
  const data = await loadDataSet(run.name)
  const { training, heldOut } = partsOf(data, run.options)

  await using trainer = await trainerFor(data, run)
  const epochs = run.options.epochs ?? data.recipe.epochs
  const reporter = createReporter(json === true, epochs, () => trainer.info)
  const draw = async (history: History): Promise<void> => {
    if (plot === undefined || history.epoch.length === 0) return
    // The plotting library takes a moment to load.
    const { plotTraining } = await import('../pictures/training.js')
    await plotTraining(plot, trainer, { name: run.name, data, training, heldOut, history })
  }
  const trace = run.options.trace === undefined ? undefined : createTrace(run.options.trace)
  const soFar = emptyHistory()
  let done = run.done
  let steps = 0
  try {
    const fitting = trainer.fit(training, {
      ...(run.options.resume === undefined && fitOptions(data, run.options)),
      ...checkpointOptions(run.options, reporter.note),
      epochs,
      validation: heldOut,
      onProgress(progress) {
        progress.epochs.forEach((report) => appendTo(soFar, report))
        done = Math.floor((progress.step * epochs) / progress.steps)
        steps = progress.step
        reporter.progress(progress)
      },
      onTimeline: trace?.add,
      signal,
    })
    // Before a file has been read, the trainer can't say how it will work.
    if (run.options.resume === undefined) reporter.start()
    const history = await fitting
    if (save !== undefined) await trainer.save(save)
    const advice = adviceOn(run.name, data, trainer.options.loss, history, training)
    reporter.end(history, trainer.parametersHash(), advice, save)
    await draw(history)
  } catch (error) {
    reporter.stop()
    if (error === signal.reason) {
      // Before the first step there is nothing to save.
      if (steps > 0 && save !== undefined) await trainer.save(save)
      reporter.interrupted(done, steps > 0 ? (save ?? checkpoint) : undefined)
      await draw(soFar)
    }
    throw error
  } finally {
    trace?.close()
  }
}

async function trainerFor(data: DataSet, { name, options }: Run): Promise<Trainer> {
  const { backend, resume, workers, validation } = options
  if (resume !== undefined)
    return loadTrainer(resume, { workers, backend: backend === 'auto' ? undefined : backend })
  const trainer = await createTrainer({
    ...trainerOptions(data, options, options.epochs ?? data.recipe.epochs),
    metadata: metadataOf(name, validation),
  })
  const start = startFor(data, options)
  if (start) trainer.setParameters(start)
  return trainer
}

function checkpointOptions(
  { checkpoint: file, every }: TrainOptions,
  warn: (message: string) => void,
): Pick<FitOptions, 'checkpoint'> {
  if (file === undefined) return {}
  const onError = ({ message }: Error): void => warn(`checkpoint not written: ${message}`)
  return { checkpoint: { file, everySeconds: every, onError } }
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
    classes: data.classes,
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
