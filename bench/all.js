// Every bench in turn, each in a process of its own.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

for (const name of ['kernels', 'synchronization', 'speedup', 'event-loop', 'memory']) {
  const { status } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL(`./${name}.js`, import.meta.url))],
    { stdio: 'inherit' },
  )
  if (status !== 0) process.exit(1)
}
