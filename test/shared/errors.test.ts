import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as shardgrad from '../../dist/main/index.js'
import { show, shorten } from '../../dist/shared/errors.js'
import type { ErrorCode, ShardgradError } from '../../dist/main/index.js'

const { ArenaError, BackendError, BusyError, ClosedError, DivergenceError } = shardgrad
const { FileError, InputError, WorkerError, isShardgradError } = shardgrad

const cause = new Error('the worker said so')
const oneOfEach: ShardgradError[] = [
  new InputError('fit: epochs', 'a whole number of at least 1', '0'),
  new ArenaError(5, 4, []),
  new DivergenceError(3, 2, 0.5),
  new BackendError('native', 'there is none'),
  new WorkerError(1, 3, 2, 'it threw', { cause }),
  new ClosedError(),
  new BusyError('setParameters', 'a call is under way; await it first'),
  new FileError('digits.safetensors', 'it is empty'),
]

describe('codes', () => {
  it('every class that is exported has one of its own, and docs/errors.md explains it', () => {
    const exported = Object.values(shardgrad)
      .filter((value) => typeof value === 'function' && value.prototype instanceof Error)
      .map((value) => (value as { name: string }).name)
    expect(oneOfEach.map(({ name }) => name).sort()).toEqual(exported.sort())
    expect(new Set(oneOfEach.map(({ code }) => code)).size).toBe(oneOfEach.length)
    const documented = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
    for (const { code, name } of oneOfEach)
      expect(documented).toMatch(new RegExp(`^\\| \`${code}\` \\| \`${name}\` \\|`, 'm'))
    const rows = documented.match(/^\| `SHARDGRAD_\w+`/gm)
    expect(rows).toHaveLength(oneOfEach.length)
  })

  it('are these, for ever', () => {
    expect(oneOfEach.map(({ code }) => code)).toEqual([
      'SHARDGRAD_INPUT',
      'SHARDGRAD_ARENA',
      'SHARDGRAD_DIVERGENCE',
      'SHARDGRAD_BACKEND',
      'SHARDGRAD_WORKER',
      'SHARDGRAD_CLOSED',
      'SHARDGRAD_BUSY',
      'SHARDGRAD_FILE',
    ] satisfies ErrorCode[])
  })

  it('tell the classes apart, for the compiler too', () => {
    const stepOf = (error: unknown): number | undefined => {
      if (!isShardgradError(error)) return undefined
      switch (error.code) {
        case 'SHARDGRAD_WORKER':
        case 'SHARDGRAD_DIVERGENCE':
          return error.step
        default:
          return 0
      }
    }
    expect(oneOfEach.map(stepOf)).toEqual([0, 0, 2, 0, 2, 0, 0, 0])
    expect(stepOf(Object.assign(new Error('like one'), { code: 'SHARDGRAD_WORKER' }))).toBe(
      undefined,
    )
    expect(stepOf('no error at all')).toBe(undefined)
  })

  it('a cause is kept', () => expect(oneOfEach[4]!.cause).toBe(cause))
})

describe('what a message shows of a value', () => {
  it('short values are shown as they are', () => {
    class Tensor {
      shape = [1, 2]
    }
    for (const [value, shown] of [
      [undefined, 'nothing'],
      [null, 'null'],
      [NaN, 'NaN'],
      [3n, '3n'],
      ['relu', "'relu'"],
      [Symbol('s'), 'Symbol(s)'],
      [() => 1, 'a function'],
      [[1, 2], 'an array of 2'],
      [new Float32Array(5), 'Float32Array(5)'],
      [new DataView(new ArrayBuffer(8)), 'DataView(8)'],
      [{}, 'an object with no fields'],
      [{ a: 1, b: 2 }, 'an object with a, b'],
      [Object.create(null), 'an object with no fields'],
      [new Date(0), 'an object of class Date'],
      [new Map([[1, 2]]), 'an object of class Map'],
      [new Tensor(), 'an object of class Tensor with shape'],
      [new RangeError('too far'), 'RangeError: too far'],
    ] as const)
      expect(show(value)).toBe(shown)
  })

  it('long ones lose their middle, and say how long they are', () => {
    expect(show(`begin ${'x'.repeat(1000)} end`)).toMatch(
      /^'begin x{143}…x{46} end' \(1010 characters\)$/,
    )
    expect(show(10n ** 1000n)).toMatch(/^10+…0+ \(1001 characters\)n$/)
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`field${i}`, i]))
    expect(show(wide)).toMatch(/^an object with field0, field1, .*, … \(100000 fields\)$/)
    expect(show(new Error('x'.repeat(5000)))).toMatch(/^Error: x.*…x+ \(5007 characters\)$/)
    expect(shorten(`${'a'.repeat(148)}${'😀'.repeat(100)}`)).toMatch(/^a{148}…(😀)+ \(348 char/u)
  })

  it('what throws when it is read is an object that cannot be read', () => {
    const thrower = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no')
        },
      },
    )
    const revoked = Proxy.revocable([], {})
    revoked.revoke()
    for (const value of [thrower, revoked.proxy])
      expect(show(value)).toBe('an object that cannot be read')
  })

  it('whatever it is: short, and no throw', () => {
    const huge = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
      fc.string({ unit: 'binary', maxLength: 5000 }),
      fc.dictionary(fc.string({ maxLength: 3000 }), fc.nat(), { maxKeys: 200 }),
      fc.string({ maxLength: 3000 }).map((text) => Symbol(text)),
      fc.string({ maxLength: 3000 }).map((name) => ({ constructor: { name } })),
      fc.nat(1000).map((digits) => -(10n ** BigInt(digits))),
    )
    fc.assert(
      fc.property(huge, (value) => {
        expect(show(value).length).toBeLessThanOrEqual(235)
      }),
      { seed: 4, numRuns: 2000 },
    )
  })

  it('whatever a message is made of, it is short', () => {
    const text = fc.string({ maxLength: 5000, size: 'max' })
    fc.assert(
      fc.property(text, text, text, (one, two, three) => {
        expect(new InputError(one, two, three).message.length).toBeLessThan(1000)
        expect(new WorkerError(1, 2, 3, one).message.length).toBeLessThan(600)
        expect(new FileError(one, two).message.length).toBeLessThan(800)
      }),
      { seed: 5, numRuns: 200 },
    )
  })
})
