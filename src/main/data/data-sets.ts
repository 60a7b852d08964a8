// `loadDataSet`: the built-in data sets by name, and images from a directory.

import { stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { InputError, show } from '../../shared/errors.js'
import { nearest } from '../options/nearest.js'
import type { DataSet } from './data-set.js'
import { tables } from './tables.js'

/** Whoever wants no images is spared what reads them. */
const imageSets = async (): Promise<typeof import('./image-sets.js')> => import('./image-sets.js')

const dataSets: Record<string, () => Promise<DataSet> | DataSet> = {
  digits: async () => (await imageSets()).loadDigits(),
  'fashion-mnist': async () => (await imageSets()).loadFashionMnist(),
  ...tables,
}

/** The names that `loadDataSet` knows. */
export const dataSetNames = Object.keys(dataSets)
/** The names of those small enough to follow by hand. */
export const tableNames = Object.keys(tables)

/**
 * Loads a built-in data set, or the images in a directory: the four IDX files that MNIST and
 * Fashion-MNIST come in, packed by gzip or not.
 *
 * @param name 'digits', 'fashion-mnist', 'or', 'and', 'xor', 'xor-cross', 'line' or 'hidden'; or a
 * path of a directory, such as images (./digits is a directory, digits the built-in data set).
 * @returns The examples, and how to train on them.
 * @throws {InputError} if there is none of this name, or its files are missing or malformed.
 */
export async function loadDataSet(name: string): Promise<DataSet> {
  const given: unknown = name
  if (typeof given === 'string') {
    if (Object.hasOwn(dataSets, given)) return dataSets[given]!()
    if (await isPath(given)) return (await imageSets()).loadImageSet(given)
  }
  throw new InputError(
    'data',
    `one of ${dataSetNames.join(', ')}, or a directory of images such as ./images/`,
    show(name),
    nearest(name, dataSetNames),
  )
}

/** Whether a name can only be a path, or is a directory. */
async function isPath(name: string): Promise<boolean> {
  if (name.includes('/') || name.includes(sep)) return true
  try {
    return (await stat(name)).isDirectory()
  } catch {
    return false
  }
}
