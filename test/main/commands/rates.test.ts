// shardgrad rates.

import { expect, it } from 'vitest'
import { shardgrad } from '../support.js'

it('--find says the cost at rising rates, and suggests one', async () => {
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
