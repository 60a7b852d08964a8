import { expect, it } from 'vitest'
import { startCoordinator } from '../../../dist/main/runtime/node/coordinator-thread.js'
import { createArena } from '../../../dist/shared/arena/arena.js'
import type { Run } from '../../../dist/shared/protocol.js'

it('an error of the coordinator itself comes back as a failure, with its stack there', async () => {
  const coordinator = startCoordinator(new URL('no-such-worker.js', import.meta.url))
  try {
    const arena = { number: 0, memory: createArena(65536) }
    const result = await coordinator.run({ kind: 'evaluate', workers: 1 } as Run, arena)
    expect(result).toMatchObject({
      kind: 'coordinatorFailed',
      error: { name: 'Error', message: 'internal: a run before the coordinator was equipped' },
    })
    expect((result as { error: { stack: string } }).error.stack).toMatch(/coordinator\.js/)
  } finally {
    await coordinator.close()
  }
})
