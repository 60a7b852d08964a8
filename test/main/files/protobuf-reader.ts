// Messages of Protocol Buffers, read without a schema: fields by their numbers.

/** The values of each field, in their order. */
export type Message = Map<number, (number | Uint8Array)[]>

export function readMessage(bytes: Uint8Array): Message {
  const message: Message = new Map()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const varint = (): number => {
    let [value, digit] = [0n, 0n]
    for (; ; digit += 7n) {
      const byte = bytes[at++]!
      value += BigInt(byte & 127) << digit
      if (byte < 128) return Number(value)
    }
  }
  const readers: Record<number, () => number | Uint8Array> = {
    0: varint,
    2() {
      const length = varint()
      return bytes.subarray(at, (at += length))
    },
    5: () => view.getFloat32((at += 4) - 4, true),
  }
  while (at < bytes.length) {
    const key = varint()
    const field = Math.floor(key / 8)
    message.set(field, [...(message.get(field) ?? []), readers[key % 8]!()])
  }
  return message
}

export const messageAt = (message: Message, field: number): Message =>
  readMessage(message.get(field)![0] as Uint8Array)
export const messagesAt = (message: Message, field: number): Message[] =>
  (message.get(field) ?? []).map((bytes) => readMessage(bytes as Uint8Array))
export const textAt = (message: Message, field: number): string =>
  new TextDecoder().decode(message.get(field)![0] as Uint8Array)
