import { expect, it } from 'vitest'

interface Result {
  microsecondsPerStep?: number
  gflops?: number
  remark?: string
  error?: string
}
const url = new URL('../../../bench/peers/turns.js', import.meta.url)
const { inTurn } = (await import(url.href)) as {
  inTurn: (
    contestants: { name: string }[],
    rounds: number,
    measure: (contestant: { name: string }, round: number) => Promise<Result>,
  ) => Promise<{ figures: Record<string, object>; failures: Record<string, string> }>
}
const contestants = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]

it('everyone has a first round before anyone has a second', async () => {
  const order: string[] = []
  await inTurn(contestants, 3, ({ name }, round) => {
    order.push(name + String(round))
    return Promise.resolve({ microsecondsPerStep: 1, gflops: 1 })
  })
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3'])
})

it('best, median and worst of the rounds', async () => {
  const times = [30.5, 10, 20, 40]
  const { figures } = await inTurn([{ name: 'a' }], 4, (_, round) =>
    Promise.resolve({ microsecondsPerStep: times[round - 1]!, gflops: 100 / times[round - 1]! }),
  )
  expect(figures).toEqual({
    a: {
      microsecondsPerStep: 10,
      medianMicrosecondsPerStep: 25.3,
      worstMicrosecondsPerStep: 40,
      gflops: 10,
      remark: undefined,
    },
  })
})

it('who fails or is slow is asked once', async () => {
  const asked: string[] = []
  const { figures, failures } = await inTurn(contestants, 2, ({ name }) => {
    asked.push(name)
    return Promise.resolve(
      name === 'a'
        ? { error: 'no' }
        : { microsecondsPerStep: 1, gflops: 1, ...(name === 'b' && { remark: 'slow' }) },
    )
  })
  expect(asked).toEqual(['a', 'b', 'c', 'c'])
  expect(failures).toEqual({ a: 'no' })
  expect(Object.keys(figures)).toEqual(['b', 'c'])
})
