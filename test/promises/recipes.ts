// Recipes whose parameters are recorded, bit for bit: what training computes must not change by
// accident. On `wasm`, which promises the same bits everywhere.

import {
  type Examples,
  type FitOptions,
  type Network,
  type TrainerOptions,
  adadelta,
  adagrad,
  adam,
  adamw,
  constantRate,
  cosineDecay,
  cross,
  dense,
  dropout,
  exponentialDecay,
  inverseScaling,
  minMax,
  oneHot,
  reduceOnPlateau,
  rmsprop,
  sgd,
  standardize,
  stepDecay,
  warmUp,
} from '../../dist/main/index.js'
import { createTrainer } from '../main/shared-threads.js'

/** A trainer, and the calls of fit that follow. */
export interface Recipe {
  options: TrainerOptions
  examples: Examples
  fits: FitOptions[]
}

const COLUMNS = 7
const CLASSES = 3
const COUNT = 150

const value = (i: number): number => ((i * 7919) % 211) / 105 - 1
const inputs = Float32Array.from({ length: COUNT * COLUMNS }, (_, i) => value(i))
const labels = Uint8Array.from({ length: COUNT }, (_, row) =>
  inputs[row * COLUMNS]! > 0 ? (inputs[row * COLUMNS + 1]! > 0 ? 2 : 1) : 0,
)
const numbers: Examples = {
  inputs,
  targets: Float32Array.from({ length: COUNT * CLASSES }, (_, i) => (1 + value(i * 31 + 5)) / 2),
}
const classes: Examples = { inputs, targets: labels }
const bytes: Examples = {
  inputs: Uint8Array.from({ length: COUNT * COLUMNS }, (_, i) => (i * 7919) % 256),
  targets: labels,
}
const categories = Float32Array.from({ length: COUNT * 2 }, (_, i) =>
  i % 2 === 0 ? value(i) : (i * 5) % 4,
)

const classifier = (...hidden: Network['layers']): Network => ({
  inputs: COLUMNS,
  layers: [...hidden, dense(CLASSES, 'softmax')],
})
const plain: Recipe = {
  options: {
    network: classifier(dense(12, 'tanh'), dense(9, 'sigmoid')),
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.3 }),
    seed: 7,
    shards: 4,
  },
  examples: classes,
  fits: [{ epochs: 3, batchSize: 40 }],
}
/** Several shards' worth. */
const manyExamples: Examples = {
  inputs: Float32Array.from({ length: 600 * COLUMNS }, (_, i) => value(i)),
  targets: Uint8Array.from({ length: 600 }, (_, row) => (value(row * COLUMNS) > 0 ? 1 : 0)),
}
const wholeBatches: FitOptions[] = [{ epochs: 2, batchSize: 'all' }]

const withOptions = (options: Partial<TrainerOptions>, examples = plain.examples): Recipe => ({
  ...plain,
  options: { ...plain.options, ...options },
  examples,
})
const withFit = (...fits: FitOptions[]): Recipe => ({
  ...plain,
  fits: fits.map((fit) => ({ ...plain.fits[0], ...fit })),
})
const withNetwork = (network: Network, examples = plain.examples): Recipe =>
  withOptions({ network }, examples)

const activations = [
  'identity',
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  'elu',
  'softplus',
  'silu',
  'gelu',
  'softmax',
] as const
const regressions = ['halfSquaredError', 'meanSquaredError', 'meanAbsoluteError', 'huber'] as const
const optimizers = {
  momentum: sgd({ learningRate: 0.1, momentum: 0.9 }),
  nesterov: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  rmsprop: rmsprop({ learningRate: 0.01 }),
  'rmsprop, centered': rmsprop({ learningRate: 0.01, centered: true }),
  adagrad: adagrad({ learningRate: 0.1 }),
  adadelta: adadelta(),
  adam: adam({ learningRate: 0.02 }),
  adamw: adamw({ learningRate: 0.02, weightDecay: 0.1 }),
}
const schedules = {
  constant: constantRate({ learningRate: 0.2 }),
  step: stepDecay({ learningRate: 0.5, factor: 0.5, every: 1 }),
  exponential: exponentialDecay({ learningRate: 0.5, factor: 0.7 }),
  cosine: cosineDecay({ learningRate: 0.5, epochs: 3, minimum: 0.01 }),
  'inverse scaling': inverseScaling({ learningRate: 0.5 }),
  'warm-up, then cosine': warmUp({
    epochs: 1.5,
    then: cosineDecay({ learningRate: 0.5, epochs: 2 }),
  }),
  plateau: reduceOnPlateau({
    learningRate: 2,
    factor: 0.5,
    patience: 1,
    minimumChange: 0.05,
    cooldown: 1,
  }),
}
const named = <Value>(
  what: string,
  values: Record<string, Value>,
  recipe: (value: Value) => Recipe,
): [string, Recipe][] =>
  Object.entries(values).map(([name, one]) => [`${what} ${name}`, recipe(one)])

