import { expect, it } from 'vitest'
import { packError, packingErrors, rebuildError } from '../../dist/shared/error-transfer.js'

/** There and back, as between threads. */
const across = (thrown: unknown): Error => rebuildError(structuredClone(packError(thrown)))

it('an error keeps name, message, stack, code and causes', () => {
  class OwnError extends TypeError {
    override name = 'OwnError'
    code = 'OWN'
  }
  const inner = new RangeError('inner')
  const original = new OwnError('outer', { cause: new Error('middle', { cause: inner }) })
  const rebuilt = across(original) as Error & { code: string }
  expect(rebuilt).toBeInstanceOf(Error)
  expect([rebuilt.name, rebuilt.message, rebuilt.stack, rebuilt.code]).toEqual([
    'OwnError',
    'outer',
    original.stack,
    'OWN',
  ])
  const { cause } = rebuilt.cause as Error
  expect(cause).toMatchObject({ name: 'RangeError', message: 'inner', stack: inner.stack })
  expect((cause as Error).cause).toBeUndefined()
})

it('what crosses twice stays as it is', () => {
  const packed = packError(new RangeError('once'))
  expect(packError(packed)).toBe(packed)
})

it('causes in a circle end', () => {
  const circle = new Error('round')
  circle.cause = circle
  let depth = 0
  for (let error = across(circle); error.cause; error = error.cause as Error) depth++
  expect(depth).toBe(8)
})

it('anything else that was thrown is an error that says what', () => {
  const hostile = new Proxy(new Error('hostile'), {
    get() {
      throw new Error('no')
    },
    getPrototypeOf() {
      throw new Error('no')
    },
  })
  const getter = Object.defineProperty(new Error('kept'), 'stack', {
    get() {
      throw new Error('no')
    },
  })
  for (const [thrown, message] of [
    ['a text', 'a text'],
    [undefined, 'nothing'],
    [null, 'null'],
    [{ status: 3 }, 'an object with status'],
    [Symbol('s'), 'Symbol(s)'],
    [hostile, 'an object that cannot be read'],
    [getter, 'kept'],
  ] as const) {
    const error = across(thrown)
    expect(error.message).toBe(message)
    expect(error.stack).toBe(`Error: ${message}`)
  }
})

it('a task that packs its errors hands its result on', async () => {
  expect(await packingErrors((a: number, b: number) => a + b)(1, 2)).toBe(3)
  const failing = packingErrors(() => {
    throw new RangeError('a task failed')
  })
  await expect(failing()).rejects.toMatchObject({ name: 'RangeError', message: 'a task failed' })
})
