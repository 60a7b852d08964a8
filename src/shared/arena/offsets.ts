// Places in the arena, as byte offsets. They have a type of their own, so that an offset, an index
// and a count can't be mixed up. What turns an offset into an index is here.

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

/** Index of a place in a view of the arena whose elements take so many bytes. */
export function indexOf(offset: ByteOffset, elementBytes: number): number {
  return offset / elementBytes
}
