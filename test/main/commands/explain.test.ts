// `shardgrad explain`: the worked examples' numbers, and sums that add up.

import { describe, expect, it } from 'vitest'
import {
  type DenseLayer,
  type LossName,
  type Parameters,
  createTrainer,
  sgd,
} from '../../../dist/main/index.js'
import { loadDataSet } from '../../../dist/main/data/data-sets.js'
import { shardgrad } from '../support.js'

interface Plain {
  weights: number[][]
  biases: number[][]
}
interface Step {
  step: number
  parameters: Plain
  shards: {
    examples: {
      example: number
      inputs: number[]
      targets: number[]
      layers: { preActivations: number[]; activations: number[]; deltas: number[] }[]
      loss: number
      gradient: Plain
    }[]
    loss: number
    gradient: Plain
  }[]
  sums: { shards: string; gradient: Plain }[]
  loss: number
  cost: number
  average: Plain
  decay?: Plain
  next: Plain
  nextCost: number
}
interface Start {
  network: { inputs: number; layers: DenseLayer[] }
  loss: LossName
  learningRate: number
  l2: number
  shards: number
}

async function explained(
  table: string,
  ...options: string[]
): Promise<{ start: Start; steps: Step[] }> {
  const { code, events } = await shardgrad(['explain', table, ...options, '--json'])
  expect(code).toBe(0)
  const [start, ...steps] = events
  expect(steps.map(({ event }) => event)).toEqual(steps.map(() => 'step'))
  return { start: start as unknown as Start, steps: steps as unknown as Step[] }
}

const off = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.abs(expected)
const entries = ({ weights, biases }: Plain): number[] => [...weights, ...biases].flat()
const expectClose = (actual: number[], expected: number[], bound: number): void => {
  expect(actual).toHaveLength(expected.length)
  expected.forEach((value, i) =>
    expect(Math.abs(actual[i]! - value), `entry ${i}`).toBeLessThan(bound),
  )
}

describe('the numbers of the worked examples', () => {
  it('OR', async () => {
    const {
      steps: [first, second],
    } = await explained('or')
    expect(off(first!.cost, 0.08891294752305502)).toBeLessThan(1e-14)
    expect(off(second!.cost, 0.08400959542290767)).toBeLessThan(1e-14)
    expect(first!.nextCost).toBe(second!.cost)
    expectClose(entries(first!.average), [-0.04800646, -0.03865882, -0.03702353], 5e-9)
    expectClose(entries(second!.average), [-0.04428725, -0.0350044, -0.03131259], 5e-9)
    const {
      loss,
      layers: [neuron],
      gradient,
    } = first!.shards[0]!.examples[0]!
    expect([
      neuron!.preActivations,
      neuron!.activations,
      neuron!.deltas,
      loss,
      entries(gradient),
    ]).toEqual([[0], [0.5], [0.125], 0.125, [0, 0, 0.125]])
  })

  it('XOR with a cross', async () => {
    const { steps } = await explained('xor-cross', '--steps', '3')
    ;[0.13833167761605697, 0.13637129280892799, 0.134440826093767].forEach((cost, i) =>
      expect(off(steps[i]!.cost, cost)).toBeLessThan(1e-14),
    )
  })

  it('XOR with a hidden layer', async () => {
    const { steps } = await explained('xor', '--steps', '101')
    expect(off(steps[0]!.cost, 0.12926510193084198)).toBeLessThan(1e-14)
    expect(off(steps[100]!.cost, 0.12345825692804888)).toBeLessThan(1e-12)
  })

  it('the line', async () => {
    const { steps } = await explained('line', '--steps', '10')
    expectClose(
      [1, 2, 3, 10].map((step) => steps[step - 1]!.next.weights[0]![0]!),
      [0.45, 0.825, 1.137525, 2.26561194],
      5e-9,
    )
    const swinging = await explained('line', '--learning-rate', '0.1', '--steps', '3')
    expectClose(
      swinging.steps.map(({ next }) => next.weights[0]![0]!),
      [4.5, 1.5, 3.525],
      1e-12,
    )
  })

  it('one hidden layer with a linear output', async () => {
    const { steps } = await explained('hidden', '--steps', '100')
    expect(off(steps[0]!.cost, 0.3345501085845244)).toBeLessThan(1e-14)
    expect(off(steps[1]!.cost, 0.3120759050543785)).toBeLessThan(1e-14)
    expect(off(steps[99]!.cost, 0.00032618715731374767)).toBeLessThan(1e-10)
    const { weights, biases } = steps[99]!.next
    expectClose(
      weights[0]!,
      [0.01423568, -0.59078347, -0.27549587, 0.39883568, -0.52918347, 0.18640413],
      6e-9,
    )
    expectClose(biases[1]!, [-0.22438103], 6e-9)
  })
})

