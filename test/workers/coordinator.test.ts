import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { expect, it } from 'vitest'
import { compileKernels } from '../../dist/main/runtime/node/compiled-kernels.js'
import { createArena } from '../../dist/shared/arena/arena.js'
import { createCoordinator } from '../../dist/workers/coordinator.js'
import type { Run } from '../../dist/shared/protocol.js'

it('a terminated worker fails the run, with its number, and all threads are gone', async () => {
  const piscina = new Piscina({
    filename: fileURLToPath(new URL('../fixtures/blocking-worker.js', import.meta.url)),
    minThreads: 2,
    maxThreads: 2,
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
  })
  const coordinator = createCoordinator(() => ({
    threads: 2,
    perform: async (task) => piscina.run(task) as Promise<void>,
    close: async () => piscina.destroy(),
  }))
  coordinator.equip({ compiled: compileKernels('kernels'), blas: undefined })
  const threads = [...piscina.threads]
  const ended = Promise.all(
    threads.map((thread) => new Promise((resolve) => void thread.once('exit', resolve))),
  )
  const running = coordinator.run({ kind: 'evaluate', workers: 2 } as Run, {
    number: 0,
    memory: createArena(65536),
  })
  await Promise.all(
    threads.map((thread) => new Promise((resolve) => void thread.once('online', resolve))),
  )
  await threads[1]!.terminate()
  const result = await running
  expect(result).toMatchObject({ kind: 'failed', worker: 1 })
  await ended
})

it('a run before it is equipped is refused', async () => {
  const coordinator = createCoordinator(() => expect.unreachable('a pool was started'))
  await expect(
    coordinator.run({ kind: 'evaluate', workers: 1 } as Run, {
      number: 0,
      memory: createArena(65536),
    }),
  ).rejects.toThrow(/internal: .*equipped/)
  await coordinator.close()
})
