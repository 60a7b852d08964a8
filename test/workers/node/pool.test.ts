// The pool of threads.

import { afterEach, describe, expect, it } from 'vitest'
import { compileKernels } from '../../../dist/main/runtime/node/compiled-kernels.js'
import type { WorkerTask } from '../../../dist/shared/protocol.js'
import type { Pool } from '../../../dist/workers/coordinator.js'
import { createPool } from '../../../dist/workers/node/pool.js'

const script = (name: string): string => new URL(`../../fixtures/${name}`, import.meta.url).href
let pool: Pool | undefined
const start = (threads: number, name = 'pool-worker.js'): Pool =>
  (pool = createPool(script(name), threads, {
    compiled: compileKernels('kernels'),
    blas: undefined,
  }))
afterEach(() => pool?.close())

/** Tasks that wait for one another; the threads they ran on. */
async function threadsOf(of: Pool, tasks: number): Promise<number[]> {
  const words = new Int32Array(new SharedArrayBuffer(4 * (1 + tasks)))
  await Promise.all(
    Array.from({ length: tasks }, (_, index) =>
      of.perform({ words, tasks, index } as unknown as WorkerTask),
    ),
  )
  return Array.from(words.subarray(1))
}
const ending = (end: 'throw' | 'exit'): WorkerTask => ({ end }) as unknown as WorkerTask

it.each([1, 3])(
  '%i tasks at once are each on a thread of its own, the same ones every time',
  async (threads) => {
    const own = start(threads)
    const first = await threadsOf(own, threads)
    expect(new Set(first).size).toBe(threads)
    expect(first).not.toContain(0)
    for (let round = 0; round < 20; round++)
      expect((await threadsOf(own, threads)).sort()).toEqual([...first].sort())
  },
)

describe('rejects the one task', () => {
  it('that throws, with its message; its thread goes on', async () => {
    const own = start(2)
    const before = await threadsOf(own, 2)
    await expect(own.perform(ending('throw'))).rejects.toThrow('a test broke this task')
    expect((await threadsOf(own, 2)).sort()).toEqual(before.sort())
  })

  it('whose thread exits; another thread takes its place', async () => {
    const own = start(2)
    const before = await threadsOf(own, 2)
    await expect(own.perform(ending('exit'))).rejects.toThrow(/exit/i)
    const after = await threadsOf(own, 2)
    expect(new Set(after).size).toBe(2)
    expect(after.filter((thread) => before.includes(thread))).toHaveLength(1)
  })
})

it('close ends threads that would wait for a minute: within 5 s', async () => {
  const own = start(2, 'blocking-worker.js')
  const task = own.perform(ending('throw')).then(
    () => 'done',
    () => 'rejected',
  )
  await own.close()
  expect(await task).toBe('rejected')
}, 5000)
