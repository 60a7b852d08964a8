import { Worker } from 'node:worker_threads'
import { expect, it, vi } from 'vitest'
import {
  AbortedRun,
  abortRun,
  createBarrier,
  leaveIfAborted,
} from '../../../dist/shared/arena/barrier.js'
import { CONTROL_BYTES, Control, resetControl } from '../../../dist/shared/arena/control.js'

interface Meeting {
  buffer: SharedArrayBuffer
  answers: Promise<unknown[]>
}

function start(threads: number, workers: number, rounds: number, spins: boolean): Meeting {
  const buffer = new SharedArrayBuffer(8192)
  const answers = Array.from(
    { length: threads },
    async (_, index) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL('../../fixtures/barrier-worker.js', import.meta.url), {
          workerData: { buffer, workers, index, rounds, spins },
        })
        worker.once('message', resolve)
        worker.once('error', reject)
      }),
  )
  return { buffer, answers: Promise.all(answers) }
}

for (const workers of [1, 2, 3, 5]) {
  for (const spins of [false, true]) {
    it(`${workers} workers ${spins ? 'that spin first' : 'that sleep at once'}: every write before a meeting is seen in its serial part, which runs once`, async () => {
      const rounds = workers > 2 && spins ? 200 : 2000
      const { buffer, answers } = start(workers, workers, rounds, spins)
      expect(await answers).toEqual(Array.from({ length: workers }, () => 'done'))
      expect(new Int32Array(buffer, 4096)[0]).toBe((rounds * workers * (workers + 1)) / 2)
      expect(new Int32Array(buffer)[Control.arrived]).toBe(0)
    })
  }
}

it('abortRun wakes everybody who waits for a worker that never comes', async () => {
  for (const spins of [false, true]) {
    const { buffer, answers } = start(2, 3, 1, spins)
    const words = new Int32Array(buffer)
    while (Atomics.load(words, Control.arrived) < 2)
      await new Promise((resolve) => void setImmediate(resolve))
    abortRun(words)
    expect(await answers).toEqual(['AbortedRun', 'AbortedRun'])
  }
})

it('whoever arrives early at a barrier of a run already called off leaves at once, spinning or not; a new run may use the words again', () => {
  for (const spins of [false, true]) {
    const words = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES))
    expect(() => leaveIfAborted(words)).not.toThrow()
    abortRun(words)
    expect(() => leaveIfAborted(words)).toThrow(AbortedRun)
    expect(() =>
      createBarrier(words, 2, spins)(() => expect.unreachable('the serial part ran')),
    ).toThrow(AbortedRun)
    resetControl(words)
    expect(() => leaveIfAborted(words)).not.toThrow()
    let serial = 0
    createBarrier(words, 1, spins)(() => (serial += 1))
    expect(serial).toBe(1)
  }
})

it('one worker alone runs the serial part of every meeting, in order, before it goes on', () => {
  const words = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES))
  const meet = createBarrier(words, 1, false)
  const seen: string[] = []
  for (let round = 0; round < 3; round++) {
    meet(() => seen.push(`serial ${round}`))
    seen.push(`after ${round}`)
  }
  expect(seen).toEqual(['serial 0', 'after 0', 'serial 1', 'after 1', 'serial 2', 'after 2'])
})

it('whoever is let go may come to the next meeting at once: its arrival is counted', () => {
  const writes = ['add', 'sub', 'store', 'exchange'] as const
  type Write = (words: Int32Array, at: number, value: number) => number
  const atomics = Atomics as unknown as Record<(typeof writes)[number], Write>
  const words = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES))
  const meet = createBarrier(words, 2, false)
  for (let meeting = 0; meeting < 3; meeting++) {
    words[Control.arrived] = 1 // the other worker waits
    const round = words[Control.round]!
    let isLetGo = false
    const spies = writes.map((name) => {
      const write = atomics[name]
      return vi.spyOn(atomics, name).mockImplementation((array, at, value) => {
        const answer = write(array, at, value)
        if (!isLetGo && words[Control.round] !== round) {
          isLetGo = true
          words[Control.arrived]! += 1
        }
        return answer
      })
    })
    meet(() => expect(isLetGo).toBe(false))
    for (const spy of spies) spy.mockRestore()
    expect(words[Control.arrived], `arrivals after meeting ${meeting}`).toBe(1)
  }
})
