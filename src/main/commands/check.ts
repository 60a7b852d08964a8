// `shardgrad check`: whether the gradient of a network is right, parameter by parameter.

import { type Network, describeNetwork } from '../../shared/model/network.js'
import { readFile } from 'node:fs/promises'
import type { BackendName } from '../../shared/backend-names.js'
import { InputError, messageOf, shorten, show } from '../../shared/errors.js'
import type { LossName } from '../../shared/formulas/losses.js'
import type { DataSet } from '../data/data-set.js'
import { loadDataSet } from '../data/data-sets.js'
import type { Examples } from '../data/arrays.js'
import { checkGradients } from '../inspect/gradient-check.js'
import type { GradientCheck } from '../inspect/gradient-report.js'
import { type NetworkOptions, networkFor } from './network-options.js'
import { counted, printJson } from './report.js'
import { createStatusLine, print } from './status-line.js'

export interface CheckOptions extends NetworkOptions {
  /** A file with a network description, instead of the options above. */
  network?: string
  loss?: LossName
  l2: number
  seed: number
  /** The first rows of the data. */
  examples?: number
  backend: BackendName
  json?: boolean
}

/**
 * Every parameter takes two passes over the examples, so hidden layers and examples are few unless
 * asked for.
 */
const DEFAULT_UNITS = 8
const DEFAULT_EXAMPLES = 16

/**
 * Checks and reports. The process will exit with 1 if the gradient is off.
 *
 * @param signal Ends it.
 */
export async function check(
  name: string,
  options: CheckOptions,
  signal: AbortSignal,
): Promise<void> {
  const data = await loadDataSet(name)
  const examples = firstRows(data, options.examples)
  const network =
    options.network === undefined
      ? networkFor(data, withFewUnits(data, options))
      : await readNetwork(options.network, data, name)
  const loss = options.loss ?? data.recipe.loss
  const { l2, seed, backend, json } = options
  const status = json ? undefined : createStatusLine()
  status?.show('checking')
  const checked = await checkGradients({ network, loss, l2, seed, backend }, examples, {
    signal,
  }).finally(status?.end)
  if (json) printJson({ event: 'check', data: name, network, loss, l2, seed, ...checked })
  else report(name, network, loss, checked)
  if (!checked.passed) process.exitCode = 1
}

/** The recipe's hidden layers, but narrow ones. */
function withFewUnits({ recipe }: DataSet, options: CheckOptions): CheckOptions {
  return {
    ...options,
    layers: options.layers ?? recipe.hiddenLayers.map((units) => Math.min(units, DEFAULT_UNITS)),
  }
}

function firstRows({ inputs, targets, columns }: DataSet, rows: number | undefined): Examples {
  const count = inputs.length / columns
  if (rows !== undefined && rows > count)
    throw new InputError('--examples', `at most the ${count} rows that there are`, String(rows))
  const taken = rows ?? Math.min(DEFAULT_EXAMPLES, count)
  return {
    inputs: inputs.subarray(0, taken * columns),
    targets: targets.subarray(0, (taken * targets.length) / count),
  }
}

/**
 * A network description from a file; its layers are checked where every network is.
 * @throws {InputError} if it can't be read, or doesn't fit the data.
 */
async function readNetwork(
  file: string,
  { columns, outputs, scale }: DataSet,
  name: string,
): Promise<Network> {
  const where = `--network ${file}`
  let description: Partial<Network> | null
  try {
    description = JSON.parse(await readFile(file, 'utf8')) as Partial<Network> | null
  } catch (error) {
    throw new InputError(where, 'a file with a network description in JSON', messageOf(error))
  }
  if (typeof description !== 'object' || description === null)
    throw new InputError(where, 'a network description', show(description))
  if (description.inputs !== columns)
    throw new InputError(
      `${where}: inputs`,
      `${columns}, the columns of ${shorten(name)}`,
      show(description.inputs),
    )
  const last = Array.isArray(description.layers) ? description.layers.at(-1) : undefined
  const units = last?.kind === 'dense' ? last.units : undefined
  if (units !== undefined && units !== outputs)
    throw new InputError(
      `${where}: units of the last layer`,
      `${outputs}, the outputs of ${shorten(name)}`,
      show(units),
    )
  return { scale, ...description } as Network
}

function report(
  name: string,
  network: Network,
  loss: LossName,
  { examples, layers, parameters, passed, sharding, tolerance, worst }: GradientCheck,
): void {
  print(
    `${name}, ${counted(examples, 'example')}: ${describeNetwork(network)}, ${loss}; ${parameters} parameters`,
  )
  print('')
  print('backpropagation against central differences, largest errors')
  layers.forEach(({ weights, biases }, l) =>
    print(`  layer ${l}    weights ${brief(weights).padEnd(10)}biases ${brief(biases)}`),
  )
  print(
    `  worst      ${worst.name}: ${worst.backpropagation.toPrecision(8)} against ${worst.finiteDifference.toPrecision(8)}, error ${brief(worst.error)}`,
  )
  print(`  ${verdict(worst.error <= tolerance)}: ${bound(worst.error, tolerance)}`)
  print('one shard against many')
  print(
    `  backend ${sharding.backend}, 1 shard and ${sharding.shards} against float64 all at once: error ${brief(sharding.error)}`,
  )
  print(
    `  ${verdict(sharding.error <= sharding.tolerance)}: ${bound(sharding.error, sharding.tolerance)}`,
  )
  print(
    `  ${verdict(sharding.sameBits)}: ${sharding.workers} workers have ${sharding.sameBits ? 'the bits of one' : 'other bits than one'}`,
  )
  print('')
  print(
    passed
      ? `passed: every one of the ${parameters} parameters has the right gradient`
      : `off: ${worst.error > tolerance ? `${worst.name} most of all` : 'the shards'}`,
  )
}

function verdict(good: boolean): string {
  return good ? 'right' : 'OFF'
}

function bound(error: number, tolerance: number): string {
  return error <= tolerance ? `within ${tolerance}` : `more than ${tolerance}`
}

function brief(error: number): string {
  return error === 0 ? '0' : error.toExponential(1)
}