/** By name. */
export const recipes: Record<string, Recipe> = Object.fromEntries([
  ['plain', plain],
  ...activations.map((name): [string, Recipe] => [
    `activation ${name}`,
    withNetwork(classifier(dense(12, name), dense(9, name))),
  ]),
  ...regressions.map((loss): [string, Recipe] => [
    `loss ${loss}`,
    withOptions(
      {
        loss,
        network: { inputs: COLUMNS, layers: [dense(11, 'elu'), dense(CLASSES, 'softplus')] },
      },
      numbers,
    ),
  ]),
  [
    'loss binaryCrossEntropy',
    withOptions(
      {
        loss: 'binaryCrossEntropy',
        network: { inputs: COLUMNS, layers: [dense(11, 'relu'), dense(CLASSES, 'sigmoid')] },
      },
      numbers,
    ),
  ],
  ['loss categoricalCrossEntropy of targets that are numbers', withOptions({}, numbers)],
  [
    'loss meanSquaredError of silu outputs',
    withOptions(
      { loss: 'meanSquaredError', network: { inputs: COLUMNS, layers: [dense(CLASSES, 'silu')] } },
      numbers,
    ),
  ],
  ['loss halfSquaredError of softmax outputs', withOptions({ loss: 'halfSquaredError' }, numbers)],
  ...named('optimizer', optimizers, (optimizer) => withOptions({ optimizer })),
  ...named('schedule', schedules, (learningRate) => ({
    ...withOptions({ optimizer: sgd({ learningRate }) }),
    fits: [{ epochs: 6, batchSize: 40 }],
  })),
  [
    'schedule cosine, with adam',
    withOptions({
      optimizer: adam({ learningRate: cosineDecay({ learningRate: 0.02, epochs: 3 }) }),
    }),
  ],
  ['initial weights plain', withNetwork(classifier(dense(12, 'tanh', { initializer: 'plain' })))],
  ['initial weights he', withNetwork(classifier(dense(12, 'relu', { initializer: 'he' })))],
  ['l2', withOptions({ l2: 2 })],
  ['l2, adam', withOptions({ l2: 2, optimizer: adam({ learningRate: 0.02 }) })],
  ['clipping', withOptions({ clipNorm: 0.05 })],
  ['clipping and l2', withOptions({ clipNorm: 0.05, l2: 1, optimizer: optimizers.momentum })],
  ['accumulation', withFit({ batchSize: 16, accumulationSteps: 3 })],
  [
    'accumulation, clipping, l2',
    {
      ...withOptions({ clipNorm: 0.1, l2: 1 }),
      fits: [{ epochs: 3, batchSize: 16, accumulationSteps: 4 }],
    },
  ],
  ['class weights', withFit({ classWeights: { 0: 0.5, 2: 3 } })],
  [
    'example weights',
    withOptions(
      {},
      {
        ...classes,
        sampleWeights: Float32Array.from({ length: COUNT }, (_, row) => (row % 5) / 2),
      },
    ),
  ],
  [
    'class and example weights',
    {
      ...withFit({ classWeights: [1, 2, 0] }),
      examples: {
        ...classes,
        sampleWeights: Float32Array.from({ length: COUNT }, (_, row) => (row % 3) / 2),
      },
    },
  ],
  ['bytes, scaled', withNetwork({ ...classifier(dense(12, 'relu')), scale: 1 / 255 }, bytes)],
  [
    'feature crosses',
    withNetwork({ ...classifier(dense(12, 'relu')), preprocessing: [cross(0, 1), cross(2, 2, 7)] }),
  ],
  [
    'standardized',
    withNetwork({
      ...classifier(dense(12, 'relu')),
      preprocessing: [standardize(inputs, COLUMNS)],
    }),
  ],
  [
    'scaled, min-max',
    withNetwork(
      {
        ...classifier(dense(12, 'relu')),
        scale: 1 / 255,
        preprocessing: [
          minMax(
            bytes.inputs.map((x) => x / 255),
            COLUMNS,
          ),
        ],
      },
      bytes,
    ),
  ],
  [
    'one-hot columns',
    withNetwork(
      {
        inputs: 2,
        preprocessing: [oneHot(categories, 2, 1)],
        layers: [dense(8, 'tanh'), dense(CLASSES, 'softmax')],
      },
      { inputs: categories, targets: labels },
    ),
  ],
  ['uneven batches', withFit({ batchSize: 37 })],
  ['batches of one', withFit({ batchSize: 1, epochs: 1 })],
  ['all at once', withFit({ batchSize: 'all', epochs: 5 })],
  ['not shuffled', withFit({ shuffle: false })],
  [
    'split: three calls',
    withFit({ epochs: 2 }, { initialEpoch: 2, epochs: 3 }, { initialEpoch: 3, epochs: 5 }),
  ],
  [
    'split: three calls, adam along a cosine',
    {
      ...withOptions({
        optimizer: adam({ learningRate: cosineDecay({ learningRate: 0.02, epochs: 5 }) }),
      }),
      fits: [
        { epochs: 2, batchSize: 40 },
        { initialEpoch: 2, epochs: 3, batchSize: 40 },
        { initialEpoch: 3, epochs: 5, batchSize: 40 },
      ],
    },
  ],
  ['a share held out', withFit({ validation: 0.2 })],
  [
    'early stopping, the best restored',
    {
      ...withOptions({ optimizer: sgd({ learningRate: 3 }) }),
      fits: [{ epochs: 12, batchSize: 40, validation: 0.3, earlyStopping: { patience: 2 } }],
    },
  ],
  ['shards auto', { ...withOptions({ shards: 'auto' }, manyExamples), fits: wholeBatches }],
  ['16 shards of a few rows', withOptions({ shards: 16 })],
  ['1 shard', withOptions({ shards: 1 })],
  [
    'shards longer than a block',
    {
      options: {
        ...plain.options,
        shards: 1,
        network: { inputs: COLUMNS, layers: [dense(5, 'relu'), dense(CLASSES, 'softmax')] },
      },
      examples: manyExamples,
      fits: wholeBatches,
    },
  ],
  ['no hidden layer', withNetwork(classifier())],
  [
    'layers without bias',
    withNetwork({
      inputs: COLUMNS,
      layers: [
        dense(12, 'tanh', { bias: false }),
        dropout(0.2),
        dense(9, 'relu'),
        dense(CLASSES, 'softmax', { bias: false }),
      ],
    }),
  ],
  ['wide layers', withNetwork(classifier(dense(70, 'relu'), dense(33, 'tanh')))],
  [
    'dropout',
    withNetwork(classifier(dense(12, 'tanh'), dropout(0.3), dense(9, 'relu'), dropout(0.5))),
  ],
  [
    'dropout after the second layer alone',
    withNetwork(classifier(dense(12, 'tanh'), dense(9, 'silu'), dropout(0.25))),
  ],
  [
    'dropout, held out, adam, l2',
    {
      ...withOptions({
        network: classifier(dense(20, 'relu'), dropout(0.2)),
        optimizer: adam({ learningRate: 0.02 }),
        l2: 1,
      }),
      fits: [{ epochs: 3, batchSize: 40, validation: 0.2 }],
    },
  ],
  [
    'everything',
    {
      options: {
        network: {
          ...classifier(dense(17, 'gelu', { initializer: 'he' }), dropout(0.2), dense(9, 'elu')),
          scale: 1 / 255,
          preprocessing: [cross(0, 1), standardize(withCross(bytes.inputs), COLUMNS + 1)],
        },
        loss: 'categoricalCrossEntropy',
        optimizer: adamw({
          learningRate: warmUp({ epochs: 1, then: cosineDecay({ learningRate: 0.03, epochs: 3 }) }),
        }),
        l2: 0.5,
        clipNorm: 0.5,
        seed: 11,
        shards: 8,
      },
      examples: {
        ...bytes,
        sampleWeights: Float32Array.from({ length: COUNT }, (_, row) => 0.5 + (row % 4)),
      },
      fits: [
        { epochs: 4, batchSize: 19, accumulationSteps: 2, classWeights: { 1: 2 }, validation: 0.2 },
      ],
    },
  ],
] as [string, Recipe][])

/** What the bytes are, scaled, after the first cross. */
function withCross(values: Examples['inputs']): Float64Array {
  return Float64Array.from({ length: COUNT * (COLUMNS + 1) }, (_, i) => {
    const [row, column] = [Math.floor(i / (COLUMNS + 1)), i % (COLUMNS + 1)]
    const at = (j: number): number => values[row * COLUMNS + j]! / 255
    return column < COLUMNS ? at(column) : at(0) * at(1)
  })
}

/** The hash of a recipe's parameters after its calls of fit. */
export async function hashOf(
  { options, examples, fits }: Recipe,
  workers: number,
): Promise<string> {
  await using trainer = await createTrainer({ ...options, workers, backend: 'wasm' })
  for (const fit of fits) await trainer.fit(examples, fit)
  return trainer.parametersHash()
}
