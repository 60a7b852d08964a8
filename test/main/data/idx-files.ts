// IDX files, as tests write them.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** The bytes of an IDX file: dimensions, then values row-major. */
export function idxBytes(dimensions: readonly number[], values: Uint8Array): Uint8Array {
  const sizes = dimensions.flatMap((size) =>
    [size >>> 24, size >>> 16, size >>> 8, size].map((part) => part & 255),
  )
  return Uint8Array.of(0, 0, 8, dimensions.length, ...sizes, ...values)
}

/** Images of one size with their labels. */
export interface LabeledImages {
  height: number
  width: number
  pixels: Uint8Array
  labels: Uint8Array
}

/**
 * Writes the four files of a data set of images; the training images are packed, the others aren't.
 */
export async function writeImages(
  folder: string,
  training: LabeledImages,
  test: LabeledImages,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [prefix, { height, width, pixels, labels }] of [
    ['train', training],
    ['t10k', test],
  ] as const) {
    const images = idxBytes([pixels.length / (height * width), height, width], pixels)
    const [name, bytes] =
      prefix === 'train'
        ? [`${prefix}-images-idx3-ubyte.gz`, gzipSync(images)]
        : [`${prefix}-images-idx3-ubyte`, images]
    await writeFile(join(folder, name), bytes)
    await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), idxBytes([labels.length], labels))
  }
}
