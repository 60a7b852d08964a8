import { describe, expect, it } from 'vitest'
import { createTrainer, dense, sgd } from '../../dist/main/index.js'
import type { DenseLayer, Examples, History, LossName, Parameters, Trainer } from '../../dist/main/index.js'

const numbers = (...values: number[]): Float64Array => Float64Array.from(values)
/** Relative difference. */
const off = (actual: number, expected: number): number => Math.abs(actual - expected) / Math.abs(expected)
const expectClose = (actual: ArrayLike<number>, expected: number[], bound: number): void =>
  expected.forEach((value, i) => expect(Math.abs(actual[i]! - value), `entry ${i}`).toBeLessThan(bound))

async function trainerWith(layers: DenseLayer[], inputs: number, loss: LossName, learningRate: number, parameters: Parameters, l2 = 0): Promise<Trainer> {
  const trainer = await createTrainer({ network: { inputs, layers }, loss, optimizer: sgd({ learningRate }), backend: 'reference', workers: 2, shards: 2, l2 })
  trainer.setParameters(parameters)
  return trainer
}

const fitAll = async (trainer: Trainer, examples: Examples, epochs: number): Promise<History> => trainer.fit(examples, { epochs, batchSize: 'all' })

const corners = numbers(0, 0, 0, 1, 1, 0, 1, 1)

describe('one sigmoid neuron learns OR', () => {
  const or: Examples = { inputs: corners, targets: numbers(0, 1, 1, 1) }
  const start = (): Promise<Trainer> => trainerWith([dense(1, 'sigmoid')], 2, 'halfSquaredError', 1, { weights: [numbers(0.1, 0.6)], biases: [numbers(0)] })

  it('the first example alone', async () => {
    await using trainer = await start()
    const { cost, weights, biases } = await trainer.gradient(numbers(0, 0), numbers(0))
    expect(cost).toBe(0.125)
    expectClose(weights[0]!, [0, 0], 1e-15)
    expect(biases[0]![0]).toBeCloseTo(0.125, 12)
    const history = await fitAll(trainer, { inputs: numbers(0, 0), targets: numbers(0) }, 2)
    expect(history.cost[1]).toBeCloseTo(0.10988, 4)
    expect((await trainer.predict(numbers(0, 0)))[0]).toBeLessThan(0.4691)
  })

  it('the whole batch: costs, gradients and 5000 updates', async () => {
    await using trainer = await start()
    const first = await trainer.gradient(or.inputs, or.targets)
    expect(off(first.cost, 0.08891294752305502)).toBeLessThan(1e-12)
    expectClose(first.weights[0]!, [-0.04800646, -0.03865882], 5e-9)
    expectClose(first.biases[0]!, [-0.03702353], 5e-9)
    await fitAll(trainer, or, 1)
    const second = await trainer.gradient(or.inputs, or.targets)
    expect(off(second.cost, 0.08400959542290767)).toBeLessThan(1e-12)
    expectClose(second.weights[0]!, [-0.04428725, -0.0350044], 5e-9)
    expectClose(second.biases[0]!, [-0.03131259], 5e-9)
    await fitAll(trainer, or, 4999)
    const { cost } = await trainer.evaluate(or)
    expect(off(cost, 0.000527569180279875)).toBeLessThan(1e-10)
    await fitAll(trainer, or, 1) // the source counts the update after the last cost too
    const { weights, biases } = trainer.getParameters()
    expectClose(weights[0]!, [6.43441572, 6.43446068], 1e-8)
    expectClose(biases[0]!, [-2.9731501], 1e-7)
  })

  it('one example after another, accumulated and averaged, is the gradient of the batch', async () => {
    await using trainer = await start()
    const batch = await trainer.gradient(or.inputs, or.targets)
    const sums = [0, 0, 0, 0]
    for (let i = 0; i < 4; i++) {
      const one = await trainer.gradient(corners.slice(2 * i, 2 * i + 2), or.targets.slice(i, i + 1))
      const values = [one.cost, ...one.weights[0]!, ...one.biases[0]!]
      values.forEach((value, k) => (sums[k] = sums[k]! + value / 4))
    }
    expectClose([batch.cost, ...batch.weights[0]!, ...batch.biases[0]!], sums, 1e-16)
  })
})

