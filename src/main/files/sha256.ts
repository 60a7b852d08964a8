// The sha256 of bytes, by what every platform has, or by what this one has.

import type { Platform } from '../runtime/platform.js'

/**
 * Works out the sha256 of some bytes.
 *
 * @param bytes The bytes.
 * @returns In hexadecimal; undefined where the platform doesn't say.
 */
export type Digest = (bytes: Uint8Array) => Promise<string | undefined>

/**
 * The sha256 of some bytes, by WebCrypto.
 *
 * @param bytes Less than 2 GiB: engines refuse more.
 * @returns In hexadecimal; undefined where the platform doesn't say, as on a page that came over a
 * connection that is not secure.
 */
export async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  const { crypto } = globalThis as { crypto?: { subtle?: SubtleCrypto } }
  const digest = await crypto?.subtle?.digest('SHA-256', unshared(bytes))
  return digest && Array.from(new Uint8Array(digest), hexadecimal).join('')
}

const hexadecimal = (byte: number): string => byte.toString(16).padStart(2, '0')

/** The digest takes no view of shared memory. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice()
}

/** Bytes between two turns of the event loop. */
export const SLICE = 1 << 22

/**
 * What works out a sha256 slice by slice, of as many bytes as there are.
 *
 * @param platform Hashes a slice, and lets the event loop turn before the next.
 * @returns The digest.
 */
export function digestInSlices({
  createHash,
  rest,
}: Pick<Platform, 'createHash' | 'rest'>): Digest {
  return async (bytes) => {
    const hash = createHash()
    for (let at = 0; at < bytes.length; at += SLICE) {
      if (at > 0) await rest()
      hash.update(bytes.subarray(at, at + SLICE))
    }
    return hash.digest()
  }
}
