// What onTimeline is told.

import { describe, expect, it } from 'vitest'
import {
  type Examples,
  type FitOptions,
  type Span,
  type Trainer,
  dense,
  sgd,
} from '../../../dist/main/index.js'
import { createTrainer } from '../shared-threads.js'

/** Times since 1970 in a double are multiples of 2^-12 ms. */
const CLOCK_STEP = 2 ** -12

const examples: Examples = {
  inputs: Float32Array.from({ length: 300 * 4 }, (_, i) => ((i * 29) % 17) / 17 - 0.4),
  targets: Uint8Array.from({ length: 300 }, (_, i) => (i * 5) % 3),
}
const create = async (workers: number): Promise<Trainer> =>
  createTrainer({
    network: { inputs: 4, layers: [dense(8, 'tanh'), dense(3, 'softmax')] },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.1 }),
    seed: 2,
    workers,
    shards: 8,
  })

/** The spans of a fit, and its hash. */
async function spansOf(
  workers: number,
  options: FitOptions,
  given = examples,
): Promise<{ spans: Span[]; hash: string }> {
  await using trainer = await create(workers)
  const spans: Span[] = []
  await trainer.fit(given, { ...options, onTimeline: (some) => spans.push(...some) })
  return { spans, hash: trainer.parametersHash() }
}

describe('onTimeline', () => {
  it.each([1, 2, 3])(
    '%i workers: every step is gathered, taken forward and backward, and summed and waited for by every worker',
    async (workers) => {
      const began = Date.now()
      const { spans } = await spansOf(workers, { epochs: 5, batchSize: 77 })
      const steps = 5 * 4
      expect(new Set(spans.map(({ worker }) => worker))).toEqual(
        new Set(Array.from({ length: workers }, (_, worker) => worker)),
      )
      for (let step = 0; step < steps; step++) {
        const phases = (worker?: number): Set<string> =>
          new Set(
            spans
              .filter((span) => span.step === step && (worker ?? span.worker) === span.worker)
              .map(({ phase }) => phase),
          )
        for (const phase of ['gather', 'forward', 'backward'])
          expect(phases(), `step ${step}`).toContain(phase)
        for (let worker = 0; worker < workers; worker++)
          for (const phase of ['sum', 'wait'])
            expect(phases(worker), `step ${step}, worker ${worker}`).toContain(phase)
      }
      expect(Math.max(...spans.map(({ step }) => step))).toBe(steps - 1)
      for (const { start, milliseconds } of spans) {
        expect(milliseconds).toBeGreaterThanOrEqual(0)
        expect(start).toBeGreaterThan(began - 1000)
        expect(start + milliseconds).toBeLessThan(Date.now() + 1000)
      }
    },
  )

  it("a worker does one thing at a time: its spans are in order and don't overlap", async () => {
    const { spans } = await spansOf(3, { epochs: 20, batchSize: 77, validation: 0.2 })
    for (const worker of [0, 1, 2]) {
      const own = spans.filter((span) => span.worker === worker)
      own.forEach(({ start, milliseconds }, i) => {
        const next = own[i + 1]
        if (next) expect(start + milliseconds).toBeLessThanOrEqual(next.start + 2 * CLOCK_STEP)
      })
    }
  })

  // A run of the workers ends when it has so many epochs, or so many spans, that there is no room
  // for more.
  it.each([
    [5000, 'all'],
    [1250, 1],
  ] as const)(
    'more tiny steps than the workers have room for lose nothing: of %i epochs, batch size %s, every step is there, in order',
    async (epochs, batchSize) => {
      await using trainer = await createTrainer({
        network: { inputs: 2, layers: [dense(3, 'sigmoid'), dense(1, 'sigmoid')] },
        loss: 'halfSquaredError',
        optimizer: sgd({ learningRate: 1 }),
        seed: 1,
      })
      const xor: Examples = {
        inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
        targets: Float32Array.of(0, 1, 1, 0),
      }
      const counts = new Map<number, number>()
      const order: number[] = []
      let spans = 0
      await trainer.fit(xor, {
        epochs,
        batchSize,
        onTimeline: (some) => {
          for (const { phase, step } of some) {
            spans++
            if (phase === 'sum') counts.set(step, (counts.get(step) ?? 0) + 1)
            if (phase === 'forward') order.push(step)
          }
        },
      })
      expect(spans).toBeGreaterThan(16_384)
      expect(order).toEqual(Array.from({ length: 5000 }, (_, step) => step))
      expect([...counts.values()].every((count) => count === 1)).toBe(true)
      expect(counts.size).toBe(5000)
    },
  )

  it('changes no bit, and later calls without it leave nothing', async () => {
    const options: FitOptions = { epochs: 3, batchSize: 77, validation: 0.1 }
    const plain = await create(1)
    await plain.fit(examples, options)
    const expected = plain.parametersHash()
    for (const workers of [1, 2, 3])
      expect((await spansOf(workers, options)).hash, `${workers} workers`).toBe(expected)
    const seen: Span[] = []
    await plain.fit(examples, { ...options, onTimeline: (some) => seen.push(...some) })
    const before = seen.length
    expect(before).toBeGreaterThan(0)
    await plain.fit(examples, options)
    expect(seen).toHaveLength(before)
    await plain.close()
  })

  it('a step of thousands of batches leaves all its spans, and changes no bit', async () => {
    const count = 6000
    const given: Examples = {
      inputs: Float32Array.from({ length: count * 4 }, (_, i) => ((i * 29) % 17) / 17 - 0.4),
      targets: Uint8Array.from({ length: count }, (_, i) => (i * 5) % 3),
    }
    const options: FitOptions = { epochs: 2, batchSize: 1, accumulationSteps: count }
    for (const workers of [1, 2]) {
      await using plain = await create(workers)
      await plain.fit(given, options)
      const { spans, hash } = await spansOf(workers, options, given)
      const forwards = spans.filter(({ phase }) => phase === 'forward')
      expect(forwards.filter(({ step }) => step === 0).length).toBeGreaterThanOrEqual(count)
      expect(hash).toBe(plain.parametersHash())
    }
  })

  it('what it throws is what fit rejects with, and the next call works', async () => {
    await using trainer = await create(2)
    const mine = new Error('mine')
    const failing = trainer.fit(examples, {
      onTimeline: () => {
        throw mine
      },
    })
    await expect(failing).rejects.toBe(mine)
    expect((await trainer.fit(examples, { epochs: 2 })).epoch).toEqual([1, 2])
    await expect(
      trainer.fit(examples, { onTimeline: 'yes' as unknown as FitOptions['onTimeline'] }),
    ).rejects.toThrow(/onTimeline: expected a function/)
  })
})
