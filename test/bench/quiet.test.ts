import { afterEach, beforeEach, expect, it, vi } from 'vitest'

const url = new URL('../../bench/quiet.js', import.meta.url)
const { WAIT_SECONDS, shareKept, waitForQuiet } = (await import(url.href)) as {
  WAIT_SECONDS: number
  shareKept: (times: number[]) => number
  waitForQuiet: (
    measure: () => Promise<number>,
    pause: () => Promise<void>,
  ) => Promise<{ quiet: boolean; share: number }>
}

let lines: string[]
beforeEach(() => {
  lines = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
})
afterEach(() => {
  vi.restoreAllMocks()
})

function machineOf(shares: number[]) {
  const asked = { measurements: 0, pauses: 0 }
  return {
    asked,
    result: waitForQuiet(
      () => Promise.resolve(shares[Math.min(asked.measurements++, shares.length - 1)]!),
      () => {
        asked.pauses++
        return Promise.resolve()
      },
    ),
  }
}

it('a quiet machine is said to be so in one line, without waiting', async () => {
  const { result, asked } = machineOf([0.99])
  expect(await result).toEqual({ quiet: true, share: 0.99 })
  expect(asked).toEqual({ measurements: 1, pauses: 0 })
  expect(lines).toEqual(["quiet: 99 % of the cores' time is ours"])
})

it('a busy machine is waited for', async () => {
  const { result, asked } = machineOf([0.5, 0.7, 0.97])
  expect(await result).toEqual({ quiet: true, share: 0.97 })
  expect(asked).toEqual({ measurements: 3, pauses: 2 })
  expect(lines).toHaveLength(2)
})

it('a machine that stays busy is waited for a bounded time, and the results say so', async () => {
  const { result, asked } = machineOf([0.5])
  expect(await result).toEqual({ quiet: false, share: 0.5 })
  expect(asked.pauses).toBeLessThanOrEqual(WAIT_SECONDS)
  expect(lines.at(-1)).toMatch(/^WARNING, still not quiet: others take 50 %/)
})

it('the share kept is 1 where all pieces take the same, and what longer ones leave of it', () => {
  expect(shareKept(Array.from({ length: 100 }, () => 2))).toBe(1)
  const halfTwiceAsLong = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : 2))
  expect(shareKept(halfTwiceAsLong)).toBeCloseTo(2 / 3)
})
