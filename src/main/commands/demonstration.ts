// `npm start`: the digits learned on all cores, then by one worker alone: the accuracy, the
// speedup, and the same bits.

import { dense } from '../../shared/model/layers/dense.js'
import { sgd } from '../../shared/optimizers/optimizers.js'
import { availableCores } from '../runtime/node/cores.js'
import type { Examples } from '../data/arrays.js'
import type { DataSet } from '../data/data-set.js'
import { loadDataSet } from '../data/data-sets.js'
import { interruptible } from './interruptible.js'
import { counted, createReporter, percent } from './report.js'
import { print } from './status-line.js'
import type { TrainerInfo } from '../runtime/trainer-info.js'
import { trainTestSplit } from '../data/split.js'
import { createTrainer } from '../create-trainer.js'
import type { History } from '../training/history.js'

const SEED = 1
const EPOCHS = 1500

interface Outcome {
  info: TrainerInfo
  history: History
  parametersHash: string
}

/** Full batches, so that there is work to share in every step. */
async function learnDigits(
  { columns, scale }: DataSet,
  training: Examples,
  heldOut: Examples,
  workers: number,
  signal: AbortSignal,
): Promise<Outcome> {
  await using trainer = await createTrainer({
    network: {
      inputs: columns,
      scale,
      layers: [
        dense(128, 'relu', { initializer: 'he' }),
        dense(128, 'relu', { initializer: 'he' }),
        dense(10, 'softmax'),
      ],
    },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.2 }),
    seed: SEED,
    workers,
  })
  const reporter = createReporter(false, EPOCHS, () => trainer.info)
  const fitting = trainer.fit(training, {
    epochs: EPOCHS,
    batchSize: 'all',
    validation: heldOut,
    onProgress: reporter.progress,
    signal,
  })
  reporter.start()
  const history = await fitting.finally(reporter.stop)
  return { info: trainer.info, history, parametersHash: trainer.parametersHash() }
}

async function demonstrate(signal: AbortSignal): Promise<void> {
  const data = await loadDataSet('digits')
  const { training, test: heldOut } = trainTestSplit(data, data.columns, { test: 0.1, seed: SEED })
  const cores = availableCores()
  print(
    `learning ${training.targets.length} handwritten digits, ${heldOut.targets.length} held out, on ${counted(cores, 'core')}`,
  )
  const parallel = await learnDigits(data, training, heldOut, cores, signal)
  print('the same again with one worker, to compare')
  const single = await learnDigits(data, training, heldOut, 1, signal)

  const seconds = parallel.history.seconds
  const same = parallel.parametersHash === single.parametersHash
  console.log(`held-out accuracy ${percent(parallel.history.validationAccuracy.at(-1)!)}`)
  console.log(
    `time ${seconds.toFixed(2)} s on ${counted(parallel.info.workers, 'worker')}, ${single.history.seconds.toFixed(2)} s on one: ` +
      `speedup ${(single.history.seconds / seconds).toFixed(2)}`,
  )
  console.log(
    same
      ? `same bits from both runs:\n${parallel.parametersHash}`
      : `DIFFERENT bits:\n${parallel.parametersHash}\n${single.parametersHash}`,
  )
  if (!same) process.exitCode = 1
}

const { run, signal } = interruptible()
await run(async () => demonstrate(signal))
