// The writer of messages: bytes as protobuf.dev has them, and read back.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  bytes,
  bytesOf,
  fields,
  float,
  integer,
  message,
  text,
} from '../../../dist/main/files/protobuf.js'
import { readMessage } from './protobuf-reader.js'

const hex = (given: Parameters<typeof bytesOf>[0]): string =>
  Buffer.from(bytesOf(given)).toString('hex')

it('writes the examples of protobuf.dev/programming-guides/encoding', () => {
  expect(hex(integer(1, 150))).toBe('089601')
  expect(hex(text(2, 'testing'))).toBe('120774657374696e67')
  expect(hex(message(3, integer(1, 150)))).toBe('1a03089601')
})

it('what it writes is read back: any number, text and bytes, in order', () => {
  const number = fc.integer({ min: 1, max: 2 ** 29 - 1 })
  const whole = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.maxSafeNat())
  const single = fc.float({ noNaN: true })
  const long = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(number, whole, single, fc.string(), long, (field, a, b, c, d) => {
      const parts = [integer(field, a), float(field, b), text(field, c), bytes(field, d)]
      const read = readMessage(bytesOf(message(1, ...parts, fields(...parts))))
      const inner = readMessage(read.get(1)![0] as Uint8Array).get(field)!
      const values = [a, b, new TextEncoder().encode(c), d]
      expect(inner).toEqual([...values, ...values])
    }),
    { seed: 1 },
  )
})
