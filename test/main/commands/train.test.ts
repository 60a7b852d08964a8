// shardgrad train.

import { expect, it } from 'vitest'
import { shardCount } from '../../../dist/shared/batches/shards.js'
import { automatic } from '../../machine.js'
import { shardgrad } from '../support.js'

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
    shards: shardCount(64),
    backend: automatic.large,
    parameters: 26_122,
  })
  expect(events[3]).toEqual({
    event: 'epoch',
    epoch: 3,
    cost: expect.any(Number),
    loss: expect.any(Number),
    accuracy: expect.any(Number),
    validationCost: expect.any(Number),
    validationAccuracy: expect.any(Number),
    learningRate: expect.closeTo(0.015 * (1 + Math.cos((Math.PI * 77) / 78)), 8),
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
    expect(events.at(-1)!.advice).toBeUndefined()
  }
})

it.each([
  ['or', [0.08891294752305502, 0.08400959542290767]],
  ['xor', [0.12926510193084198]],
  ['xor-cross', [0.13833167761605697, 0.13637129280892799, 0.134440826093767]],
  ['line', [67.5]],
  ['hidden', [0.3345501085845244, 0.3120759050543785]],
])(
  "train %s starts from the table's own parameters: the costs of the textbook",
  async (table, costs) => {
    const { events } = await shardgrad(['train', table, '--epochs', '3', '--json'])
    costs.forEach((cost, i) => expect(events[i + 1]!.cost as number).toBeCloseTo(cost, 6))
  },
)

it('a table starts at random if the layers, their first weights or the seed are said', async () => {
  for (const [option, value] of [
    ['--layers', '3'],
    ['--init', 'xavier'],
    ['--seed', '1'],
  ]) {
    const { code, events } = await shardgrad([
      ...['train', 'xor', '--epochs', '1', '--json'],
      ...[option!, value!],
    ])
    expect(code).toBe(0)
    expect(events[1]!.cost as number, option).not.toBeCloseTo(0.12926510193084198, 5)
  }
})

it('--init takes a name, or normal with a deviation', async () => {
  const first = async (init: string): Promise<unknown> => {
    const { code, events, err } = await shardgrad([
      'train',
      'or',
      '--epochs',
      '1',
      '--json',
      '--init',
      init,
    ])
    return code === 0 ? events[1]!.cost : err
  }
  expect(await first('normal:0.05')).toBe(await first('normal'))
  expect(await first('normal:2')).not.toBe(await first('normal'))
  expect(await first('gauss')).toMatch(/expected one of plain, .*, normal$/m)
  expect(await first('normal:')).toMatch(/expected a number/)
  expect(await first('normal:-1')).toMatch(
    /initializer\.deviation: expected a number above 0, at most 1e37, got -1/,
  )
})

it('a table keeps its own parameters with another activation, optimizer or dropout', async () => {
  const first = async (...options: string[]): Promise<unknown> => {
    const { events } = await shardgrad(['train', 'xor', '--epochs', '1', '--json', ...options])
    return events[1]!.cost
  }
  expect(await first('--optimizer', 'adam')).toBeCloseTo(0.12926510193084198, 6)
  expect(await first('--activation', 'tanh')).not.toBe(
    await first('--activation', 'tanh', '--seed', '1'),
  )
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
    0.015,
    0.03,
    expect.closeTo(0.03, 3),
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

it('the digits by their own recipe: at least 97 % of the held-out images, for four seeds', async () => {
  for (let seed = 0; seed < 4; seed++) {
    const args = ['train', 'digits', '--seed', String(seed), '--backend', 'wasm', '--json']
    const { events } = await shardgrad(args)
    expect(events.at(-1)!.validationAccuracy, `seed ${seed}`).toBeGreaterThanOrEqual(0.97)
    expect(events.at(-1)!.advice).toBeUndefined()
  }
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