describe('XOR', () => {
  it('with the product of the inputs as a third one', async () => {
    const cross: Examples = { inputs: numbers(0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1), targets: numbers(0, 1, 1, 0) }
    await using trainer = await trainerWith([dense(1, 'sigmoid')], 3, 'halfSquaredError', 1, { weights: [numbers(0.1, 0.6, 0.2)], biases: [numbers(0)] })
    const history = await fitAll(trainer, cross, 5000)
    ;[0.13833167761605697, 0.13637129280892799, 0.134440826093767].forEach((cost, i) => expect(off(history.cost[i]!, cost)).toBeLessThan(1e-12))
    expect(off((await trainer.evaluate(cross)).cost, 0.0015665035024326837)).toBeLessThan(1e-10)
  })

  it('with three hidden neurons: the table of 5000 epochs to 10 digits, and 0 1 1 0 at the end', async () => {
    const xor: Examples = { inputs: corners, targets: numbers(0, 1, 1, 0) }
    await using trainer = await trainerWith([dense(3, 'sigmoid'), dense(1, 'sigmoid')], 2, 'halfSquaredError', 1, {
      weights: [
        numbers(-0.7026034443207482, -0.4511878069492167, -0.11130154283236932, -0.751937920674514, 0.75065656081645, 0.7733828240543967),
        numbers(-1.1979175261364463, 0.40451065623948357, 0.96685306507843),
      ],
      biases: [numbers(0, 0, 0), numbers(0)],
    })
    const { cost } = await fitAll(trainer, xor, 5000)
    const table: [number, number][] = [
      [0, 0.12926510193084198], [100, 0.12345825692804888], [1000, 0.07188849409230211], [4600, 0.0010183054886511833],
      [4700, 0.0009837839421244134], [4800, 0.0009514180100050969], [4900, 0.0009210166430616666],
    ]
    for (const [epoch, expected] of table) expect(off(cost[epoch]!, expected), `epoch ${epoch}`).toBeLessThan(5e-11)
    expect(Array.from(await trainer.predict(corners), Math.round)).toEqual([0, 1, 1, 0])
  })
})

it('one hidden layer of sigmoids with a linear output: 100 updates', async () => {
  const one: Examples = { inputs: numbers(1, 1), targets: numbers(0) }
  await using trainer = await trainerWith([dense(3, 'sigmoid'), dense(1)], 2, 'meanSquaredError', 0.01, {
    weights: [numbers(-0.0053, -0.582, -0.2723, 0.3793, -0.5204, 0.1896), numbers(0.1528, -0.1745, -0.1135)],
    biases: [numbers(-0.014, 0.5607, -0.0628), numbers(-0.5516)],
  })
  const { cost } = await fitAll(trainer, one, 100)
  expect(off(cost[0]!, 0.3345501085845244)).toBeLessThan(1e-12)
  expect(off(cost[1]!, 0.3120759050543785)).toBeLessThan(1e-12)
  expect(off(cost[99]!, 0.00032618715731374767)).toBeLessThan(1e-10)
  const { weights, biases } = trainer.getParameters()
  expectClose(weights[0]!, [0.01423568, -0.59078347, -0.27549587, 0.39883568, -0.52918347, 0.18640413], 6e-9)
  expectClose(biases[0]!, [0.00553568, 0.55191653, -0.06599587], 6e-9)
  expectClose(weights[1]!, [0.34751734, -0.05530516, 0.03759542], 6e-9)
  expectClose(biases[1]!, [-0.22438103], 6e-9)
  expectClose(await trainer.predict(numbers(1, 1)), [-0.01743616], 6e-9)
})

describe('learning rates on the line y = 3x', () => {
  const line: Examples = { inputs: numbers(1, 2, 3, 4), targets: numbers(3, 6, 9, 12) }
  const steps = [1, 2, 3, 10, 1000]
  const weightsAfter = async (learningRate: number, at: number[]): Promise<number[]> => {
    await using trainer = await trainerWith([dense(1)], 1, 'meanSquaredError', learningRate, { weights: [numbers(0)], biases: [numbers(0)] })
    const weights: number[] = []
    let done = 0
    for (const step of at) {
      await fitAll(trainer, line, step - done)
      done = step
      weights.push(trainer.getParameters().weights[0]![0]!)
    }
    return weights
  }

  it('0.01 approaches', async () => expectClose(await weightsAfter(0.01, steps), [0.45, 0.825, 1.137525, 2.26561194, 2.98448813], 5e-9))
  it('0.1 swings, and arrives to 1e-13', async () => {
    const weights = await weightsAfter(0.1, steps)
    expectClose(weights, [4.5, 1.5, 3.525, 2.7214100925, 3], 5e-11)
    expect(Math.abs(weights[4]! - 3)).toBeLessThan(1e-13)
  })
  it('1 grows without bound', async () => expectClose(await weightsAfter(1, [1, 2, 3]), [45, -660, 10410], 1e-8))
})

it('the L2 term: lambda / 2m of the squared weights in the cost, lambda / m of the weights in the gradient, biases left out', async () => {
  const parameters: Parameters = { weights: [numbers(0.3, -0.4)], biases: [numbers(5)] }
  const examples: Examples = { inputs: corners, targets: numbers(0, 1, 1, 1) }
  await using plain = await trainerWith([dense(1, 'sigmoid')], 2, 'binaryCrossEntropy', 1, parameters)
  await using regularised = await trainerWith([dense(1, 'sigmoid')], 2, 'binaryCrossEntropy', 1, parameters, 0.7)
  const without = await plain.gradient(examples.inputs, examples.targets)
  const having = await regularised.gradient(examples.inputs, examples.targets)
  expect(having.cost - without.cost).toBeCloseTo((0.7 / 8) * 0.25, 14)
  expectClose(having.weights[0]!, Array.from(without.weights[0]!, (g, i) => g + (0.7 / 4) * parameters.weights[0]![i]!), 1e-15)
  expect(having.biases[0]).toEqual(without.biases[0])
  expect((await regularised.evaluate(examples)).cost).toBeCloseTo(having.cost, 14)
})
