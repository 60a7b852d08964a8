// What a call to train can be told: weights, clipping, accumulation, schedules, metrics, early
// stopping, epochs as a loop.

import { describe, expect, it } from 'vitest'
import {
  DivergenceError,
  adam,
  cosineDecay,
  createTrainer,
  dense,
  exponentialDecay,
  reduceOnPlateau,
  sgd,
  stepDecay,
  warmUp,
} from '../../dist/main/index.js'
import type {
  EpochReport,
  Examples,
  FitOptions,
  Trainer,
  TrainerOptions,
} from '../../dist/main/index.js'
import { backendsHere } from '../machine.js'
import { noise } from '../shared/support.js'

const COLUMNS = 5
const CLASSES = 3

/** Examples first .. first + count - 1 of an endless supply. */
function examplesOf(count: number, first = 0): Examples {
  const inputs = new Float32Array(count * COLUMNS)
  const targets = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < COLUMNS; j++) inputs[i * COLUMNS + j] = noise(first + i, j)
    targets[i] = (noise(first + i, 0) > 0 ? 1 : 0) + (noise(first + i, 1) > 0.3 ? 1 : 0)
  }
  return { inputs, targets }
}

async function trainerOf(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
  return createTrainer({
    network: { inputs: COLUMNS, layers: [dense(8, 'tanh'), dense(CLASSES, 'softmax')] },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.5 }),
    seed: 3,
    workers: 2,
    shards: 4,
    backend: 'reference',
    ...options,
  })
}

