// shardgrad info.

import { expect, it } from 'vitest'
import { shardgrad } from '../support.js'

it('--json names cores, SIMD and backends', async () => {
  const { code, events } = await shardgrad(['info', '--json'])
  expect(code).toBe(0)
  expect(events[0]).toMatchObject({ event: 'info', cores: expect.any(Number), simd: true })
})
