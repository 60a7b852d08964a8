// What every bench prints first: figures mean nothing without the machine.
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { availableCores } from '../dist/main/runtime/node/cores.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** What the figures were measured on. */
export function machine() {
  return {
    processor: cpus()[0].model.trim(),
    cores: availableCores(),
    node: process.version,
    shardgrad: version,
  }
}

/** @param {string} question */
export function printHeading(question) {
  const { processor, cores, node, shardgrad } = machine()
  console.log(`\n${question}\n${processor}, ${cores} cores, Node ${node}, shardgrad ${shardgrad}`)
}

/**
 * Refuses to time what is wrong.
 * @param {boolean} holds
 * @param {string} what
 */
export function require(holds, what) {
  if (!holds) throw new Error(`bench: ${what}; nothing is timed`)
}

/** Turns a benny case into "best of the samples, and how far the median is from it". */
export function bestAndMedian({ details }) {
  return { best: details.min, median: details.median }
}