const valuesOf = ({
  weights,
  biases,
}: {
  weights: ArrayLike<number>[]
  biases: ArrayLike<number>[]
}): number[] => [...weights, ...biases].flatMap((part) => Array.from(part))
const distance = (a: number[], b: number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

/** The parameters after training, and the history. */
async function trained(options: Partial<TrainerOptions>, examples: Examples, fit: FitOptions) {
  await using trainer = await trainerOf(options)
  const history = await trainer.fit(examples, fit)
  return { history, values: valuesOf(trainer.getParameters()), hash: trainer.parametersHash() }
}

describe('example weights', () => {
  const examples = examplesOf(12)
  const counts = [1, 2, 0, 3, 1, 1, 2, 0, 1, 4, 1, 1]
  const rows = counts.flatMap((count, row) => Array.from({ length: count }, () => row))
  const repeated: Examples = {
    inputs: Float32Array.from(
      rows.flatMap((row) => Array.from(examples.inputs.slice(row * COLUMNS, (row + 1) * COLUMNS))),
    ),
    targets: Uint8Array.from(rows, (row) => examples.targets[row]!),
  }

  it.each(backendsHere)(
    '%s: a weight of k is as good as k examples: cost and gradient, with L2',
    async (backend) => {
      await using trainer = await trainerOf({ backend, l2: 0.3 })
      const weighed = await trainer.gradient(
        examples.inputs,
        examples.targets,
        Float32Array.from(counts),
      )
      const expected = await trainer.gradient(repeated.inputs, repeated.targets)
      const bound = backend === 'reference' ? 1e-14 : 2e-6
      expect(Math.abs(weighed.cost - expected.cost)).toBeLessThan(bound)
      expect(distance(valuesOf(weighed), valuesOf(expected))).toBeLessThan(bound)
      expect(
        Math.abs(
          (await trainer.evaluate({ ...examples, sampleWeights: Float32Array.from(counts) })).cost -
            expected.cost,
        ),
      ).toBeLessThan(bound)
    },
  )

  it('only their ratio matters without L2, and weights of 1 change nothing', async () => {
    await using trainer = await trainerOf()
    const [plain, ones] = [
      await trainer.gradient(examples.inputs, examples.targets),
      await trainer.gradient(examples.inputs, examples.targets, new Float64Array(12).fill(1)),
    ]
    expect(distance(valuesOf(plain), valuesOf(ones))).toBeLessThan(1e-15)
    const [once, tenfold] = [counts, counts.map((count) => 10 * count)].map((weights) =>
      trainer.gradient(examples.inputs, examples.targets, Float64Array.from(weights)),
    )
    expect(distance(valuesOf(await once!), valuesOf(await tenfold!))).toBeLessThan(1e-15)
  })

  it('training with them, whole batches: as with repeated examples; class weights are weights by class', async () => {
    const fit: FitOptions = { epochs: 4, batchSize: 'all' }
    const weighed = await trained(
      {},
      { ...examples, sampleWeights: Float64Array.from(counts) },
      fit,
    )
    const expected = await trained({}, repeated, fit)
    expect(distance(weighed.values, expected.values)).toBeLessThan(1e-13)
    expect(distance(weighed.history.cost, expected.history.cost)).toBeLessThan(1e-13)
    const classes = [0.5, 2, 3]
    const byClass = await trained({}, examples, { ...fit, classWeights: classes })
    const byExample = await trained(
      {},
      {
        ...examples,
        sampleWeights: Float64Array.from(examples.targets, (label) => classes[label]!),
      },
      fit,
    )
    expect(byClass.hash).toBe(byExample.hash)
    expect((await trained({}, examples, { ...fit, classWeights: { 1: 2 } })).hash).toBe(
      (
        await trained(
          {},
          {
            ...examples,
            sampleWeights: Float64Array.from(examples.targets, (label) => (label === 1 ? 2 : 1)),
          },
          fit,
        )
      ).hash,
    )
  })

  it('a batch that weighs nothing moves nothing', async () => {
    await using trainer = await trainerOf({ l2: 1 })
    const before = trainer.parametersHash()
    const history = await trainer.fit(
      { ...examples, sampleWeights: new Float64Array(12) },
      { epochs: 2 },
    )
    expect(trainer.parametersHash()).toBe(before)
    expect(history.cost).toEqual([0, 0])
  })

  it('what is no weight is an error that names it', async () => {
    await using trainer = await trainerOf()
    await expect(trainer.fit({ ...examples, sampleWeights: new Float64Array(11) })).rejects.toThrow(
      'fit: sampleWeights: expected a typed array of 12, one for each example, got Float64Array(11)',
    )
    await expect(
      trainer.fit({ ...examples, sampleWeights: new Float64Array(12).fill(1).fill(-1, 5, 6) }),
    ).rejects.toThrow('fit: sampleWeights, row 5: expected numbers of at least 0, got -1')
    await expect(
      trainer.fit({ ...examples, sampleWeights: new Float64Array(12).fill(NaN) }),
    ).rejects.toThrow('fit: sampleWeights, row 0: expected finite numbers, got NaN')
    await expect(trainer.fit(examples, { classWeights: { 7: 1 } })).rejects.toThrow(
      "fit: classWeights: expected classes from 0 to 2, got '7'",
    )
    await expect(trainer.fit(examples, { classWeights: { '-1': 1 } })).rejects.toThrow(
      "fit: classWeights: expected classes from 0 to 2, got '-1'",
    )
    await using line = await trainerOf({
      network: { inputs: COLUMNS, layers: [dense(1)] },
      loss: 'meanSquaredError',
    })
    await expect(
      line.fit(
        { inputs: examples.inputs, targets: new Float64Array(12) },
        { classWeights: [1, 2] },
      ),
    ).rejects.toThrow(
      'fit: classWeights: expected targets that say a class (labels, or sigmoid or softmax outputs), got identity outputs',
    )
    await expect(trainer.fit(examples, { classWeights: [1, -1] })).rejects.toThrow(
      'fit: classWeights[1]: expected a number of at least 0, got -1',
    )
  })
})

describe('gradient clipping', () => {
  const examples = examplesOf(20)
  it('scales a longer gradient to the norm, over all parameters, and leaves a shorter one alone', async () => {
    await using trainer = await trainerOf({
      optimizer: sgd({ learningRate: 1 }),
      clipNorm: 0.01,
      l2: 0.5,
    })
    const [before, gradient] = [
      valuesOf(trainer.getParameters()),
      valuesOf(await trainer.gradient(examples.inputs, examples.targets)),
    ]
    const norm = Math.hypot(...gradient)
    expect(norm).toBeGreaterThan(0.02)
    await trainer.fit(examples, { batchSize: 'all' })
    expect(
      distance(
        valuesOf(trainer.getParameters()),
        before.map((w, i) => w - (gradient[i]! * 0.01) / norm),
      ),
    ).toBeLessThan(1e-15)
    const fit: FitOptions = { epochs: 3, batchSize: 7 }
    expect((await trained({ clipNorm: 1e3 }, examples, fit)).hash).toBe(
      (await trained({}, examples, fit)).hash,
    )
  })
})

describe('gradient accumulation', () => {
  const examples = examplesOf(50)
  it.each([0, 0.3])(
    'several batches in one update are one larger batch; the last update of an epoch takes what is left (L2 %f)',
    async (l2) => {
      const options = { optimizer: adam({ learningRate: 0.05 }), l2 }
      const accumulated = await trained(options, examples, {
        epochs: 3,
        batchSize: 8,
        accumulationSteps: 3,
      })
      const large = await trained(options, examples, { epochs: 3, batchSize: 24 })
      expect(distance(accumulated.values, large.values)).toBeLessThan(1e-9)
      expect(distance(accumulated.history.cost, large.history.cost)).toBeLessThan(1e-12)
    },
  )
  it('one batch an update is what there is without', async () => {
    expect(
      (await trained({}, examples, { epochs: 2, batchSize: 8, accumulationSteps: 1 })).hash,
    ).toBe((await trained({}, examples, { epochs: 2, batchSize: 8 })).hash)
  })
})

describe('learning-rate schedules', () => {
  const examples = examplesOf(40)
  it('every step takes its own rate: training by a schedule equals training step by step at the rates it says', async () => {
    const schedule = exponentialDecay({ learningRate: 0.4, factor: 0.5, every: 2 })
    const whole = await trained({ optimizer: sgd({ learningRate: schedule }) }, examples, {
      epochs: 4,
      batchSize: 'all',
    })
    expect(
      distance(
        whole.history.learningRate,
        [0, 1, 2, 3].map((t) => 0.4 * 0.5 ** (t / 2)),
      ),
    ).toBeLessThan(1e-15)
    let values: { weights: Float64Array[]; biases: Float64Array[] } | undefined
    for (const learningRate of whole.history.learningRate) {
      await using trainer = await trainerOf({ optimizer: sgd({ learningRate }) })
      if (values) trainer.setParameters(values)
      await trainer.fit(examples, { batchSize: 'all' })
      values = trainer.getParameters() as typeof values
    }
    expect(valuesOf(values!)).toEqual(whole.values)
  })

  it("history says each epoch's last rate", async () => {
    const ratesOf = async (
      learningRate: Exclude<Parameters<typeof sgd>[0], undefined>['learningRate'],
    ): Promise<number[]> =>
      (await trained({ optimizer: sgd({ learningRate }) }, examples, { epochs: 6, batchSize: 10 }))
        .history.learningRate
    expect(await ratesOf(0.25)).toEqual([0.25, 0.25, 0.25, 0.25, 0.25, 0.25])
    expect(await ratesOf(stepDecay({ learningRate: 0.5, factor: 0.5, every: 2 }))).toEqual([
      0.5, 0.5, 0.25, 0.25, 0.125, 0.125,
    ])
    const warm = await ratesOf(warmUp({ epochs: 2, then: 0.5 }))
    expect(warm).toEqual([0.25, 0.5, 0.5, 0.5, 0.5, 0.5])
    const cosine = await ratesOf(cosineDecay({ learningRate: 1, epochs: 6 }))
    cosine.forEach((rate, e) =>
      expect(rate).toBeCloseTo((1 + Math.cos((Math.PI * (4 * (e + 1) - 1)) / 24)) / 2, 13),
    )
  })

  it("reduce on plateau: Keras's rule, followed by hand on the costs of the history", async () => {
    const options = {
      learningRate: 4,
      factor: 0.25,
      patience: 2,
      cooldown: 1,
      minimumChange: 1e-3,
      minimum: 0.02,
    }
    const { history } = await trained(
      { optimizer: sgd({ learningRate: reduceOnPlateau(options) }) },
      examples,
      { epochs: 40, batchSize: 10, validation: examplesOf(30, 100) },
    )
    let [rate, best, waited, cooling] = [4, Infinity, 0, 0]
    history.validationCost.forEach((cost, i) => {
      expect(history.learningRate[i], `epoch ${i + 1}`).toBeCloseTo(rate, 15)
      if (cooling > 0) {
        cooling--
        waited = 0
      }
      if (cost < best - 1e-3) [best, waited] = [cost, 0]
      else if (cooling === 0 && ++waited >= 2)
        [rate, cooling, waited] = [Math.max(0.02, rate * 0.25), 1, 0]
    })
    expect(history.learningRate.at(-1)).toBeLessThan(1)
  })
})

describe('metrics', () => {
  const examples = examplesOf(60)
  it.each(backendsHere)('%s: equal those worked out from the predictions', async (backend) => {
    await using trainer = await trainerOf({
      backend,
      network: { inputs: COLUMNS, layers: [dense(8, 'tanh'), dense(CLASSES, 'softmax')] },
    })
    await trainer.fit(examples, { epochs: 20, batchSize: 10 })
    const result = await trainer.evaluate(examples, {
      metrics: [
        'topKAccuracy',
        'meanAbsoluteError',
        'precision',
        'recall',
        'f1',
        'confusionMatrix',
      ],
      topK: 2,
    })
    const outputs = Array.from(await trainer.predict(examples.inputs))
    const rows = Array.from(examples.targets, (_, i) =>
      outputs.slice(i * CLASSES, (i + 1) * CLASSES),
    )
    const matrix = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0))
    rows.forEach((row, i) => matrix[examples.targets[i]!]![row.indexOf(Math.max(...row))]!++)
    expect(result.confusionMatrix).toEqual(matrix)
    expect(result.accuracy).toBeCloseTo(matrix.reduce((sum, row, c) => sum + row[c]!, 0) / 60, 12)
    const top2 =
      rows.filter(
        (row, i) => [...row].sort((a, b) => b - a).indexOf(row[examples.targets[i]!]!) < 2,
      ).length / 60
    expect(result.topKAccuracy).toBeCloseTo(top2, 12)
    const error =
      rows.reduce(
        (sum, row, i) =>
          sum + row.reduce((s, p, c) => s + Math.abs(p - (c === examples.targets[i] ? 1 : 0)), 0),
        0,
      ) /
      (60 * CLASSES)
    expect(result.meanAbsoluteError).toBeCloseTo(error, backend === 'reference' ? 12 : 5)
    const scores = matrix.map((row, c) => {
      const [put, belonging] = [
        matrix.reduce((sum, other) => sum + other[c]!, 0),
        row.reduce((a, b) => a + b),
      ]
      return { precision: put ? row[c]! / put : 0, recall: row[c]! / belonging }
    })
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
    expect(result.precision).toBeCloseTo(mean(scores.map(({ precision }) => precision)), 12)
    expect(result.recall).toBeCloseTo(mean(scores.map(({ recall }) => recall)), 12)
    expect(result.f1).toBeCloseTo(
      mean(scores.map(({ precision: p, recall: r }) => (p + r ? (2 * p * r) / (p + r) : 0))),
      12,
    )
  })

  it('of every epoch, of training and of validation; with any number of workers the same', async () => {
    const fit: FitOptions = {
      epochs: 3,
      batchSize: 16,
      validation: examplesOf(300, 60),
      metrics: ['accuracy', 'f1', 'confusionMatrix', 'topKAccuracy'],
      topK: 2,
    }
    const [one, three] = await Promise.all(
      [1, 3].map(async (workers) => (await trained({ workers }, examples, fit)).history),
    )
    expect({ ...three, seconds: 0 }).toEqual({ ...one, seconds: 0 })
    expect(one!.confusionMatrix).toHaveLength(3)
    one!.confusionMatrix!.forEach((matrix) =>
      expect(matrix.flat().reduce((a, b) => a + b)).toBe(60),
    )
    one!.validationConfusionMatrix!.forEach((matrix, i) => {
      expect(matrix.flat().reduce((a, b) => a + b)).toBe(300)
      expect(one!.validationAccuracy[i]).toBeCloseTo(
        matrix.reduce((sum, row, c) => sum + row[c]!, 0) / 300,
        12,
      )
    })
    expect(
      [one!.f1, one!.validationF1, one!.topKAccuracy, one!.validationTopKAccuracy].map(
        (values) => values!.length,
      ),
    ).toEqual([3, 3, 3, 3])
  })

  it('with one output: precision and recall of class 1', async () => {
    await using trainer = await trainerOf({
      network: { inputs: 1, layers: [dense(1, 'sigmoid')] },
      loss: 'binaryCrossEntropy',
    })
    trainer.setParameters({ weights: [Float64Array.of(1)], biases: [Float64Array.of(0)] })
    const result = await trainer.evaluate(
      { inputs: Float64Array.of(1, 2, 3, -1, -2, 4), targets: Float64Array.of(1, 1, 0, 1, 0, 1) },
      { metrics: ['precision', 'recall', 'f1', 'confusionMatrix'] },
    )
    expect(result).toMatchObject({
      confusionMatrix: [
        [1, 1],
        [1, 3],
      ],
      precision: 0.75,
      recall: 0.75,
      f1: 0.75,
    })
  })

  it('an undefined k is the default', async () => {
    await using trainer = await trainerOf()
    expect(
      await trainer.evaluate(examples, { metrics: ['topKAccuracy'], topK: undefined }),
    ).toMatchObject({ topKAccuracy: 1 })
  })

  it('classes asked of numbers, or a k without its metric, are errors', async () => {
    await using trainer = await trainerOf({
      network: { inputs: COLUMNS, layers: [dense(CLASSES)] },
      loss: 'meanSquaredError',
    })
    await expect(trainer.evaluate(examples, { metrics: ['f1'] })).rejects.toThrow(
      "evaluate: metrics: expected only meanAbsoluteError with identity outputs, which say no class, got 'f1'",
    )
    await expect(trainer.fit(examples, { topK: 2 })).rejects.toThrow(
      'fit: topK: expected the metric topKAccuracy with it, got 2',
    )
    await expect(trainer.fit(examples, { metrics: ['speed' as 'f1'] })).rejects.toThrow(
      /fit: metrics\[0\]: expected one of accuracy, .*got 'speed'/,
    )
  })
})

