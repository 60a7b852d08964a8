import { createNodePlatform } from '../../dist/main/runtime/node/platform.js'
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Trainer,
  DivergenceError,
  WorkerError,
  dense,
  isShardgradError,
  sgd,
} from '../../dist/main/index.js'
import { createTrainerOn } from '../../dist/main/trainer-calls.js'
import { backendsHere } from '../machine.js'

const fixture = (name: string): URL => new URL(`../fixtures/${name}`, import.meta.url)
const examples = {
  inputs: Float32Array.from({ length: 800 }, (_, i) => ((i * 37) % 101) / 101),
  targets: Uint8Array.from({ length: 200 }, (_, i) => i % 3),
}
const options = { epochs: 20, batchSize: 20, shuffle: false } as const

const armed = join(tmpdir(), `shardgrad-fault-${process.pid}`)
process.env.FAULT_ARMED = armed

/** As test/fixtures/faulty-worker.js has them. */
type Fault = 'throw' | 'cause' | 'text' | 'undefined' | 'exit'

/** What a promise rejects with. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('it resolved'),
    (reason: unknown) => reason,
  )
}

/** A trainer whose worker 1 fails once, at its claim number `at`; never if `fault` is undefined. */
async function createFaulty(fault: Fault | undefined, at = 60): Promise<Trainer> {
  process.env.FAULT = fault
  process.env.FAULT_AT = String(at)
  if (fault) writeFileSync(armed, '')
  return createTrainerOn(createNodePlatform(fixture('faulty-worker.js')), {
    network: { inputs: 4, layers: [dense(5, 'tanh'), dense(3, 'softmax')] },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.1 }),
    workers: 2,
    shards: 4,
    seed: 3,
  })
}

afterEach(() => rmSync(armed, { force: true }))

