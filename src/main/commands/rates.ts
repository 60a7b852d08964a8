// `shardgrad rates`: a data set's recipe, trained once for each learning rate; or one run at a rate
// that rises from step to step, to find how large it may be.

import type { BackendName } from '../../shared/backend-names.js'
import { DivergenceError } from '../../shared/errors.js'
import type { OptimizerName } from '../../shared/optimizers/optimizers.js'
import type { DataSet } from '../data/data-set.js'
import { loadDataSet } from '../data/data-sets.js'
import { networkFor } from './network-options.js'
import { optimizerFor } from './optimizer-options.js'
import { checkPicturePath, writePicture } from '../pictures/file.js'
import type { RateTrial } from '../pictures/rates.js'
import { printJson } from './report.js'
import { sparkline } from './sparkline.js'
import { createStatusLine, print } from './status-line.js'
import type { Trainer } from '../trainer.js'
import { createTrainer } from '../create-trainer.js'

export interface RatesOptions {
  rates: number[]
  /** Raise the rate from step to step instead. */
  find?: boolean
  optimizer?: OptimizerName
  epochs?: number
  backend: BackendName | 'auto'
  seed: number
  plot?: string
  json?: boolean
}

/**
 * @param signal Stops training after the step under way; what there is by then is drawn.
 * @throws {InputError} before anything is trained, on wrong options.
 */
export async function rates(
  name: string,
  options: RatesOptions,
  signal: AbortSignal,
): Promise<void> {
  if (options.plot !== undefined) checkPicturePath(options.plot)
  const data = await loadDataSet(name)
  await (options.find ? findRate : compareRates)(name, data, options, signal)
}

/** Trains with every rate, says how each ended, and draws them if asked to. */
async function compareRates(
  name: string,
  data: DataSet,
  options: RatesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { rates, plot, json } = options
  const curves: Curve[] = []
  const draw = async (): Promise<void> => {
    const begun = curves.filter(({ costs, divergedIn }) => costs.length > 0 || divergedIn)
    if (plot === undefined || begun.length === 0) return
    const { drawRates } = await import('../pictures/rates.js')
    await writePicture(plot, drawRates(begun, `Learning rates on ${name}`))
  }
  try {
    for (const rate of rates) {
      const curve: Curve = { rate, costs: [] }
      curves.push(curve)
      await trainAt(curve, data, options, signal)
      const { costs, divergedIn } = curve
      if (json) printJson({ event: 'rate', rate, cost: costs.at(-1), divergedIn })
      else
        print(
          `rate ${rate}: ${divergedIn === undefined ? `cost ${costs.at(-1)!.toPrecision(5)}` : `diverged in epoch ${divergedIn}`}`,
        )
    }
  } catch (error) {
    if (error === signal.reason) {
      if (!json) print(`interrupted at rate ${curves.at(-1)?.rate ?? rates[0]!}`)
      await draw()
    }
    throw error
  }
  await draw()
}

/** Says the cost at each rate, and the suggested rate; draws them if asked to. */
async function findRate(
  name: string,
  data: DataSet,
  options: RatesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { epochs, plot, json } = options
  await using trainer = await trainerFor(data, undefined, data.recipe.epochs, options)
  const status = json ? undefined : createStatusLine()
  status?.show('searching')
  const curve = await trainer.findLearningRate(data, { steps: epochs, signal }).finally(status?.end)
  const { rates: tried, costs, suggested } = curve
  if (json) printJson({ event: 'rates', rates: tried, costs, suggested })
  else {
    print(
      `cost at rates from ${describeRate(tried[0]!)} to ${describeRate(tried.at(-1)!)}: ${sparkline(
        costs.map((cost) => Math.min(cost, 1.2 * costs[0]!)),
        60,
      )}`,
    )
    print(
      `lowest at ${describeRate(tried[costs.indexOf(Math.min(...costs))]!)}; suggested: ${describeRate(suggested)}`,
    )
  }
  if (plot === undefined) return
  const { drawRateFinder } = await import('../pictures/rates.js')
  await writePicture(plot, drawRateFinder(curve, `Cost as the learning rate rises, on ${name}`))
}

function describeRate(rate: number): string {
  return String(Number(rate.toPrecision(3)))
}

async function trainerFor(
  data: DataSet,
  learningRate: number | undefined,
  epochs: number,
  { optimizer, backend, seed }: RatesOptions,
): Promise<Trainer> {
  const { recipe } = data
  return createTrainer({
    network: networkFor(data, {}),
    loss: recipe.loss,
    backend,
    seed,
    optimizer: optimizerFor(recipe, { optimizer, learningRate }, epochs),
  })
}

/** A rate's costs as they come. */
type Curve = RateTrial & { costs: number[] }

async function trainAt(
  curve: Curve,
  data: DataSet,
  options: RatesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { costs, rate } = curve
  const epochs = options.epochs ?? data.recipe.epochs
  await using trainer = await trainerFor(data, rate, epochs, options)
  const status = options.json ? undefined : createStatusLine()
  status?.show(`rate ${rate}`)
  try {
    await trainer.fit(data, {
      epochs,
      batchSize: data.recipe.batchSize,
      onProgress(progress) {
        costs.push(...progress.epochs.map(({ cost }) => cost))
        status?.show(
          `rate ${rate}`,
          `epoch ${costs.length}/${epochs}`,
          `step ${progress.step}/${progress.steps}`,
        )
      },
      signal,
    })
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error
    curve.divergedIn = error.epoch
  } finally {
    status?.end()
  }
}
