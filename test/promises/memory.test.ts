import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it("a thousand calls of fit leave nothing in the caller's heap, and no arena in the process", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    fileURLToPath(new URL('../fixtures/many-fits.js', import.meta.url)),
  ])
  const grown = JSON.parse(stdout) as { heap: number; process: number }
  // 500 bytes a call: what V8 keeps of its own comes to less.
  expect(grown.heap, 'MB of heap').toBeLessThan(0.5)
  // Every arena of these calls is larger than 60 kB.
  expect(grown.process, 'MB of the process').toBeLessThan(60)
})
