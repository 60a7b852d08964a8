import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Where the results of this name are kept. */
export const resultsFile = (name) => new URL(`./results/${name}.json`, import.meta.url)

export const readResults = (name) => JSON.parse(readFileSync(resultsFile(name), 'utf8'))

/** Writes them, and says where. */
export function writeResults(name, results) {
  mkdirSync(new URL('.', resultsFile(name)), { recursive: true })
  writeFileSync(resultsFile(name), `${JSON.stringify(results, null, 2)}\n`)
  console.log(`\nwritten to bench/results/${name}.json`)
}