describe('a worker that fails', () => {
  for (const [fault, cause] of [
    ['throw', 'a test broke this worker'],
    ['text', 'a test broke this worker'],
    ['undefined', 'nothing'],
    ['exit', 'exit'],
  ] as const) {
    it(`${fault}: fit rejects with a WorkerError that names worker, epoch, step and cause; the next call works`, async () => {
      const trainer = await createFaulty(fault)
      const before = trainer.parametersHash()
      const error: unknown = await trainer.fit(examples, options).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(WorkerError)
      const { worker, epoch, step, message } = error as WorkerError
      expect(worker).toBe(1)
      expect(epoch).toBeGreaterThanOrEqual(1)
      expect(step).toBeGreaterThanOrEqual(1)
      expect(step).toBeLessThanOrEqual(10)
      expect(message).toMatch(
        new RegExp(`worker 1 failed in epoch ${epoch}, step ${step}: .*${cause}`),
      )
      expect(trainer.parametersHash()).not.toBe(before) // the fault comes after some steps
      const history = await trainer.fit(examples, options)
      expect(history.cost).toHaveLength(20)
      expect(history.cost.every(Number.isFinite)).toBe(true)
      await trainer.close()
    })
  }

  it('the error of a worker reaches the caller whole: name, message, code, stack and cause', async () => {
    await using trainer = await createFaulty('cause')
    const error = (await rejectionOf(trainer.fit(examples, options))) as WorkerError
    expect(error).toMatchObject({ name: 'WorkerError', code: 'SHARDGRAD_WORKER' })
    expect(isShardgradError(error)).toBe(true)
    const cause = error.cause as Error
    expect(cause).toBeInstanceOf(Error)
    expect(cause).toMatchObject({
      name: 'KernelError',
      message: 'a test broke this worker',
      code: 'KERNEL',
      cause: { name: 'RangeError', message: 'a disk is full', code: 'ENOSPC' },
    })
    expect(cause.stack).toMatch(/KernelError: a test broke this worker\n.*faulty-worker\.js/)
    expect((cause.cause as Error).stack).toMatch(/faulty-worker\.js/)
    expect(isShardgradError(cause)).toBe(false)
  })

  it('a thread that ends leaves what is known as the cause', async () => {
    await using trainer = await createFaulty('exit')
    const { cause } = (await rejectionOf(trainer.fit(examples, options))) as WorkerError
    expect(cause).toBeInstanceOf(Error)
    expect((cause as Error).message).toMatch(/exited with code: 3/)
  })

  it('keeps exactly the committed steps: the same bits as a run of that many steps', async () => {
    const trainer = await createFaulty('throw')
    const error = await trainer.fit(examples, { ...options, epochs: 400, batchSize: 'all' }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    const { epoch } = error as WorkerError // one step an epoch, so epoch - 1 were committed
    const kept = trainer.parametersHash()
    await trainer.close()
    const whole = await createFaulty(undefined)
    await whole.fit(examples, { ...options, epochs: epoch - 1, batchSize: 'all' })
    expect(kept).toBe(whole.parametersHash())
    await whole.close()
  })

  it('rejects within 2 s when a worker runs out of heap, and the next call works', async () => {
    writeFileSync(armed, '')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--max-old-space-size=64', fileURLToPath(fixture('heap-exhaustion.js'))],
      { env: { ...process.env, FAULT: 'heap', FAULT_AT: '3' } },
    )
    const { name, worker, message, cause, evaluated } = JSON.parse(stdout) as {
      name: string
      worker: number
      message: string
      cause: string
      evaluated: number
    }
    expect(name).toBe('WorkerError')
    expect(worker).toBe(1)
    expect(message).toMatch(/memory/)
    expect(cause).toBe('ERR_WORKER_OUT_OF_MEMORY')
    expect(evaluated).toBe(100)
  })

  it('a coordinator that dies is a WorkerError too; the parameters can still be read', async () => {
    const coordinator = new Promise<Worker>((resolve) => void process.once('worker', resolve))
    const trainer = await createFaulty(undefined)
    const hash = trainer.parametersHash()
    const fitting = rejectionOf(trainer.fit(examples, { ...options, epochs: 1e6 }))
    await (await coordinator).terminate()
    for (const error of [await fitting, await rejectionOf(trainer.evaluate(examples))])
      expect(error).toMatchObject({
        code: 'SHARDGRAD_WORKER',
        worker: 'coordinator',
        message: expect.stringMatching(/^the coordinator failed: its thread ended with code \d$/),
        cause: { message: expect.stringMatching(/^its thread ended with code \d$/) },
      })
    expect(trainer.parametersHash()).toHaveLength(hash.length)
    await trainer.close()
  })

  it('a worker script that cannot be loaded is a WorkerError, not a hang', async () => {
    const trainer = await createTrainerOn(createNodePlatform(fixture('no-such-worker.js')), {
      network: { inputs: 4, layers: [dense(3, 'softmax')] },
      loss: 'categoricalCrossEntropy',
      workers: 2,
    })
    await expect(trainer.evaluate(examples)).rejects.toThrow(/no-such-worker/)
    await trainer.close()
  })
})

describe('divergence', () => {
  it('stops with the epoch, the step and the last finite cost, which the kept parameters still have', async () => {
    for (const backend of backendsHere) {
      const line = { inputs: Float64Array.of(1, 2, 3, 4), targets: Float64Array.of(3, 6, 9, 12) }
      const trainer = await createTrainerOn(createNodePlatform(), {
        network: { inputs: 1, layers: [dense(1)] },
        loss: 'meanSquaredError',
        optimizer: sgd({ learningRate: 1 }),
        backend,
      })
      const error = await trainer.fit(line, { epochs: 1000, batchSize: 'all' }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(DivergenceError)
      const { epoch, step, lastFiniteCost, message } = error as DivergenceError
      expect(step).toBe(1)
      expect(message).toContain(`epoch ${epoch}, step 1`)
      const { cost } = await trainer.evaluate(line)
      expect(cost).toBe(lastFiniteCost)
      expect(trainer.getParameters().weights[0]!.every(Number.isFinite)).toBe(true)
      await trainer.close()
    }
  })
})

it("a program that comes by standard input, with --input-type, can train: its threads take none of the caller's options", async () => {
  const program = `
    import { createTrainer, dense } from '${new URL('../../dist/main/index.js', import.meta.url).href}'
    const trainer = await createTrainer({ network: { inputs: 1, layers: [dense(1)] }, loss: 'meanSquaredError', workers: 2, shards: 2 })
    console.log((await trainer.fit({ inputs: Float32Array.of(1, 2), targets: Float32Array.of(1, 2) })).epoch.length)
    await trainer.close()`
  const running = promisify(execFile)(process.execPath, ['--input-type=module'])
  running.child.stdin!.end(program)
  expect((await running).stdout).toBe('1\n')
})
