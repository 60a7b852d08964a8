// The bits of many recipes as they were recorded. A change on purpose records them anew:
// SHARDGRAD_RECORD=1 npx vitest run test/promises/recorded-bits

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hashOf, recipes } from './recipes.js'

const file = new URL('parameters-hashes.json', import.meta.url)
const names = Object.keys(recipes)

if (process.env.SHARDGRAD_RECORD) {
  const hashes: Record<string, string> = {}
  for (const name of names) hashes[name] = await hashOf(recipes[name]!, 1)
  writeFileSync(file, `${JSON.stringify(hashes, undefined, 2)}\n`)
}
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>

describe('the parameters after training have the bits that were recorded', () => {
  it.each(names)('%s', async (name) => expect(await hashOf(recipes[name]!, 2)).toBe(recorded[name]))

  it('for every recipe, and no two are alike', () => {
    expect(Object.keys(recorded).sort()).toEqual([...names].sort())
    expect(new Set(Object.values(recorded)).size).toBe(names.length)
  })
})
