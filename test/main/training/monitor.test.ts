// What is watched from epoch to epoch: early stopping and plateaus, on figures made up.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cosineDecay, reduceOnPlateau, warmUp } from '../../../dist/main/index.js'
import type { EarlyStopping, EpochReport } from '../../../dist/main/index.js'
import type { Runner } from '../../../dist/main/runtime/runner.js'
import { createPlateau, createStopper } from '../../../dist/main/training/monitor.js'
import { InputError } from '../../../dist/shared/errors.js'
import { metricNames, tallyLayout } from '../../../dist/shared/figures/metrics.js'

const reportOf = (epoch: number, figures: Record<string, number>): EpochReport => ({
  epoch,
  cost: 0,
  loss: 0,
  learningRate: 1,
  examplesPerSecond: 1,
  ...figures,
})

/** Stands in for a trainer whose state is a number. */
const runnerOf = (state: { now: number }): Runner =>
  ({
    state: {
      snapshot: () => Uint8Array.of(state.now),
      restore: ([kept]: Uint8Array) => (state.now = kept!),
    },
  }) as unknown as Runner

const allTallies = tallyLayout('fit', 3, 'oneClass', { metrics: metricNames })

/** After which epoch training ends, by one figure an epoch, and what is kept. */
function stopped(
  options: EarlyStopping,
  values: number[],
  name = options.monitor!,
): { after: number | undefined; best: number | undefined; state: number } {
  const state = { now: 0 }
  const stopper = createStopper(runnerOf(state), 'fit', options, allTallies, true)
  let after: number | undefined
  for (const [i, value] of values.entries()) {
    state.now = i + 1
    if (!stopper.observe(reportOf(i + 1, { [name]: value }))) continue
    after = i + 1
    break
  }
  return { after, best: stopper.restore(), state: state.now }
}

describe('early stopping', () => {
  const figures = metricNames
    .filter((name) => name !== 'confusionMatrix')
    .flatMap((name) => [name, `validation${name[0]!.toUpperCase()}${name.slice(1)}`])
  it.each(['cost', 'validationCost', ...figures])(
    '%s: the best is the lowest of costs, errors and losses, the highest of all others',
    (name) => {
      const monitor = name as NonNullable<EarlyStopping['monitor']>
      const falls = /cost|error|loss/i.test(name)
      const values = [0.5, 0.7, 0.3, 0.4, 0.6]
      const best = falls ? 3 : 2
      expect(stopped({ monitor, patience: 9 }, values)).toEqual({
        after: undefined,
        best,
        state: best,
      })
    },
  )

  it('ends after `patience` epochs in a row without an improvement, 0 as 1, and goes back to the best', () => {
    const costs = [5, 4, 6, 3, 7, 8, 9, 1]
    for (const [patience, after, best] of [
      [undefined, 3, 2],
      [0, 3, 2],
      [1, 3, 2],
      [2, 6, 4],
      [3, 7, 4],
      [4, undefined, 8],
    ] as const)
      expect(
        stopped({ monitor: 'cost', patience }, costs),
        `patience ${patience ?? 'by default'}`,
      ).toEqual({ after, best, state: best })
  })

  it('an improvement is one by more than minimumChange, from the best so far', () => {
    const costs = [1, 0.75, 0.5, 0.25]
    expect(stopped({ monitor: 'cost', minimumChange: 0.25, patience: 9 }, costs).best).toBe(3)
    expect(stopped({ monitor: 'cost', minimumChange: 0.5, patience: 9 }, costs).best).toBe(4)
    expect(stopped({ monitor: 'cost', minimumChange: 0.75, patience: 9 }, costs).best).toBe(1)
    expect(stopped({ monitor: 'cost', patience: 9 }, [1, 1, 1]).best).toBe(1)
    const rising = [0, 0.25, 0.5, 0.75]
    expect(stopped({ monitor: 'accuracy', minimumChange: 0.25, patience: 9 }, rising).best).toBe(3)
  })

  it('without a name it is the cost of the validation, or where there is none the loss of training, not its cost', () => {
    expect(stopped({ patience: 9 }, [3, 1, 2], 'validationCost').best).toBe(2)
    const state = { now: 7 }
    const stopper = createStopper(runnerOf(state), 'fit', {}, allTallies, false)
    expect(stopper.observe(reportOf(1, { loss: 2, cost: 9 }))).toBe(false)
    expect(stopper.observe(reportOf(2, { loss: 1, cost: 8 }))).toBe(false)
    expect(stopper.observe(reportOf(3, { loss: 1, cost: 7 }))).toBe(true)
    expect(stopper.restore()).toBe(2)
  })

  it('without any epoch it restores nothing', () => {
    const state = { now: 7 }
    const stopper = createStopper(runnerOf(state), 'fit', {}, allTallies, false)
    expect(stopper.restore()).toBeUndefined()
    expect(state.now).toBe(7)
  })

  it('a figure that is not reported, or is no number, is an error that names those that are', () => {
    const create =
      (monitor: string, validates: boolean): (() => unknown) =>
      () =>
        createStopper(
          runnerOf({ now: 0 }),
          'epochs',
          { monitor: monitor as 'cost' },
          tallyLayout('', 3, 'oneClass', { metrics: ['confusionMatrix'] }),
          validates,
        )
    expect(create('f1', false)).toThrow(InputError)
    expect(create('f1', false)).toThrow(
      "epochs: earlyStopping.monitor: expected a figure that is reported here (cost, loss, accuracy), got 'f1'",
    )
    expect(create('confusionMatrix', true)).toThrow(
      "(cost, loss, accuracy, validationCost, validationAccuracy), got 'confusionMatrix'",
    )
    for (const name of ['cost', 'accuracy', 'validationCost', 'validationAccuracy'])
      expect(create(name, true)).not.toThrow()
  })
})