describe('early stopping', () => {
  const [examples, validation] = [examplesOf(30), examplesOf(40, 500)]
  it("ends after so many epochs without an improvement, and restores the best ones' parameters, bit for bit", async () => {
    await using trainer = await trainerOf({ optimizer: adam({ learningRate: 0.2 }) })
    const hashes: string[] = []
    const history = await trainer.fit(examples, {
      epochs: 400,
      batchSize: 10,
      validation,
      earlyStopping: { patience: 4 },
      onEpoch: () => void hashes.push(trainer.parametersHash()),
    })
    const best = history.validationCost.indexOf(Math.min(...history.validationCost))
    expect(history.epoch).toHaveLength(best + 5)
    expect(history.epoch.length).toBeLessThan(400)
    expect(history.bestEpoch).toBe(best + 1)
    expect(trainer.parametersHash()).toBe(hashes[best])
    expect((await trainer.evaluate(validation)).cost).toBe(history.validationCost[best])
  })

  it('restores them too where training runs out of epochs; accuracies rise, costs fall', async () => {
    await using trainer = await trainerOf({ optimizer: sgd({ learningRate: 3 }) })
    const history = await trainer.fit(examples, {
      epochs: 12,
      batchSize: 10,
      validation,
      earlyStopping: { monitor: 'validationAccuracy', patience: 100 },
    })
    expect(history.epoch).toHaveLength(12)
    expect(history.bestEpoch).toBe(
      history.validationAccuracy.indexOf(Math.max(...history.validationAccuracy)) + 1,
    )
    expect((await trainer.evaluate(validation)).accuracy).toBe(
      Math.max(...history.validationAccuracy),
    )
  })

  it("goes on as if training had ended at the best epoch: the optimizer's state is restored with the parameters", async () => {
    await using stopped = await trainerOf({ optimizer: adam({ learningRate: 0.2 }) })
    const { bestEpoch } = await stopped.fit(examples, {
      epochs: 400,
      batchSize: 10,
      validation,
      earlyStopping: { patience: 4 },
    })
    await stopped.fit(examples, { epochs: bestEpoch! + 2, initialEpoch: bestEpoch!, batchSize: 10 })
    const straight = await trained({ optimizer: adam({ learningRate: 0.2 }) }, examples, {
      epochs: bestEpoch! + 2,
      batchSize: 10,
    })
    expect(stopped.parametersHash()).toBe(straight.hash)
  })

  it('a figure that is not reported is an error', async () => {
    await using trainer = await trainerOf()
    await expect(
      trainer.fit(examples, { earlyStopping: { monitor: 'validationCost' } }),
    ).rejects.toThrow(
      "fit: earlyStopping.monitor: expected a figure that is reported here (cost, accuracy), got 'validationCost'",
    )
  })
})

