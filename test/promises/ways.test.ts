// Every way to share a step out has the same bits: workers on their own, one team of all, teams
// with a slot each, more workers than there is work for.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Examples,
  type FitOptions,
  type Optimizer,
  type TrainerOptions,
  adadelta,
  adagrad,
  adam,
  adamw,
  dense,
  dropout,
  rmsprop,
  sgd,
} from '../../dist/main/index.js'
import { backendNames } from '../../dist/shared/backend-names.js'
import type { LayerDescription } from '../../dist/shared/model/layers/kinds.js'
import { has } from '../machine.js'
import { createTrainer, gradientWorker } from '../main/shared-threads.js'
import { type Way, inTeams, onTheirOwn } from '../main/ways.js'
import { noise } from '../shared/support.js'

const script = (name: string): URL => new URL(`../fixtures/${name}`, import.meta.url)
const [delaying, otherTiles] = [script('delaying-worker.js'), script('other-tiles-worker.js')]

interface Recipe {
  options: TrainerOptions
  examples: Examples
  fit: FitOptions
}

/** All that a trainer says and leaves, of every kind of run: in order, as text. */
async function allThatItSays(
  { options, examples, fit }: Recipe,
  way?: Way,
  worker = gradientWorker,
): Promise<Record<string, unknown>> {
  await using trainer = await createTrainer({ ...options, workers: 1 }, worker, way)
  const history = { ...(await trainer.fit(examples, fit)), seconds: 0 }
  const trained = trainer.parametersHash()
  const { targets, sampleWeights } = examples
  const { metrics } = fit
  return {
    history,
    trained,
    gradient: await trainer.gradient(examples.inputs, targets, sampleWeights),
    evaluation: await trainer.evaluate(examples, { metrics }),
    outputs: await trainer.predict(examples.inputs),
    // On from what the optimizer keeps.
    further: [(await trainer.fit(examples, { ...fit, epochs: 1 })).cost, trainer.parametersHash()],
  }
}

const optimizers: Optimizer[] = [
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  rmsprop(),
  adagrad(),
  adadelta(),
  adam(),
  adamw(),
]

const width = fc.constantFrom(1, 3, 8, 17, 40, 72)
const hidden: fc.Arbitrary<LayerDescription[]> = fc
  .tuple(
    width,
    fc.constantFrom('relu', 'tanh', 'gelu', 'softmax' as const),
    fc.boolean(),
    fc.constantFrom(undefined, undefined, 0.3),
  )
  .map(([units, activation, bias, rate]) => [
    ...(rate === undefined ? [] : [dropout(rate)]),
    dense(units, activation, { bias }),
  ])

const recipes: fc.Arbitrary<Recipe> = fc
  .record({
    inputs: fc.constantFrom(2, 9, 40, 150),
    layers: fc.array(hidden, { maxLength: 2 }),
    bias: fc.boolean(),
    count: fc.integer({ min: 1, max: 700 }),
    /** Of the examples, the share of a batch. */
    batch: fc.constantFrom(1, 0.7, 0.4),
    shards: fc.constantFrom<TrainerOptions['shards'][]>('auto', 1, 2, 8, 64),
    optimizer: fc.constantFrom(...optimizers),
    clipNorm: fc.constantFrom(undefined, 0.1),
    l2: fc.constantFrom(0, 0.3),
    accumulationSteps: fc.constantFrom(1, 1, 2),
    weighted: fc.boolean(),
    validates: fc.boolean(),
    /** Among them one that needs all rows. */
    metrics: fc.constantFrom<FitOptions['metrics']>(undefined, ['auc', 'f1']),
  })
  .map((given): Recipe => {
    const { inputs, count, weighted } = given
    const layers = [...given.layers.flat(), dense(3, 'softmax', { bias: given.bias })]
    const examplesOf = (rows: number, seed: number): Examples => ({
      inputs: Float32Array.from({ length: rows * inputs }, (_, i) => noise(i, seed)),
      targets: Uint8Array.from({ length: rows }, (_, i) => (i * 7 + (i >> 3)) % 3),
    })
    const { clipNorm, l2, optimizer, shards } = given
    return {
      options: {
        network: { inputs, layers },
        loss: 'categoricalCrossEntropy',
        optimizer,
        l2,
        clipNorm,
        shards,
        seed: 7,
      },
      examples: {
        ...examplesOf(count, 1),
        ...(weighted && {
          sampleWeights: Float32Array.from({ length: count }, (_, i) => (1 + (i % 4)) / 2),
        }),
      },
      fit: {
        epochs: 2,
        batchSize: Math.max(1, Math.ceil(given.batch * count)),
        accumulationSteps: given.accumulationSteps,
        validation: given.validates ? examplesOf(270, 2) : undefined,
        metrics: given.metrics,
      },
    }
  })

const ways: [string, Way][] = [
  ...[2, 3, 8, 16].map((workers): [string, Way] => [
    `${workers} on their own`,
    onTheirOwn(workers),
  ]),
  ['3 on their own, a slot for each shard', onTheirOwn(3, 64)],
  ...[2, 3, 5, 16].map((size): [string, Way] => [`a team of ${size}`, inTeams(1, size)]),
  ...(
    [
      [2, 2],
      [2, 3],
      [4, 2],
      [4, 4],
      [8, 2],
    ] as const
  ).map(([teams, size]): [string, Way] => [`${teams} teams of ${size}`, inTeams(teams, size)]),
]

