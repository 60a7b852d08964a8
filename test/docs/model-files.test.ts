// docs/model-files.md says how a file is built: its example is such a file.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { dense } from '../../dist/main/index.js'
import { fileOf } from '../main/files/support.js'

const page = readFileSync(new URL('../../docs/model-files.md', import.meta.url), 'utf8')

/** Lines of 16 bytes, as `hexdump -C` has them. */
function dumpOf(bytes: Uint8Array): string {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const row = [...bytes.subarray(16 * line, 16 * line + 16)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'))
    return `${(16 * line).toString(16).padStart(8, '0')}  ${hex.padEnd(49)} |${text.join('')}|`
  }).join('\n')
}

it('the file that the page shows is what is written, byte by byte', () => {
  const parameters = { weights: [Float32Array.of(0.5, -2)], biases: [Float32Array.of(1)] }
  const bytes = fileOf(
    { inputs: 2, layers: [dense(1, 'sigmoid')] },
    parameters,
    { classes: ['no', 'yes'] },
    { author: 'me' },
  )
  expect(page).toContain(`\`\`\`\n${dumpOf(bytes)}\n\`\`\``)
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  expect(page).toContain(`the header has ${length} (hexadecimal ${length.toString(16)}) bytes`)
  expect(page).toContain(`begins at byte ${8 + length} (${(8 + length).toString(16)})`)
})