describe('epochs', () => {
  const examples = examplesOf(50)
  it('initialEpoch: 2 epochs and then up to 5 are 5 epochs, with their order, schedule, dropout and optimizer state', async () => {
    const options: Partial<TrainerOptions> = {
      optimizer: adam({ learningRate: stepDecay({ learningRate: 0.05, every: 3 }) }),
      network: {
        inputs: COLUMNS,
        layers: [dense(8, 'tanh', { dropout: 0.3 }), dense(CLASSES, 'softmax')],
      },
    }
    const whole = await trained(options, examples, { epochs: 5, batchSize: 8 })
    await using trainer = await trainerOf(options)
    await trainer.fit(examples, { epochs: 2, batchSize: 8 })
    const rest = await trainer.fit(examples, { epochs: 5, initialEpoch: 2, batchSize: 8 })
    expect(rest.epoch).toEqual([3, 4, 5])
    expect(trainer.parametersHash()).toBe(whole.hash)
    expect(rest.cost).toEqual(whole.history.cost.slice(2))
    await expect(trainer.fit(examples, { epochs: 2, initialEpoch: 2 })).rejects.toThrow(
      'fit: initialEpoch: expected a number below epochs, 2, got 2',
    )
  })

  it('as a loop: the same reports and parameters as fit, whatever is called between the epochs', async () => {
    const fit: FitOptions = {
      epochs: 5,
      batchSize: 8,
      validation: examplesOf(20, 90),
      metrics: ['f1'],
    }
    const reports: EpochReport[] = []
    const whole = await trained({}, examples, {
      ...fit,
      onEpoch: (report) => void reports.push(report),
    })
    await using trainer = await trainerOf()
    const seen: EpochReport[] = []
    for await (const report of trainer.epochs(examples, fit)) {
      seen.push(report)
      await trainer.evaluate(examplesOf(700, 300))
      expect(await trainer.predict(examplesOf(2).inputs)).toHaveLength(2 * CLASSES)
      await trainer.gradient(examples.inputs, examples.targets)
    }
    const timeless = (list: EpochReport[]): object[] =>
      list.map((report) => ({ ...report, examplesPerSecond: 0 }))
    expect(timeless(seen)).toEqual(timeless(reports))
    expect(trainer.parametersHash()).toBe(whole.hash)
  })

  it("examples a second: of the whole epoch, however many slices of time it took; the epochs' times add up to the history's", async () => {
    await using trainer = await trainerOf({
      network: {
        inputs: COLUMNS,
        layers: [dense(150, 'tanh'), dense(150, 'tanh'), dense(CLASSES, 'softmax')],
      },
      workers: 1,
    })
    const reports: EpochReport[] = []
    const { seconds } = await trainer.fit(examplesOf(2500), {
      epochs: 3,
      batchSize: 50,
      onProgress: ({ epochs }) => void reports.push(...epochs),
    })
    expect(seconds / 3, 'an epoch is longer than a slice').toBeGreaterThan(0.2)
    const sum = reports.reduce(
      (total, { examplesPerSecond }) => total + 2500 / examplesPerSecond,
      0,
    )
    expect(Math.abs(sum / seconds - 1)).toBeLessThan(0.02)
  })

  it('where training diverges, every epoch before it is reported first', async () => {
    await using trainer = await trainerOf({
      network: { inputs: 1, layers: [dense(1)] },
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 1 }),
    })
    const line: Examples = {
      inputs: Float64Array.of(1, 2, 3, 4),
      targets: Float64Array.of(3, 6, 9, 12),
    }
    const seen: number[] = []
    const error = await trainer
      .fit(line, {
        epochs: 1000,
        onProgress: ({ epochs }) => void seen.push(...epochs.map(({ epoch }) => epoch)),
      })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(DivergenceError)
    expect(seen).toEqual(
      Array.from({ length: (error as DivergenceError).epoch - 1 }, (_, i) => i + 1),
    )
    expect(seen.length).toBeGreaterThan(10)
  })

  it("leaving the loop ends training with that epoch's parameters; its return value is the history", async () => {
    const two = await trained({}, examples, { epochs: 2, batchSize: 8 })
    await using trainer = await trainerOf()
    for await (const { epoch } of trainer.epochs(examples, { epochs: 50, batchSize: 8 }))
      if (epoch === 2) break
    expect(trainer.parametersHash()).toBe(two.hash)
    const loop = trainer.epochs(examples, { epochs: 1 })
    expect((await loop.next()).value).toMatchObject({ epoch: 1 })
    expect(await loop.next()).toMatchObject({ done: true, value: { epoch: [1] } })
  })

  it('a trainer closed inside the loop ends it with an error', async () => {
    const trainer = await trainerOf()
    const loop = trainer.epochs(examples, { epochs: 5 })
    await loop.next()
    await trainer.close()
    await expect(loop.next()).rejects.toThrow('trainer: it is closed')
  })

  it('options among the examples are errors, not ignored', async () => {
    await using trainer = await trainerOf()
    await expect(trainer.fit({ ...examples, epochs: 5 } as Examples)).rejects.toThrow(
      'fit: epochs: expected no such field here (it belongs to fit), got 5',
    )
    await expect(trainer.evaluate({ ...examples, l2: 1 } as Examples)).rejects.toThrow(
      'evaluate: l2: expected no such field here (it belongs to createTrainer), got 1',
    )
  })

  it('options that belong to fit, and a signal', async () => {
    await using trainer = await trainerOf()
    const wrong = trainer.epochs(examples, { onEpoch: () => undefined } as object)
    await expect(wrong.next()).rejects.toThrow(
      'epochs: onEpoch: expected no such option here (it belongs to fit), got a function',
    )
    const controller = new AbortController()
    const loop = trainer.epochs(examples, { epochs: 1e6, signal: controller.signal })
    await loop.next()
    controller.abort()
    await expect(loop.next()).rejects.toThrow(/abort/)
    expect(await trainer.fit(examples)).toMatchObject({ epoch: [1] })
  })
})