describe('plateaus', () => {
  /** Keras's ReduceLROnPlateau (keras.callbacks), mode 'min', as its source has it. */
  function kerasRates(
    losses: number[],
    {
      learningRate,
      factor,
      patience,
      minimumChange,
      cooldown,
    }: Omit<ReturnType<typeof reduceOnPlateau>, 'name' | 'minimum'>,
  ): number[] {
    let [rate, best, wait, cooldownCounter] = [learningRate, Infinity, 0, 0]
    return losses.map((loss) => {
      if (cooldownCounter > 0) {
        cooldownCounter -= 1
        wait = 0
      }
      if (loss < best - minimumChange) {
        best = loss
        wait = 0
      } else if (cooldownCounter <= 0) {
        wait += 1
        if (wait >= patience) {
          rate *= factor
          cooldownCounter = cooldown
          wait = 0
        }
      }
      return rate
    })
  }
  const ratesOf = (schedule: ReturnType<typeof reduceOnPlateau>, losses: number[]): number[] => {
    const plateau = createPlateau(schedule)!
    return losses.map((loss, i) => {
      plateau.observe(reportOf(i + 1, { validationCost: loss }))
      return schedule.learningRate * plateau.reduction
    })
  }

  it('the epochs after a fall that `cooldown` says are not counted, but may be the best', () => {
    const options = { learningRate: 1, factor: 0.5, patience: 2, minimumChange: 0 }
    const flat = [1, 1, 1, 1, 1, 1, 1]
    expect(ratesOf(reduceOnPlateau(options), flat)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25, 0.125])
    expect(ratesOf(reduceOnPlateau({ ...options, cooldown: 2 }), flat)).toEqual([
      1, 1, 0.5, 0.5, 0.5, 0.25, 0.25,
    ])
    expect(
      ratesOf(reduceOnPlateau({ ...options, cooldown: 1 }), [2, 2, 2, 1, 1.5, 1.5, 1.5]),
    ).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
  })

  it("are those of Keras's rule, whatever the losses", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 40 }),
        fc.record({
          learningRate: fc.constant(1),
          factor: fc.constantFrom(0.5, 0.25),
          patience: fc.integer({ min: 0, max: 4 }),
          minimumChange: fc.integer({ min: 0, max: 2 }),
          cooldown: fc.integer({ min: 0, max: 4 }),
        }),
        (losses, options) => {
          expect(ratesOf(reduceOnPlateau(options), losses)).toEqual(kerasRates(losses, options))
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })

  it('without a validation they are those of the loss; there are none without the schedule', () => {
    const schedule = reduceOnPlateau({ learningRate: 1, factor: 0.5, patience: 1 })
    const plateau = createPlateau(warmUp({ epochs: 2, then: schedule }))!
    expect(plateau.reduction).toBe(1)
    for (const loss of [3, 2, 2]) plateau.observe(reportOf(1, { loss }))
    expect(plateau.reduction).toBe(0.5)
    expect(createPlateau(0.1)).toBeUndefined()
    expect(createPlateau(cosineDecay({ learningRate: 1, epochs: 3 }))).toBeUndefined()
  })
})
