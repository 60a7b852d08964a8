import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { blas } from './machine.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const example = /```ts\n(import .*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))![1]!

/** The packages of a lock file that npm would run a script of. */
function scriptedPackages(lockFile: string): string[] {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  return Object.keys(packages).filter((name) => packages[name]!.hasInstallScript)
}

it('nothing that is installed has an install script, for users and for developers', () => {
  expect(scriptedPackages(join(root, 'package-lock.json'))).toEqual([])
})

it("the packed package installs in an empty folder, where no package has an install script, finds this machine's BLAS there, and the README's example trains there, exits by itself and type-checks", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shardgrad-package-'))
  try {
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      { cwd: root },
    )
    const [packed] = JSON.parse(stdout) as {
      filename: string
      size: number
      files: { path: string }[]
    }[]
    expect(packed!.size).toBeLessThan(320_000)
    expect(packed!.files.map(({ path }) => path)).toContain('dist/shared/kernels/wasm/kernels.wasm')
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await run(
      'npm',
      ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed!.filename)],
      { cwd: folder },
    )
    expect(scriptedPackages(join(folder, 'node_modules/.package-lock.json'))).toEqual([])
    const { stdout: info } = await run('npx', ['--no', 'shardgrad', 'info', '--json'], {
      cwd: folder,
    })
    expect(JSON.parse(info)).toMatchObject({
      blas: blas ? { file: blas.file, name: blas.name } : null,
    })
    await writeFile(join(folder, 'example.ts'), example)
    await writeFile(join(folder, 'example.js'), example)
    const { stdout: printed } = await run(process.execPath, ['example.js'], {
      cwd: folder,
      timeout: 20_000,
    })
    expect(printed).toMatch(/0\.\d+/)
    await run(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--lib',
        'es2022,dom',
        'example.ts',
      ],
      { cwd: folder },
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