const wayOf = (wanted: string): Way => ways.find(([name]) => name === wanted)![1]

/** With all that there is: what a step can be told, and several kinds of layers. */
const everything = (changes: Partial<TrainerOptions> = {}, rows = 150): Recipe => ({
  options: {
    network: {
      inputs: 20,
      layers: [
        dropout(0.1),
        dense(33, 'gelu'),
        dropout(0.3),
        dense(16, 'softplus', { bias: false }),
        dense(3, 'softmax'),
      ],
    },
    loss: 'categoricalCrossEntropy',
    optimizer: adam({ learningRate: 0.01 }),
    clipNorm: 0.5,
    l2: 0.1,
    seed: 3,
    shards: 4,
    ...changes,
  },
  examples: {
    inputs: Float32Array.from({ length: rows * 20 }, (_, i) => noise(i, 1)),
    targets: Uint8Array.from({ length: rows }, (_, i) => (i * 5) % 3),
    sampleWeights: Float32Array.from({ length: rows }, (_, i) => (1 + (i % 5)) / 2),
  },
  fit: {
    epochs: 2,
    batchSize: Math.ceil(0.4 * rows),
    accumulationSteps: 2,
    classWeights: { 1: 2 },
    validation: 0.2,
    metrics: ['auc', 'topKAccuracy', 'confusionMatrix'],
  },
})

for (const backend of backendNames) {
  describe.skipIf(!has(backend))(backend, () => {
    it('whatever the recipe: all that a trainer says and leaves is what one worker alone says, bit for bit', async () => {
      await fc.assert(
        fc.asyncProperty(
          recipes,
          fc.subarray(ways, { minLength: 3, maxLength: 3 }),
          async (recipe, some) => {
            const given = { ...recipe, options: { ...recipe.options, backend } }
            const expected = await allThatItSays(given)
            for (const [name, way] of some)
              expect(await allThatItSays(given, way), name).toEqual(expected)
          },
        ),
        { seed: 10, numRuns: backend === 'reference' ? 1 : 3, endOnFailure: true },
      )
    })

    it('every way, with everything at once; and with workers that dawdle at random at every barrier and claim', async () => {
      const recipe = everything({ backend })
      const expected = await allThatItSays(recipe)
      // The reference is slow on purpose: a third of them.
      const some = ways.filter((_, i) => backend !== 'reference' || i % 3 === 0)
      for (const [name, way] of some)
        expect(await allThatItSays(recipe, way), name).toEqual(expected)
      for (const name of ['a team of 3', '2 teams of 2'])
        expect(await allThatItSays(recipe, wayOf(name), delaying), `${name}, delayed`).toEqual(
          expected,
        )
    })

    it('shards that are several blocks, and of a batch as large as has longer slices', async () => {
      const inputs = 300
      const [small, large] = [600, 1100]
      for (const [rows, shards] of [
        [small, 1],
        [small, 2],
        ...(backend === 'reference' ? [] : [[large, 4] as const]),
      ] as const) {
        const recipe = everything({ backend, shards }, rows)
        recipe.options.network = { inputs, layers: [dense(24, 'relu'), dense(3, 'softmax')] }
        recipe.examples.inputs = Float32Array.from({ length: rows * inputs }, (_, i) => noise(i, 4))
        recipe.fit = { epochs: 1, batchSize: 'all' }
        const expected = await allThatItSays(recipe)
        for (const name of ['2 on their own', 'a team of 5', '2 teams of 3', '4 teams of 2'])
          expect(await allThatItSays(recipe, wayOf(name)), `${rows}, ${name}`).toEqual(expected)
      }
    })
  })
}

it.skipIf(!has('native'))(
  'native: where products are cut as the other kind of library likes them, every way has the same bits too',
  async () => {
    const rows = 700
    const recipe = everything({ backend: 'native', shards: 8 }, rows)
    // Wide enough for tiles.
    recipe.options.network = {
      inputs: 200,
      layers: [dense(150, 'relu'), dense(90, 'tanh'), dense(3, 'softmax')],
    }
    recipe.examples.inputs = Float32Array.from({ length: rows * 200 }, (_, i) => noise(i, 4))
    for (const worker of [gradientWorker, otherTiles]) {
      const expected = await allThatItSays(recipe, undefined, worker)
      for (const name of ['3 on their own', 'a team of 5', '2 teams of 3', '8 teams of 2'])
        expect(await allThatItSays(recipe, wayOf(name), worker), name).toEqual(expected)
    }
  },
)

it('every optimizer: a team, and several teams, have the bits of one worker', async () => {
  for (const optimizer of optimizers) {
    const recipe = everything({ optimizer, backend: 'wasm' })
    const expected = await allThatItSays(recipe)
    for (const name of ['a team of 3', '2 teams of 3'])
      expect(await allThatItSays(recipe, wayOf(name)), `${optimizer.name}, ${name}`).toEqual(
        expected,
      )
  }
})
