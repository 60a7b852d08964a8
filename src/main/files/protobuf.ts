// Messages of Protocol Buffers, written: each field is its number, how it is encoded, and its value
// (https://protobuf.dev/programming-guides/encoding).

/** Some fields. Their bytes stay in pieces until the end, so that long ones are copied once. */
export interface Fields {
  bytes: number
  pieces: readonly Uint8Array[]
}

const VARINT = 0
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/**
 * Fields one after the other; all of them make a message.
 *
 * @param parts Some fields each.
 * @returns The fields of all.
 */
export function fields(...parts: readonly Fields[]): Fields {
  return {
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    pieces: parts.flatMap(({ pieces }) => pieces),
  }
}

/**
 * A field that is a whole number, of any integer type but sint.
 *
 * @param field Its number.
 * @param value From 0 to 2^53 - 1.
 * @returns The field.
 */
export function integer(field: number, value: number): Fields {
  return ofBytes(Uint8Array.of(...keyOf(field, VARINT), ...varint(value)))
}

/**
 * A field of type float.
 *
 * @param field Its number.
 * @param value What float32 makes of it is written.
 * @returns The field.
 */
export function float(field: number, value: number): Fields {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setFloat32(0, value, true)
  return fields(
    ofBytes(Uint8Array.from(keyOf(field, FIXED32))),
    ofBytes(new Uint8Array(bytes.buffer)),
  )
}

/**
 * A field of type bytes.
 *
 * @param field Its number.
 * @param value They are not copied yet.
 * @returns The field.
 */
export function bytes(field: number, value: Uint8Array): Fields {
  return message(field, ofBytes(value))
}

/**
 * A field of type string.
 *
 * @param field Its number.
 * @param value The text.
 * @returns The field.
 */
export function text(field: number, value: string): Fields {
  return bytes(field, new TextEncoder().encode(value))
}

/**
 * A field that is a message.
 *
 * @param field Its number.
 * @param parts The fields of the message.
 * @returns The field.
 */
export function message(field: number, ...parts: readonly Fields[]): Fields {
  const content = fields(...parts)
  const head = [...keyOf(field, LENGTH_DELIMITED), ...varint(content.bytes)]
  return fields(ofBytes(Uint8Array.from(head)), content)
}

/**
 * Puts a message together.
 *
 * @param content Its fields.
 * @returns Its bytes.
 */
export function bytesOf(content: Fields): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(content.bytes)
  let at = 0
  for (const piece of content.pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function ofBytes(piece: Uint8Array): Fields {
  return { bytes: piece.length, pieces: [piece] }
}

function keyOf(field: number, type: number): number[] {
  return varint(field * 8 + type)
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. */
function varint(value: number): number[] {
  const digits = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128)
  return [...digits, rest]
}
