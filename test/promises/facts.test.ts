import { describe, expect, it } from 'vitest'
import {
  type DenseLayer,
  type Examples,
  type Gradient,
  type History,
  type LossName,
  type Parameters,
  type Trainer,
  DivergenceError,
  dense,
  sgd,
} from '../../dist/main/index.js'
import { createTrainer } from '../main/shared-threads.js'

const numbers = (...values: number[]): Float64Array => Float64Array.from(values)
/** Relative difference. */
const off = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.abs(expected)
const expectClose = (actual: ArrayLike<number>, expected: number[], bound: number): void =>
  expected.forEach((value, i) =>
    expect(Math.abs(actual[i]! - value), `entry ${i}`).toBeLessThan(bound),
  )

describe.each([1, 3])('%i workers', (workers) => {
  async function trainerWith(
    layers: DenseLayer[],
    inputs: number,
    loss: LossName,
    learningRate: number,
    parameters: Parameters,
    l2 = 0,
  ): Promise<Trainer> {
    const trainer = await createTrainer({
      network: { inputs, layers },
      loss,
      optimizer: sgd({ learningRate }),
      backend: 'reference',
      workers,
      shards: 4,
      l2,
    })
    trainer.setParameters(parameters)
    return trainer
  }

  const fitAll = async (trainer: Trainer, examples: Examples, epochs: number): Promise<History> =>
    trainer.fit(examples, { epochs, batchSize: 'all' })

  const corners = numbers(0, 0, 0, 1, 1, 0, 1, 1)

  /** Cost, weights and biases, one after the other. */
  const valuesOf = ({ cost, weights, biases }: Gradient): number[] =>
    [cost, ...weights, ...biases].flatMap((part) =>
      typeof part === 'number' ? part : Array.from(part),
    )

  /**
   * The gradient of four examples, against those of one example after another, accumulated and then
   * averaged.
   */
  async function expectSlowWayAgrees(
    trainer: Trainer,
    { inputs, targets }: Examples,
  ): Promise<void> {
    const batch = valuesOf(await trainer.gradient(inputs, targets))
    const averages = batch.map(() => 0)
    for (let i = 0; i < 4; i++) {
      const columns = inputs.length / 4
      const one = valuesOf(
        await trainer.gradient(
          inputs.slice(columns * i, columns * (i + 1)),
          targets.slice(i, i + 1),
        ),
      )
      one.forEach((value, k) => (averages[k] = averages[k]! + value / 4))
    }
    expectClose(batch, averages, 1e-16)
  }

  describe('one sigmoid neuron learns OR', () => {
    const or: Examples = { inputs: corners, targets: numbers(0, 1, 1, 1) }
    const start = (): Promise<Trainer> =>
      trainerWith([dense(1, 'sigmoid')], 2, 'halfSquaredError', 1, {
        weights: [numbers(0.1, 0.6)],
        biases: [numbers(0)],
      })

    it('the first example alone', async () => {
      await using trainer = await start()
      const { cost, weights, biases } = await trainer.gradient(numbers(0, 0), numbers(0))
      expect(cost).toBe(0.125)
      expectClose(weights[0]!, [0, 0], 1e-15)
      expect(biases[0]![0]).toBe(0.125)
      const first: Examples = { inputs: numbers(0, 0), targets: numbers(0) }
      await fitAll(trainer, first, 1)
      expect(trainer.getParameters()).toEqual({
        weights: [numbers(0.1, 0.6)],
        biases: [numbers(-0.125)],
      })
      expect(
        Math.abs((await trainer.predict(first.inputs))[0]! - 1 / (1 + Math.exp(0.125))),
      ).toBeLessThan(1e-15) // 0.469
      expect(Math.abs((await trainer.evaluate(first)).cost - 0.10988)).toBeLessThan(5e-6)
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
      expectClose(weights[0]!, [6.43441572, 6.43446068], 5e-9)
      expectClose(biases[0]!, [-2.9731501], 5e-8)
    })

    it('one example after another, accumulated and averaged, is the gradient of the batch to 1e-16', async () => {
      await using trainer = await start()
      await expectSlowWayAgrees(trainer, or)
    })
  })

  describe('XOR', () => {
    it('with the product of the inputs as a third one', async () => {
      const cross: Examples = {
        inputs: numbers(0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1),
        targets: numbers(0, 1, 1, 0),
      }
      await using trainer = await trainerWith([dense(1, 'sigmoid')], 3, 'halfSquaredError', 1, {
        weights: [numbers(0.1, 0.6, 0.2)],
        biases: [numbers(0)],
      })
      const history = await fitAll(trainer, cross, 5000)
      ;[0.13833167761605697, 0.13637129280892799, 0.134440826093767].forEach((cost, i) =>
        expect(off(history.cost[i]!, cost)).toBeLessThan(1e-12),
      )
      expect(off((await trainer.evaluate(cross)).cost, 0.0015665035024326837)).toBeLessThan(1e-10)
    })

    const xor: Examples = { inputs: corners, targets: numbers(0, 1, 1, 0) }
    const start = (): Promise<Trainer> =>
      trainerWith([dense(3, 'sigmoid'), dense(1, 'sigmoid')], 2, 'halfSquaredError', 1, {
        weights: [
          numbers(
            -0.7026034443207482,
            -0.4511878069492167,
            -0.11130154283236932,
            -0.751937920674514,
            0.75065656081645,
            0.7733828240543967,
          ),
          numbers(-1.1979175261364463, 0.40451065623948357, 0.96685306507843),
        ],
        biases: [numbers(0, 0, 0), numbers(0)],
      })

    it('with three hidden neurons: the table of 5000 epochs to 10 digits, and 0 1 1 0 at the end', async () => {
      await using trainer = await start()
      const { cost } = await fitAll(trainer, xor, 5000)
      const table: [number, number][] = [
        [0, 0.12926510193084198],
        [100, 0.12345825692804888],
        [1000, 0.07188849409230211],
        [4600, 0.0010183054886511833],
        [4700, 0.0009837839421244134],
        [4800, 0.0009514180100050969],
        [4900, 0.0009210166430616666],
      ]
      for (const [epoch, expected] of table)
        expect(off(cost[epoch]!, expected), `epoch ${epoch}`).toBeLessThan(5e-11)
      expect(Array.from(await trainer.predict(corners), Math.round)).toEqual([0, 1, 1, 0])
    })

    it('with three hidden neurons: one example after another, accumulated and averaged, is the gradient of the batch to 1e-16', async () => {
      await using trainer = await start()
      await expectSlowWayAgrees(trainer, xor)
    })
  })

  describe('one hidden layer of sigmoids with a linear output', () => {
    const one: Examples = { inputs: numbers(1, 1), targets: numbers(0) }
    const parameters: Parameters = {
      weights: [
        numbers(-0.0053, -0.582, -0.2723, 0.3793, -0.5204, 0.1896),
        numbers(0.1528, -0.1745, -0.1135),
      ],
      biases: [numbers(-0.014, 0.5607, -0.0628), numbers(-0.5516)],
    }
    const start = (): Promise<Trainer> =>
      trainerWith([dense(3, 'sigmoid'), dense(1)], 2, 'meanSquaredError', 0.01, parameters)

    it('100 updates', async () => {
      await using trainer = await start()
      const { cost } = await fitAll(trainer, one, 100)
      expect(off(cost[0]!, 0.3345501085845244)).toBeLessThan(1e-12)
      expect(off(cost[1]!, 0.3120759050543785)).toBeLessThan(1e-12)
      expect(off(cost[99]!, 0.00032618715731374767)).toBeLessThan(1e-10)
      const { weights, biases } = trainer.getParameters()
      expectClose(
        weights[0]!,
        [0.01423568, -0.59078347, -0.27549587, 0.39883568, -0.52918347, 0.18640413],
        6e-9,
      )
      expectClose(biases[0]!, [0.00553568, 0.55191653, -0.06599587], 6e-9)
      expectClose(weights[1]!, [0.34751734, -0.05530516, 0.03759542], 6e-9)
      expectClose(biases[1]!, [-0.22438103], 6e-9)
      expectClose(await trainer.predict(numbers(1, 1)), [-0.01743616], 6e-9)
    })

    it('forward differences with step 1e-4 agree with the gradient to 1e-4', async () => {
      await using trainer = await start()
      // The output bias has a second derivative of exactly 2, so it is off by the whole step; the
      // rest is rounding.
      const bound = 1e-4 + 1e-11
      const { weights, biases } = await trainer.gradient(one.inputs, one.targets)
      const { cost } = await trainer.evaluate(one)
      for (const [kind, gradients] of [
        ['weights', weights],
        ['biases', biases],
      ] as const) {
        for (const [l, gradient] of gradients.entries()) {
          for (const [i, g] of gradient.entries()) {
            const moved = structuredClone(parameters)
            moved[kind][l]![i]! += 1e-4
            trainer.setParameters(moved)
            expect(
              Math.abs(((await trainer.evaluate(one)).cost - cost) / 1e-4 - g),
              `${kind}[${l}][${i}]`,
            ).toBeLessThan(bound)
          }
        }
      }
    })
  })

  describe('learning rates on the line y = 3x', () => {
    const line: Examples = { inputs: numbers(1, 2, 3, 4), targets: numbers(3, 6, 9, 12) }
    const steps = [1, 2, 3, 10, 1000]
    const weightsAfter = async (learningRate: number, at: number[]): Promise<number[]> => {
      await using trainer = await trainerWith([dense(1)], 1, 'meanSquaredError', learningRate, {
        weights: [numbers(0)],
        biases: [numbers(0)],
      })
      const weights: number[] = []
      let done = 0
      for (const step of at) {
        await fitAll(trainer, line, step - done)
        done = step
        weights.push(trainer.getParameters().weights[0]![0]!)
      }
      return weights
    }

    it('0.01 approaches', async () =>
      expectClose(
        await weightsAfter(0.01, steps),
        [0.45, 0.825, 1.137525, 2.26561194, 2.98448813],
        5e-9,
      ))
    it('0.1 swings, and arrives to 1e-13', async () => {
      const weights = await weightsAfter(0.1, steps)
      expectClose(weights, [4.5, 1.5, 3.525, 2.7214100925, 3], 5e-11)
      expect(Math.abs(weights[4]! - 3)).toBeLessThan(1e-13)
    })
    it('1 grows without bound', async () =>
      expectClose(await weightsAfter(1, [1, 2, 3]), [45, -660, 10410], 1e-8))

    it('1 ends in a DivergenceError with epoch, step and last finite cost; the parameters kept are finite and have that very cost', async () => {
      // The same descent in plain numbers says when the cost overflows.
      let [w, b, epoch, lastCost] = [0, 0, 1, NaN]
      for (; ; epoch++) {
        const errors = [1, 2, 3, 4].map((x) => w * x + b - 3 * x)
        const cost = errors.reduce((sum, error) => sum + error * error, 0) / 4
        if (!Number.isFinite(cost)) break
        lastCost = cost
        w -= errors.reduce((sum, error, i) => sum + error * (i + 1), 0) / 2
        b -= errors.reduce((sum, error) => sum + error, 0) / 2
      }
      await using trainer = await trainerWith([dense(1)], 1, 'meanSquaredError', 1, {
        weights: [numbers(0)],
        biases: [numbers(0)],
      })
      const error: unknown = await fitAll(trainer, line, 5000).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(DivergenceError)
      const { lastFiniteCost, message, ...position } = error as DivergenceError
      expect(position).toMatchObject({ epoch, step: 1 })
      expect(off(lastFiniteCost!, lastCost)).toBeLessThan(1e-9)
      expect(message).toContain(`epoch ${epoch}, step 1`)
      expect(message).toContain(String(lastFiniteCost))
      const { weights, biases } = trainer.getParameters()
      expect([...weights[0]!, ...biases[0]!].every(Number.isFinite)).toBe(true)
      expect((await trainer.gradient(line.inputs, line.targets)).cost).toBe(lastFiniteCost)
    })

    it('too high a rate never leaves parameters that are not finite, whichever update is the last of the fit; the error has the cost of those kept', async () => {
      await using trainer = await createTrainer({
        network: { inputs: 8, layers: [dense(16), dense(16), dense(16), dense(1)] },
        loss: 'meanSquaredError',
        optimizer: sgd({ learningRate: 1 }),
        seed: 1,
        workers: 2,
        shards: 2,
        backend: 'wasm',
      })
      const start = trainer.getParameters()
      const examples: Examples = {
        inputs: Float32Array.from({ length: 80 }, (_, i) => ((i * 37) % 23) / 5 - 2),
        targets: Float32Array.from({ length: 10 }, (_, i) => i),
      }
      const fits: string[] = []
      for (const epochs of [1, 2, 3, 4, 5, 6, 1]) {
        trainer.setParameters(start)
        const error: unknown = await fitAll(trainer, examples, epochs).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        expect(
          trainer.getParameters().weights.every((w) => w.every(Number.isFinite)),
          `after a fit of ${epochs} epochs`,
        ).toBe(true)
        fits.push(error === undefined ? 'done' : 'diverged')
        if (error === undefined) continue
        expect(error).toBeInstanceOf(DivergenceError)
        expect((await trainer.gradient(examples.inputs, examples.targets)).cost).toBe(
          (error as DivergenceError).lastFiniteCost,
        )
      }
      expect([fits.at(0), fits.at(-2), fits.at(-1)]).toEqual(['done', 'diverged', 'done'])
    })
  })

  it('the L2 term: lambda / 2m of the squared weights in the cost, lambda / m of the weights in the gradient, biases left out; not in an evaluation', async () => {
    const parameters: Parameters = { weights: [numbers(0.3, -0.4)], biases: [numbers(5)] }
    const examples: Examples = { inputs: corners, targets: numbers(0, 1, 1, 1) }
    await using plain = await trainerWith(
      [dense(1, 'sigmoid')],
      2,
      'binaryCrossEntropy',
      1,
      parameters,
    )
    await using regularized = await trainerWith(
      [dense(1, 'sigmoid')],
      2,
      'binaryCrossEntropy',
      1,
      parameters,
      0.7,
    )
    const without = await plain.gradient(examples.inputs, examples.targets)
    const having = await regularized.gradient(examples.inputs, examples.targets)
    expect(having.cost - without.cost).toBeCloseTo((0.7 / 8) * 0.25, 14)
    expectClose(
      having.weights[0]!,
      Array.from(without.weights[0]!, (g, i) => g + (0.7 / 4) * parameters.weights[0]![i]!),
      1e-15,
    )
    expect(having.biases[0]).toEqual(without.biases[0])
    expect((await regularized.evaluate(examples)).cost).toBeCloseTo(without.cost, 14)
  })
})
