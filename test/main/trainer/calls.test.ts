// Calls on a trainer: their turns, its end, and what it says of itself.

import { once } from 'node:events'
import { expect, it } from 'vitest'
import type { Trainer } from '../../../dist/main/index.js'
import { automatic } from '../../machine.js'
import { createAlone, examplesOf, rejection } from './support.js'

it('made at once run in turn', async () => {
  await using trainer = await createAlone()
  await using other = await createAlone()
  const [first, , outputs] = await Promise.all([
    trainer.fit(examplesOf(50), { epochs: 2 }),
    trainer.fit(examplesOf(50), { epochs: 1 }),
    trainer.predict(examplesOf(5).inputs as Float32Array),
  ])
  const firstAlone = await other.fit(examplesOf(50), { epochs: 2 })
  await other.fit(examplesOf(50), { epochs: 1 })
  expect(first.cost).toEqual(firstAlone.cost)
  expect(outputs).toEqual(await other.predict(examplesOf(5).inputs as Float32Array))
})

it('one that fails leaves those before and after it alone', async () => {
  await using trainer = await createAlone()
  const examples = examplesOf(50)
  const outcomes = await Promise.allSettled([
    trainer.evaluate(examples),
    trainer.fit({ ...examples, targets: new Uint8Array(50).fill(9) }),
    trainer.evaluate(examples),
    trainer.predict(new Float32Array(2)),
    trainer.evaluate(examples),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(outcomes[2]).toEqual(outcomes[0])
  expect(outcomes[4]).toEqual(outcomes[0])
})

it('close waits for the calls under way', async () => {
  const trainer = await createAlone()
  const order: string[] = []
  const note = (what: string) => (): void => void order.push(what)
  await Promise.all([
    trainer.fit(examplesOf(50), { epochs: 2 }).then(note('fit')),
    trainer.evaluate(examplesOf(50)).then(note('evaluate')),
    trainer.close().then(note('close')),
  ])
  expect(order).toEqual(['fit', 'evaluate', 'close'])
})

it('close may be called twice, before any other call too; afterwards every call says that the trainer is closed', async () => {
  await (await createAlone()).close()
  const trainer = await createAlone()
  const examples = examplesOf(50)
  await trainer.fit(examples)
  const parameters = trainer.getParameters()
  await Promise.all([trainer.close(), trainer.close()])
  await trainer.close()
  const calls = [
    () => trainer.fit(examples),
    () => trainer.evaluate(examples),
    () => trainer.predict(new Float32Array(3)),
    () => trainer.gradient(examples.inputs, examples.targets),
  ]
  for (const call of calls) await expect(call()).rejects.toThrow(/closed/)
  expect(() => trainer.getParameters()).toThrow(/closed/)
  expect(() => trainer.setParameters(parameters)).toThrow(/closed/)
  expect(() => trainer.parametersHash()).toThrow(/closed/)
})

it('setParameters while a call is under way is refused', async () => {
  await using trainer = await createAlone()
  const parameters = trainer.getParameters()
  const fitting = trainer.fit(examplesOf(50))
  expect(() => trainer.setParameters(parameters)).toThrow(/under way/)
  await fitting
  trainer.setParameters(parameters)
})

it('info says how many workers, and why', async () => {
  await using trainer = await createAlone({ workers: 8, shards: 4 })
  await trainer.fit(examplesOf(50))
  expect(trainer.info).toMatchObject({
    workers: 4,
    shards: 4,
    backend: automatic.small,
    parameters: 3 * 5 + 5 + 5 * 4 + 4,
  })
  expect(trainer.info.reason).toMatch(/4 shards/)
})

it('evaluate, predict and close awaited in onEpoch answer or are refused, but never hang', async () => {
  const examples = examplesOf(50)
  const calls: ((trainer: Trainer) => Promise<unknown>)[] = [
    (t) => t.evaluate(examples),
    (t) => t.predict(new Float32Array(3)),
    (t) => t.close(),
  ]
  const outcomes = await Promise.all(
    calls.map(async (call) => {
      await using trainer = await createAlone()
      let outcome = 'onEpoch was not called'
      await rejection(
        trainer.fit(examples, {
          onEpoch: async () => {
            outcome = await call(trainer).then(
              () => 'ended',
              () => 'ended',
            )
          },
        }),
      )
      return outcome
    }),
  )
  expect(outcomes).toEqual(['ended', 'ended', 'ended'])
}, 10_000)

it('a call made after fit has its turn, also from what onEpoch had started', async () => {
  await using trainer = await createAlone()
  const examples = examplesOf(50)
  const fitEnded = new AbortController()
  let later: Promise<unknown> | undefined
  await trainer.fit(examples, {
    onEpoch: () => {
      later = (async () => {
        await once(fitEnded.signal, 'abort')
        return trainer.evaluate(examples)
      })()
    },
  })
  fitEnded.abort()
  expect(await later).toMatchObject({ examples: 50 })
})
