// Which elements dropout leaves out.

import { expect, it } from 'vitest'
import { dropoutKey, keeps, rowKey } from '../../../dist/shared/formulas/dropout.js'

const [ROWS, COLUMNS] = [400, 50]
const kept = (key: number, share: number): boolean[] =>
  Array.from({ length: ROWS * COLUMNS }, (_, i) =>
    keeps(rowKey(key, Math.floor(i / COLUMNS)), i % COLUMNS, share),
  )
const shareOf = (values: boolean[]): number => values.filter(Boolean).length / values.length

it('leaves out its share, within five standard errors; of 0 none', () => {
  for (const share of [0, 0.1, 0.5, 0.9])
    expect(Math.abs(shareOf(kept(dropoutKey(1, 0, 0), share)) - (1 - share))).toBeLessThanOrEqual(
      5 * Math.sqrt((share * (1 - share)) / (ROWS * COLUMNS)),
    )
})

it('what a small share leaves out, a larger one does', () => {
  const [few, many] = [kept(7, 0.2), kept(7, 0.6)]
  many.forEach((keep, i) => {
    if (keep) expect(few[i]).toBe(true)
  })
})

it('is drawn anew for every seed, epoch, layer, example and column: half of them agree', () => {
  const first = kept(dropoutKey(1, 2, 3), 0.5)
  expect(kept(dropoutKey(1, 2, 3), 0.5)).toEqual(first)
  const agree = (other: boolean[]): number => shareOf(other.map((keep, i) => keep === first[i]))
  for (const [what, other] of Object.entries({
    seed: kept(dropoutKey(2, 2, 3), 0.5),
    'seed beyond 32 bits': kept(dropoutKey(1 + 2 ** 40, 2, 3), 0.5),
    epoch: kept(dropoutKey(1, 3, 3), 0.5),
    layer: kept(dropoutKey(1, 2, 4), 0.5),
    'layer for epoch': kept(dropoutKey(1, 3, 2), 0.5),
    example: first.slice(COLUMNS),
    column: first.slice(1),
  }))
    expect(Math.abs(agree(other) - 0.5), what).toBeLessThan(5 * Math.sqrt(0.25 / other.length))
})

it('is the same on every machine, now and always', () => {
  const key = dropoutKey(1, 0, 0)
  const pattern = (row: number): string =>
    Array.from({ length: 16 }, (_, column) => (keeps(rowKey(key, row), column, 0.5) ? 1 : 0)).join(
      '',
    )
  expect([0, 1, 2].map(pattern)).toEqual([
    '1101101110010101',
    '1000010110111000',
    '1100000011000011',
  ])
})
