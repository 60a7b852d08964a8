// A training run, step by step: the version before the current one, and divergence.

import { describe, expect, it } from 'vitest'
import { DivergenceError, adam, dense, sgd } from '../../../dist/main/index.js'
import type { Examples, Trainer, TrainerOptions } from '../../../dist/main/index.js'
import { Control, currentVersion } from '../../../dist/shared/arena/control.js'
import { createSynchronization } from '../../../dist/workers/gradient-run.js'
import { noise } from '../../shared/support.js'
import { type Synchronize, createTrainerInProcess } from '../in-process.js'

const COUNT = 40
const examples: Examples = {
  inputs: Float64Array.from({ length: COUNT * 3 }, (_, i) => noise(i, 5)),
  targets: Uint8Array.from({ length: COUNT }, (_, i) => (i * 3) % 4),
}

describe('the word that says that the version before is whole', () => {
  /** Looks, whenever workers claim or meet, whether the word is true. */
  function watch(): { synchronize: Synchronize; look: () => void; said: Set<number> } {
    let look = (): void => undefined
    const said = new Set<number>()
    /** What each step began with, as long as its commit is the last. */
    let before: Uint8Array | undefined
    const synchronize: Synchronize = (words, run) => {
      const { meet, claim } = createSynchronization(words, run)
      const { versions } = run.layout
      const bytes = versions[1].header - versions[0].header
      const version = (which: number): Uint8Array =>
        new Uint8Array(words.buffer, versions[which]!.header, bytes).slice()
      look = () => {
        const whole = Atomics.load(words, Control.previousWhole)
        said.add(whole)
        if (!whole) return
        const other = version(1 - currentVersion(words))
        expect(before && other.every((byte, i) => byte === before![i])).toBe(true)
      }
      return {
        meet(serial) {
          look()
          const [commits, current] = [words[Control.commits], version(currentVersion(words))]
          meet(serial)
          if (words[Control.commits] !== commits) before = current
          look()
        },
        claim() {
          look()
          return claim()
        },
      }
    }
    return { synchronize, look: () => look(), said }
  }

  const options: TrainerOptions = {
    network: { inputs: 3, layers: [dense(7, 'tanh'), dense(4, 'softmax')] },
    loss: 'categoricalCrossEntropy',
    optimizer: adam({ learningRate: 0.05 }),
    backend: 'reference',
  }

  it.each<[string, (trainer: Trainer) => Promise<unknown>]>([
    ['steps', (trainer) => trainer.fit(examples, { epochs: 3, batchSize: 9 })],
    [
      'steps of several batches, clipped, with a validation',
      (trainer) =>
        trainer.fit(examples, {
          epochs: 3,
          batchSize: 5,
          accumulationSteps: 3,
          validation: 0.2,
        }),
    ],
    [
      'a gradient after steps',
      async (trainer) => {
        await trainer.fit(examples, { epochs: 2 })
        await trainer.gradient(examples.inputs, examples.targets)
      },
    ],
  ])('is true throughout %s', async (_, train) => {
    const { synchronize, look, said } = watch()
    await using trainer = await createTrainerInProcess({ ...options, clipNorm: 0.5 }, synchronize)
    await train(trainer)
    look()
    expect([...said].sort()).toEqual([0, 1])
  })
})

describe('divergence of the parameters, at a finite cost', () => {
  // Inputs of 0 but for row 2, whose target is so far away that a rate of 1e30 takes the weight
  // past all numbers of float32.
  const far: Examples = {
    inputs: Float64Array.of(0, 0, 1, 0, 0),
    targets: Float64Array.of(0, 0, 1e15, 0, 0),
  }

  it.each([1, 3])(
    "in epoch %i: names the epoch and the step whose update it was, and that step's cost; the parameters it began with are kept",
    async (epoch) => {
      await using trainer = await createTrainerInProcess({
        network: { inputs: 1, layers: [dense(1)] },
        loss: 'halfSquaredError',
        optimizer: sgd({ learningRate: 1e30 }),
        backend: 'wasm',
      })
      const error = await trainer
        .fit(far, { epochs: 9, initialEpoch: epoch - 1, batchSize: 1, shuffle: false })
        .catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(DivergenceError)
      const { lastFiniteCost, ...position } = error as DivergenceError
      expect(position).toMatchObject({ epoch, step: 3 })
      expect(lastFiniteCost! / 5e29).toBeCloseTo(1, 6)
      const row = { inputs: far.inputs.slice(2, 3), targets: far.targets.slice(2, 3) }
      expect((await trainer.evaluate(row)).cost).toBe(lastFiniteCost)
    },
  )
})
