// What every bench prints first: figures mean nothing without the machine.
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { availableCores } from '../dist/main/cores.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** @param {string} question */
export function printHeading(question) {
  console.log(`\n${question}\n${cpus()[0].model.trim()}, ${availableCores()} cores, Node ${process.version}, shardgrad ${version}`)
}

/** Refuses to time what is wrong. @param {boolean} holds @param {string} what */
export function require(holds, what) {
  if (!holds) throw new Error(`bench: ${what}; nothing is timed`)
}

/** Turns a benny case into "best of the samples, and how far the median is from it". */
export function bestAndMedian({ details }) {
  return { best: details.min, median: details.median }
}
