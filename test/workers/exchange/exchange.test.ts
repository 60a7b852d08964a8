// A stand-in exchange: several machines, each a thread with an arena of its own, train as one.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { checkExamples, decayOf } from '../../../dist/main/data/examples.js'
import { type Parameters, adam, dense, dropout } from '../../../dist/main/index.js'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { compileKernels } from '../../../dist/main/runtime/node/compiled-kernels.js'
import { needsOf } from '../../../dist/main/runtime/runner.js'
import { planArena } from '../../../dist/shared/arena/arena.js'
import { backends } from '../../../dist/shared/backends.js'
import { stepsPerEpoch } from '../../../dist/shared/batches/shards.js'
import { tallyLayout } from '../../../dist/shared/figures/metrics.js'
import { initialValues } from '../../../dist/shared/model/initial.js'
import { needsOfModel } from '../../../dist/shared/model/kinds.js'
import { outputLayer, shapeOf } from '../../../dist/shared/model/network.js'
import { stateElements } from '../../../dist/shared/optimizers/optimizers.js'
import type { TrainRun } from '../../../dist/shared/protocol.js'

const COUNT = 1000
const SHARDS = 8
const BATCH = 237
const EPOCHS = 3

const recipe = checkTrainerOptions({
  network: {
    inputs: 5,
    layers: [dense(9, 'tanh'), dropout(0.3), dense(7, 'relu'), dense(3, 'softmax')],
  },
  loss: 'categoricalCrossEntropy',
  optimizer: adam({ learningRate: 0.02 }),
  l2: 0.5,
  seed: 3,
})
const given = {
  inputs: Float32Array.from({ length: COUNT * 5 }, (_, i) => ((i * 7919) % 211) / 105 - 1),
  targets: Uint8Array.from({ length: COUNT }, (_, row) => (row * 7) % 3),
}

/** A run to train, laid out so that so many machines may exchange their slots. */
function runFor(
  machines: number,
  clipNorm: number | undefined,
  accumulationSteps: number,
  batchSize: number,
): TrainRun {
  const examples = checkExamples('fit', given, shapeOf(recipe.network), 'float32')
  const tallies = tallyLayout('fit', outputLayer(recipe.network).units, 'oneClass')
  const model = { kind: 'layers', network: recipe.network, loss: recipe.loss } as const
  const layout = planArena({
    model: needsOfModel(model),
    kernels: backends.wasm,
    dtype: 'float32',
    stateElements: stateElements(recipe.optimizer),
    workers: 1,
    shards: SHARDS,
    slots: machines,
    teamSize: 1,
    batchSize,
    training: needsOf(examples),
    validation: undefined,
    tallyFields: tallies.fields,
    gradient: clipNorm !== undefined || accumulationSteps > 1,
    timeline: false,
  })
  return {
    kind: 'train',
    model,
    decay: decayOf(recipe.l2, examples),
    tallies,
    backend: 'wasm',
    layout,
    workers: 1,
    orderedAt: 0,
    spins: false,
    optimizer: recipe.optimizer,
    clipNorm,
    rateReduction: 1,
    seed: recipe.seed,
    shuffle: true,
    batchSize,
    accumulationSteps,
    stepsPerEpoch: stepsPerEpoch(COUNT, batchSize, accumulationSteps),
    shards: SHARDS,
    fromEpoch: 0,
    untilEpoch: EPOCHS,
    sliceMs: 60_000,
  }
}

/** What each machine ends with. */
async function trainOn(
  machines: number,
  clipNorm?: number,
  accumulationSteps = 1,
  batchSize = BATCH,
): Promise<{ parameters: Parameters; steps: number }[]> {
  const run = runFor(machines, clipNorm, accumulationSteps, batchSize)
  const {
    slots,
    parameters: { tensors },
  } = run.layout
  const values = initialValues(tensors, recipe.seed)
  const initial = {
    weights: values.filter((_, i) => tensors[i]!.list === 'weights'),
    biases: values.filter((_, i) => tensors[i]!.list === 'biases'),
  }
  const tallyBytes = (SHARDS / slots.count) * slots.units * run.tallies.fields * 8
  const network = {
    words: new SharedArrayBuffer(8),
    bytes: new SharedArrayBuffer(slots.count * (slots.bytes + tallyBytes)),
  }
  const examples = checkExamples('fit', given, shapeOf(recipe.network), 'float32')
  const ends = Array.from({ length: machines }, async (_, machine) => {
    const worker = new Worker(new URL('../../fixtures/machine-worker.js', import.meta.url), {
      workerData: {
        compiled: compileKernels('kernels'),
        examples,
        initial,
        machine,
        machines,
        network,
        run,
      },
    })
    const [message] = (await once(worker, 'message')) as [{ parameters: Parameters; steps: number }]
    return message
  })
  return Promise.all(ends)
}

describe('several machines that exchange their subtrees have the bits of one', () => {
  it.each([
    ['plain', undefined, 1],
    ['clipping', 0.05, 1],
    ['accumulation', undefined, 2],
    ['clipping and accumulation', 0.05, 3],
  ])('%s: 2, 4 and 8 machines', async (_, clipNorm, accumulationSteps) => {
    const [alone] = await trainOn(1, clipNorm, accumulationSteps)
    expect(alone!.steps).toBe(EPOCHS * Math.ceil(COUNT / (BATCH * accumulationSteps)))
    for (const machines of [2, 4, 8]) {
      const ends = await trainOn(machines, clipNorm, accumulationSteps)
      for (const end of ends) expect(end, `${machines} machines`).toEqual(alone)
    }
  })

  it('shards of several units: 2 and 8 machines', async () => {
    const batchSize = 800
    expect(runFor(2, undefined, 1, batchSize).layout.slots.units).toBeGreaterThan(1)
    const [alone] = await trainOn(1, 0.05, 1, batchSize)
    for (const machines of [2, 8]) {
      const ends = await trainOn(machines, 0.05, 1, batchSize)
      for (const end of ends) expect(end, `${machines} machines`).toEqual(alone)
    }
  })
})
