// When checkpoints are copied, where they go, and what becomes of failures: on a stand-in for the
// trainer and the disk.

import { describe, expect, it } from 'vitest'
import type { CheckpointOptions, EpochReport } from '../../../dist/main/index.js'
import { createCheckpoints, nameBeside } from '../../../dist/main/training/checkpoints.js'
import { emptyHistory } from '../../../dist/main/training/history.js'
import { FileError } from '../../../dist/shared/errors.js'

const epoch = (number: number, loss = 1): EpochReport => ({
  epoch: number,
  cost: loss,
  loss,
  learningRate: 1,
  examplesPerSecond: 1,
})

/** A trainer whose copies are numbered, and a disk whose writes end when they are told to. */
function stage(
  options: Partial<CheckpointOptions>,
  before: number[] = [],
): {
  checkpoints: ReturnType<typeof createCheckpoints<number>>
  written: [image: number, file: string, keep: string | undefined][]
  warnings: string[]
  endWrite: (error?: Error) => Promise<void>
} {
  const written: [number, string, string | undefined][] = []
  const warnings: string[] = []
  const pending: ((error?: Error) => void)[] = []
  let copies = 0
  const training = { history: { ...emptyHistory(), loss: before }, validates: false }
  const checkpoints = createCheckpoints<number>(
    { file: 'a/run.safetensors', ...options },
    training,
    {
      copy: () => ++copies,
      write: async (image, file, keep) =>
        new Promise((resolve, reject) => {
          written.push([image, file, keep])
          pending.push((error) => (error ? reject(error) : resolve()))
        }),
      warn: (message) => warnings.push(message),
    },
  )
  const endWrite = async (error?: Error): Promise<void> => {
    pending.shift()!(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { checkpoints, written, warnings, endWrite }
}

const newest = 'a/run.safetensors'
const previous = 'a/run.previous.safetensors'

describe('checkpoints', () => {
  it('after every so many epochs, and at the end; the one before is kept', async () => {
    const { checkpoints, written, endWrite } = stage({ everyEpochs: 2 })
    for (let i = 1; i <= 5; i++) {
      checkpoints.note([epoch(i)])
      if (i % 2 === 0) await endWrite()
    }
    const end = checkpoints.finish()
    await endWrite()
    await end
    expect(written).toEqual([
      [1, newest, previous],
      [2, newest, previous],
      [3, newest, previous],
    ])
  })

  it('while one is being written none is copied, but the last one is', async () => {
    const { checkpoints, written, endWrite } = stage({ everyEpochs: 1 })
    for (let i = 1; i <= 5; i++) checkpoints.note([epoch(i)])
    const end = checkpoints.finish()
    await endWrite()
    await endWrite()
    await end
    expect(written.map(([image]) => image)).toEqual([1, 2])
  })

  it('of seconds: due when they are over, and never before', async () => {
    const { checkpoints, written, endWrite } = stage({ everySeconds: 1e-9 })
    checkpoints.note([])
    await endWrite()
    checkpoints.note([])
    expect(written).toHaveLength(2)
    const seldom = stage({})
    seldom.checkpoints.note([epoch(1)])
    expect(seldom.written).toHaveLength(0)
  })

  it('the best epoch has a file of its own', async () => {
    const { checkpoints, written, endWrite } = stage({ everyEpochs: 100, keepBest: true })
    for (const [i, loss] of [3, 2, 4, 1, 1].entries()) {
      checkpoints.note([epoch(i + 1, loss)])
      if (loss !== 4 && i < 4) await endWrite()
    }
    expect(written.map(([, file]) => file)).toEqual(Array(3).fill('a/run.best.safetensors'))

    const goingOn = stage({ everyEpochs: 100, keepBest: true }, [3, 2])
    goingOn.checkpoints.note([epoch(3, 2.5)])
    expect(goingOn.written).toEqual([])
    goingOn.checkpoints.note([epoch(4, 1.5)])
    expect(goingOn.written).toHaveLength(1)
  })

  it('a failed write is told, by a warning or to onError, and the next one is tried', async () => {
    const full = new FileError(newest, 'no space left on the device')
    const { checkpoints, warnings, written, endWrite } = stage({ everyEpochs: 1 })
    checkpoints.note([epoch(1)])
    await endWrite(full)
    expect(warnings).toEqual([`checkpoint: ${full.message}`])
    checkpoints.note([epoch(2)])
    expect(written).toHaveLength(2)

    const told: unknown[] = []
    const other = stage({ everyEpochs: 1, onError: (error) => told.push(error) })
    other.checkpoints.note([epoch(1)])
    await other.endWrite(full)
    expect(told).toEqual([full])
    expect(other.warnings).toEqual([])
  })

  it('what is thrown by onError, or is no matter of the file, comes out at the end', async () => {
    const bug = new TypeError('a bug')
    const { checkpoints, endWrite } = stage({ everyEpochs: 1 })
    checkpoints.note([epoch(1)])
    await endWrite(bug)
    const end = expect(checkpoints.finish()).rejects.toBe(bug)
    await endWrite()
    await end
  })
})

it.each([
  ['run.safetensors', 'run.best.safetensors'],
  ['a.b/run', 'a.b/run.best'],
  ['a/.hidden', 'a/.hidden.best'],
  ['a\\run.v2.safetensors', 'a\\run.v2.best.safetensors'],
])('beside %s: %s', (file, expected) => expect(nameBeside(file, 'best')).toBe(expected))
