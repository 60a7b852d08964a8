import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adviceOn, describeAdvice } from '../../../dist/main/commands/advice.js'
import { loadDataSet } from '../../../dist/main/index.js'
import { emptyHistory } from '../../../dist/main/training/history.js'
import { shardgrad } from '../support.js'

const digits = await loadDataSet('digits')
const line = await loadDataSet('line')
/** The advice on made-up figures of a training on the digits, whose labels are nearly balanced. */
const onDigits = (figures: Partial<ReturnType<typeof emptyHistory>>): unknown => {
  const length = (figures.loss ?? figures.validationCost)!.length
  const epoch = Array.from({ length }, (_, i) => i + 1)
  const learned = { loss: epoch.map(() => 0.1), accuracy: epoch.map(() => 1) }
  const history = { ...emptyHistory(), epoch, ...learned, ...figures }
  return adviceOn('digits', digits, 'categoricalCrossEntropy', history, digits)
}

describe('the held-out cost', () => {
  const rising = [1, 0.5, 0.6, 0.2, 0.3, 0.3, 0.3, 0.4, 0.4]
  it('was half as high long before the end: epoch, costs and a patience', () => {
    const advice = onDigits({ validationCost: rising })
    expect(advice).toMatchObject({ kind: 'stopEarlier', epoch: 4, epochs: 9, patience: 5 })
    expect(describeAdvice(advice as never)).toBe(
      'the held-out cost was lowest in epoch 4 of 9 (0.200, now 0.400): --patience 5 would keep those parameters',
    )
  })

  it.each([
    ['not long ago', { validationCost: rising.slice(0, 8) }],
    ['a little lower', { validationCost: [...rising, 0.39] }],
    [
      'for too small a share of the epochs',
      {
        validationCost: [...Array.from({ length: 90 }, (_, i) => 1 - 0.01 * i), 1, 1, 1, 1, 1, 1],
      },
    ],
    [
      'while more is right now',
      {
        validationCost: rising,
        validationAccuracy: rising.map((_, i) => 0.9 + i / 1000),
      },
    ],
    ['but early stopping has chosen', { validationCost: rising, bestEpoch: 4 }],
    ['is not there', { loss: [0.1] }],
  ])('%s: nothing to say', (_, figures) => expect(onDigits(figures)).toBeUndefined())

  it('with the patience that is advised, early stopping ends with just those parameters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }),
        (validationCost) => {
          const advice = onDigits({ validationCost }) as
            { epoch: number; patience: number } | undefined
          fc.pre(advice !== undefined)
          let [best, waited] = [0, 0]
          for (let i = 1; i < validationCost.length && waited < advice.patience; i++) {
            if (validationCost[i]! < validationCost[best]!) [best, waited] = [i, 0]
            else waited++
          }
          expect(best + 1).toBe(advice.epoch)
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('nothing is learned', () => {
  it('where the loss is that of one answer for all, whatever L2 adds to the cost, and the accuracy that of one class', () => {
    const advice = onDigits({ loss: [2.4, 2.31], cost: [2.4, 1], accuracy: [0.1, 0.11] })
    expect(advice).toMatchObject({
      kind: 'learnedNothing',
      costOfOneAnswer: expect.closeTo(Math.log(10), 3),
      command: 'shardgrad rates digits --find',
    })
  })

  it.each([
    ['the accuracy is better', { loss: [2.4, 2.31], accuracy: [0.1, 0.2] }],
    ['the loss is lower', { loss: [2.4, 2.2], cost: [9, 9], accuracy: [0.1, 0.1] }],
  ])('but not where %s', (_, figures) => expect(onDigits(figures)).toBeUndefined())

  it('of a regression: the cost is the variance of the targets', () => {
    const targets = Array.from(line.targets)
    const mean = targets.reduce((a, y) => a + y) / targets.length
    const squares = targets.map((y) => (y - mean) ** 2)
    const variance = squares.reduce((a, b) => a + b) / squares.length
    const at = (loss: number): unknown =>
      adviceOn(
        'line',
        line,
        'meanSquaredError',
        { ...emptyHistory(), epoch: [1], loss: [loss] },
        line,
      )
    expect(at(variance)).toMatchObject({ costOfOneAnswer: expect.closeTo(variance, 10) })
    expect(at(0.9 * variance)).toBeUndefined()
  })
})

it('the command line says it to a person, and to a program as a field', async () => {
  const nothing = [
    'train',
    'digits',
    '--epochs',
    '2',
    '--learning-rate',
    '1e-9',
    '--backend',
    'wasm',
  ]
  expect((await shardgrad(nothing)).err).toMatch(
    /^it has learned nothing: .* \(shardgrad rates digits --find\)$/m,
  )
  const { events, err } = await shardgrad([...nothing, '--json'])
  expect(err).toBe('')
  expect(events.at(-1)).toMatchObject({ event: 'end', advice: { kind: 'learnedNothing' } })
})