describe.each([
  ['or', '4', '0'],
  ['and', '1', '0'],
  ['xor', '2', '0.3'],
  ['xor-cross', '8', '0'],
  ['line', '2', '0.1'],
  ['hidden', '2', '0'],
])('%s in %s shards with l2 %s', (table, shards, l2) => {
  it('the values, sums, averages and updates shown add up; the last parameters are those of fit, bit for bit', async () => {
    const { start, steps } = await explained(table, '--steps', '5', '--shards', shards, '--l2', l2)
    for (const { shards: parts, sums, average, decay, parameters, next, loss, cost } of steps) {
      const count = parts.flatMap(({ examples }) => examples).length
      expect(parts.flatMap(({ examples }) => examples.map(({ example }) => example))).toEqual(
        Array.from({ length: count }, (_, i) => i),
      )
      for (const { examples, gradient } of parts) {
        expectClose(
          entries(gradient),
          entries(gradient).map((_, i) =>
            examples.reduce((sum, one) => sum + entries(one.gradient)[i]!, 0),
          ),
          1e-12,
        )
        for (const { inputs, layers, gradient: own } of examples) {
          layers.forEach(({ deltas, preActivations }, l) => {
            const before = l === 0 ? inputs : layers[l - 1]!.activations
            expectClose(
              own.weights[l]!,
              before.flatMap((a) => deltas.map((delta) => a * delta)),
              1e-15,
            )
            expect(own.biases[l]).toEqual(deltas)
            const units = deltas.length
            expectClose(
              preActivations,
              deltas.map((_, j) =>
                before.reduce(
                  (sum, a, i) => sum + a * parameters.weights[l]![i * units + j]!,
                  parameters.biases[l]![j]!,
                ),
              ),
              1e-12,
            )
          })
        }
      }
      expect(sums).toHaveLength(parts.length - 1)
      const total = sums.at(-1)?.gradient ?? parts[0]!.gradient
      expectClose(
        entries(total),
        entries(total).map((_, i) =>
          parts.reduce((sum, { gradient }) => sum + entries(gradient)[i]!, 0),
        ),
        1e-12,
      )
      expect(entries(average)).toEqual(entries(total).map((g) => g / count))
      const step = entries(average).map((g, i) => g + (decay ? entries(decay)[i]! : 0))
      expect(entries(next)).toEqual(
        entries(parameters).map((w, i) => w - start.learningRate * step[i]!),
      )
      const squares = parameters.weights.flat().reduce((sum, w) => sum + w * w, 0)
      expect(off(cost, loss / count + (Number(l2) / (2 * count)) * squares)).toBeLessThan(1e-14)
    }
    const data = await loadDataSet(table)
    const { network, loss, learningRate } = start
    await using trainer = await createTrainer({
      network,
      loss,
      l2: Number(l2),
      optimizer: sgd({ learningRate }),
      shards: Number(shards),
      workers: 1,
      backend: 'reference',
    })
    const first: Parameters = data.start!
    trainer.setParameters(first)
    await trainer.fit(data, { epochs: 5, batchSize: 'all' })
    const { weights, biases } = trainer.getParameters()
    expect(steps.at(-1)!.next).toEqual({
      weights: weights.map((w) => Array.from(w)),
      biases: biases.map((b) => Array.from(b)),
    })
  })
})

describe('for a person', () => {
  it('every number stands in the text, in lines of at most 120 characters', async () => {
    for (const table of ['or', 'xor', 'hidden']) {
      const { code, out, err } = await shardgrad(['explain', table])
      const { steps } = await explained(table)
      expect([code, err]).toEqual([0, ''])
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
      const shown = new Set(out.match(/-?\d+(\.\d+)?(e[+-]\d+)?/g)!.map(Number))
      const values = steps.flatMap(
        ({ parameters, shards, sums, average, next, cost, nextCost }) => [
          cost,
          nextCost,
          ...entries(parameters),
          ...entries(average),
          ...entries(next),
          ...sums.flatMap(({ gradient }) => entries(gradient)),
          ...shards.flatMap(({ examples, gradient }) => [
            ...entries(gradient),
            ...examples.flatMap(({ layers, loss, gradient: own }) => [
              loss,
              ...entries(own),
              ...layers.flatMap((layer) => [
                ...layer.preActivations,
                ...layer.activations,
                ...layer.deltas,
              ]),
            ]),
          ]),
        ],
      )
      expect(values.filter((value) => !shown.has(Number(value.toPrecision(8))))).toEqual([])
    }
    const { out } = await shardgrad(['explain', 'or'])
    expect(out).toContain('cost before 0.088912948, after 0.084009595')
  })

  it('many shards: their sums in the order of the tree, shards without examples said so', async () => {
    const { out } = await shardgrad(['explain', 'or', '--shards', '8', '--steps', '1'])
    expect(out).toContain('in the order (((0+1)+(2+3))+((4+5)+(6+7)))')
    expect(out.match(/no examples/g)).toHaveLength(4)
  })
})

it('wrong usage: exit code 2, and says what would be right', async () => {
  const wrong: [string[], RegExp][] = [
    [['digits'], /one of or, and, xor/],
    [['or', '--shards', '3'], /power of two/],
    [['or', '--learning-rate', '-1'], /above 0/],
    [['or', '--steps', '0'], /at least 1/],
  ]
  for (const [args, message] of wrong) {
    const { code, out, err } = await shardgrad(['explain', ...args])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
  }
})
