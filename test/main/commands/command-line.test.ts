import { describe, expect, it } from 'vitest'
import type { PhaseShares } from '../../../dist/main/inspect/phases.js'
import { automatic } from '../../machine.js'
import { shardgrad } from '../support.js'

describe('train', () => {
  it('--json prints start, one line an epoch, and end, and nothing else', async () => {
    const { code, out, events } = await shardgrad([
      'train',
      'digits',
      '--epochs',
      '3',
      '--workers',
      '2',
      '--json',
    ])
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(events.length)
    expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'epoch', 'end'])
    expect(events[0]).toMatchObject({
      workers: 2,
      shards: 4,
      backend: automatic.large,
      parameters: 26_122,
    })
    expect(events[3]).toEqual({
      event: 'epoch',
      epoch: 3,
      cost: expect.any(Number),
      accuracy: expect.any(Number),
      validationCost: expect.any(Number),
      validationAccuracy: expect.any(Number),
      learningRate: 0.5,
      examplesPerSecond: expect.any(Number),
    })
    expect(events[4]).toMatchObject({
      parametersHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      seconds: expect.any(Number),
    })
  })

  it('without a terminal prints plain lines to standard error, ten of the epochs', async () => {
    const { code, out, err } = await shardgrad(['train', 'digits', '--epochs', '20'])
    expect(code).toBe(0)
    expect(out).toBe('')
    expect(err.match(/^epoch \d+\/20 .*examples\/s$/gm)).toHaveLength(10)
    expect(err).toMatch(/^held-out accuracy \d+\.\d %$/m)
    expect(err).not.toContain('\u001b')
  })

  it('every built-in table trains with its own recipe, and learns', async () => {
    for (const table of ['or', 'and', 'xor', 'xor-cross', 'line', 'hidden']) {
      const { code, events } = await shardgrad(['train', table, '--json'])
      expect(code).toBe(0)
      expect(events[1]!.cost).toBeGreaterThan(10 * (events.at(-1)!.cost as number))
    }
  })

  it('takes an optimizer, a schedule, dropout, clipping, accumulation, metrics and early stopping', async () => {
    const { code, events, err } = await shardgrad([
      'train',
      'digits',
      '--optimizer',
      'adamw',
      '--weight-decay',
      '0.01',
      '--schedule',
      'cosine',
      '--warm-up',
      '2',
      '--dropout',
      '0.1',
      '--clip-norm',
      '1',
      '--batches-per-update',
      '2',
      '--no-shuffle',
      '--epochs',
      '40',
      '--patience',
      '2',
      '--metrics',
      'f1,topKAccuracy,confusionMatrix',
      '--top-k',
      '3',
      '--json',
    ])
    expect(err).toBe('')
    expect(code).toBe(0)
    const epochs = events.filter(({ event }) => event === 'epoch') as {
      learningRate: number
      validationF1: number
      validationCost: number
      validationConfusionMatrix: number[][]
    }[]
    expect(epochs.slice(0, 3).map(({ learningRate }) => learningRate)).toEqual([
      0.005,
      0.01,
      expect.closeTo(0.01, 4),
    ])
    const end = events.at(-1) as {
      bestEpoch: number
      validationF1: number
      validationTopKAccuracy: number
    }
    expect(end.validationF1).toBe(epochs[end.bestEpoch - 1]!.validationF1)
    expect(epochs[end.bestEpoch - 1]!.validationCost).toBe(
      Math.min(...epochs.map(({ validationCost }) => validationCost)),
    )
    expect(end.validationTopKAccuracy).toBeGreaterThan(0.5)
    epochs.forEach(({ validationConfusionMatrix }) =>
      expect(validationConfusionMatrix.flat().reduce((a, b) => a + b)).toBe(180),
    )
  })

  it.each(['adam', 'adadelta'])(
    'the digits, the easy way, with %s: at least 97 % of the held-out images within 50 epochs',
    async (optimizer) => {
      const { events } = await shardgrad([
        'train',
        'digits',
        '--batch-size',
        '64',
        '--epochs',
        '50',
        '--optimizer',
        optimizer,
        '--json',
      ])
      const accuracies = events
        .filter(({ event }) => event === 'epoch')
        .map(({ validationAccuracy }) => validationAccuracy as number)
      expect(accuracies).toHaveLength(50)
      expect(accuracies.at(-1)).toBeGreaterThanOrEqual(0.97)
    },
  )

  it('rates --find says the cost at rising rates, and suggests one', async () => {
    const { code, events } = await shardgrad([
      'rates',
      'digits',
      '--find',
      '--optimizer',
      'adam',
      '--json',
    ])
    expect(code).toBe(0)
    const [{ rates, costs, suggested }] = events as [
      { rates: number[]; costs: number[]; suggested: number },
    ]
    expect(costs).toHaveLength(rates.length)
    expect(suggested).toBeGreaterThan(1e-3)
    expect(suggested).toBeLessThan(0.1)
  })

  it('an interrupt stops it: exit code 130', async () => {
    const { code } = await shardgrad(['train', 'digits', '--epochs', '1000000', '--json'], {
      interruptAt: '"epoch"',
    })
    expect(code).toBe(130)
  })

  it('divergence says so: exit code 1', async () => {
    const { code, err } = await shardgrad(['train', 'line', '--learning-rate', '1'])
    expect(code).toBe(1)
    expect(err).toMatch(
      /training diverged: in epoch \d+, step 1 the cost or the parameters were no longer finite; the last finite cost was/,
    )
  })
})

