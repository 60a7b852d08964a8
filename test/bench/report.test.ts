import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('the tables of docs/performance.md are those of the committed results', async () => {
  const script = fileURLToPath(new URL('../../bench/report.js', import.meta.url))
  await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toMatchObject({
    stdout: '',
  })
})
