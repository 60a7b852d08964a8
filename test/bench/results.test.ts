import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const url = new URL('../../bench/results.js', import.meta.url)
const { resultsFile } = (await import(url.href)) as { resultsFile: (name: string) => URL }

it('results are written where the report reads them', () => {
  expect(readdirSync(fileURLToPath(new URL('.', resultsFile('peers'))))).toContain('peers.json')
})
