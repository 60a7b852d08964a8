// Places in the arena. A byte offset is no index and no count: the three can't be mixed up, and
// what turns one into another is here.

declare const unit: unique symbol

/** Bytes from the start of the arena. */
export type ByteOffset = number & { readonly [unit]: 'bytes from the start of the arena' }

/** Nowhere in particular: for an operand that an operation doesn't look at. */
export const NOWHERE = 0 as ByteOffset

/** The place so many bytes further on. */
export function advance(offset: ByteOffset, bytes: number): ByteOffset {
  return (offset + bytes) as ByteOffset
}

/** Index of a place in a view of the arena whose elements take 4 bytes. */
export function index32(offset: ByteOffset): number {
  return offset / 4
}

/** Index of a place in a view of the arena whose elements take 8 bytes. */
export function index64(offset: ByteOffset): number {
  return offset / 8
}