describe('wrong usage: exit code 2 and what was expected', () => {
  const wrong: [string[], RegExp][] = [
    [[], /Usage: shardgrad/],
    [['train'], /missing required argument 'data'/],
    [['train', 'faces'], /data: expected one of digits, .*, got 'faces'/],
    [['train', 'digits', '--layers', '12,x'], /--layers.*whole number/],
    [
      ['train', 'digits', '--backend', 'gpu'],
      /Allowed choices are auto, native, wasm-relaxed, wasm, reference/,
    ],
    [['train', 'digits', '--shards', '3'], /shards: expected 'auto' or a power of two/],
    [['train', 'digits', '--validation', '1'], /--validation: expected a share/],
    [
      ['train', 'digits', '--output', 'relu'],
      /activation: expected softmax, which the loss categoricalCrossEntropy is defined with, got 'relu'/,
    ],
    [
      ['train', 'digits', '--learning-rate', '-1'],
      /learningRate: expected a number above 0, got -1/,
    ],
    [
      ['train', 'digits', '--optimizer', 'adam', '--momentum', '0.9'],
      /optimizer.momentum: expected no such option here \(it belongs to sgd\), got 0.9/,
    ],
    [['train', 'digits', '--nesterov'], /optimizer.nesterov: expected a momentum above 0 with it/],
    [
      ['train', 'digits', '--optimizer', 'newton'],
      /Allowed choices are sgd, rmsprop, adagrad, adadelta, adam, adamw/,
    ],
    [['train', 'digits', '--speed', '9'], /unknown option '--speed'/],
    [
      ['train', 'digits', '--metrics', 'f1,beauty'],
      /--metrics.*expected some of accuracy, topKAccuracy/,
    ],
    [
      ['train', 'digits', '--top-k', '3'],
      /fit: topK: expected the metric topKAccuracy with it, got 3/,
    ],
    [
      ['train', 'line', '--metrics', 'f1'],
      /fit: metrics: expected only meanAbsoluteError with identity outputs/,
    ],
    [
      ['train', 'xor', '--dropout', '1'],
      /layers\[0\].dropout: expected a number of at least 0 and below 1, got 1/,
    ],
    [['rates', 'line', '--find', '--rates', '1'], /'--find' cannot be used with option '--rates/],
    [['bench', '--dims', '8'], /--dims: expected at least two widths/],
  ]
  for (const [args, message] of wrong) {
    it(`shardgrad ${args.join(' ')}`, async () => {
      const { code, err, out } = await shardgrad(args)
      expect(code).toBe(2)
      expect(err).toMatch(message)
      expect(out).toBe('')
    })
  }
})

it('bench --json prints a line for each number of workers', async () => {
  const { code, events } = await shardgrad([
    'bench',
    '--dims',
    '8,16,4',
    '--batch-size',
    '64',
    '--workers',
    '1,2',
    '--json',
  ])
  expect(code).toBe(0)
  expect(events.map(({ workers }) => workers)).toEqual([1, 2])
  expect(events[0]).toMatchObject({
    event: 'bench',
    dims: [8, 16, 4],
    batchSize: 64,
    backend: automatic.small,
    speedup: 1,
    efficiency: 1,
  })
  expect(events[0]).not.toHaveProperty('phases')
  const { microsecondsPerStep, gflops } = events[1] as {
    microsecondsPerStep: number
    gflops: number
  }
  expect((microsecondsPerStep * gflops * 1e3) / ((6 * 192 - 2 * 128) * 64)).toBeCloseTo(1, 6)
})

it('bench --phases says what the time of a step goes to', async () => {
  const args = ['bench', '--dims', '8,16,4', '--batch-size', '64', '--workers', '2', '--phases']
  const [json, plain] = [await shardgrad([...args, '--json']), await shardgrad(args)]
  const { phases } = json.events[0] as unknown as { phases: PhaseShares }
  expect(Object.keys(phases.microseconds)).toEqual([
    'prepare',
    'gather',
    'forward',
    'backward',
    'sum',
    'wait',
  ])
  expect(Object.values(phases.microseconds).every((microseconds) => microseconds >= 0)).toBe(true)
  expect(phases.waited).toBeGreaterThanOrEqual(0)
  expect(phases.waited).toBeLessThan(1)
  expect([0, 1]).toContain(phases.straggler.worker)
  expect(plain.err).toMatch(
    /us a step: .*gather [\d.]+ {2}forward .*; waited [\d.]+ %, straggler worker [01] \([\d.]+ % over the mean\)/,
  )
})

it('info --json names cores, SIMD and backends', async () => {
  const { code, events } = await shardgrad(['info', '--json'])
  expect(code).toBe(0)
  expect(events[0]).toMatchObject({ event: 'info', cores: expect.any(Number), simd: true })
})