describe('the learning-rate finder', () => {
  const examples = examplesOf(60)
  it('raises the rate step by step, says what each costs, and leaves the trainer as it was', async () => {
    await using trainer = await trainerOf({ optimizer: adam() })
    const before = trainer.parametersHash()
    const { rates, costs, suggested } = await trainer.findLearningRate(examples, {
      from: 1e-4,
      to: 100,
      steps: 61,
    })
    expect(trainer.parametersHash()).toBe(before)
    expect(costs).toHaveLength(rates.length)
    rates.forEach((rate, i) =>
      expect(Math.abs(rate / (1e-4 * 10 ** (i / 10)) - 1)).toBeLessThan(1e-12),
    )
    expect(suggested).toBeLessThanOrEqual(rates[costs.indexOf(Math.min(...costs))]! / 10)
    const cheaper = async (learningRate: number): Promise<number> =>
      (
        await trained({ optimizer: adam({ learningRate }) }, examples, {
          epochs: 30,
          batchSize: 'all',
        })
      ).history.cost.at(-1)!
    expect(await cheaper(suggested), 'of training at the rate suggested').toBeLessThan(
      Math.min(await cheaper(suggested / 100), await cheaper(suggested * 1000)),
    )
    await trainer.fit(examples, { epochs: 3 })
    await using fresh = await trainerOf({ optimizer: adam() })
    await fresh.fit(examples, { epochs: 3 })
    expect(trainer.parametersHash()).toBe(fresh.parametersHash())
  })

  it('ends where the cost explodes', async () => {
    await using trainer = await trainerOf({
      network: { inputs: COLUMNS, layers: [dense(1)] },
      loss: 'meanSquaredError',
    })
    const { costs } = await trainer.findLearningRate(
      { inputs: examples.inputs, targets: Float64Array.from(examples.targets) },
      { to: 1e6, steps: 200 },
    )
    expect(costs.length).toBeLessThan(200)
    expect(costs.at(-1)).toBeGreaterThan(4 * Math.min(...costs))
    await expect(trainer.findLearningRate(examples, { from: 1, to: 0.5 })).rejects.toThrow(
      'findLearningRate: to: expected a rate above from, 1, got 0.5',
    )
  })
})
