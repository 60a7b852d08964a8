// `shardgrad rates`: a data set's recipe, trained once for each learning rate.

import { DivergenceError } from '../shared/errors.js'
import { optimizers } from '../shared/optimizers.js'
import { type DataSet, loadDataSet } from './data-sets.js'
import { networkFor } from './network-options.js'
import { checkPicturePath, writePicture } from './pictures/file.js'
import type { RateCurve } from './pictures/rates.js'
import { print, printJson } from './report.js'
import { createTrainer } from './trainer.js'

export interface RatesOptions {
  rates: number[]
  epochs?: number
  seed: number
  plot?: string
  json?: boolean
}

/** Trains with every rate, says how each ended, and draws them if asked to. */
export async function compareRates(name: string, { rates, epochs, seed, plot, json }: RatesOptions): Promise<void> {
  if (plot !== undefined) checkPicturePath(plot)
  const data = await loadDataSet(name)
  const curves: RateCurve[] = []
  for (const rate of rates) {
    const curve = await trainAt(rate, data, epochs ?? data.recipe.epochs, seed)
    curves.push(curve)
    if (json) printJson({ event: 'rate', rate, cost: curve.costs.at(-1), divergedIn: curve.divergedIn })
    else print(`rate ${rate}: ${curve.divergedIn === undefined ? `cost ${curve.costs.at(-1)!.toPrecision(5)}` : `diverged in epoch ${curve.divergedIn}`}`)
  }
  if (plot === undefined) return
  const { drawRates } = await import('./pictures/rates.js')
  await writePicture(plot, drawRates(curves, `Learning rates on ${name}`))
}

async function trainAt(rate: number, data: DataSet, epochs: number, seed: number): Promise<RateCurve> {
  const { recipe } = data
  const costs: number[] = []
  await using trainer = await createTrainer({
    network: networkFor(data, {}), loss: recipe.loss, optimizer: optimizers[recipe.optimizer ?? 'sgd']({ learningRate: rate }), seed,
  })
  try {
    // onEpoch, not onProgress: the epochs of the last tenth of a second before a divergence count too
    await trainer.fit(data, { epochs, batchSize: recipe.batchSize, onEpoch: ({ cost }) => void costs.push(cost) })
    return { rate, costs }
  } catch (error) {
    if (error instanceof DivergenceError) return { rate, costs, divergedIn: error.epoch }
    throw error
  }
}
