// Who takes part: every contestant is a command that is given a workload's name and prints JSON
// lines of figures. Who cannot take part is named with the reason and the one command that helps.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { availableCores } from '../../dist/main/runtime/node/cores.js'
import { backendNames } from '../../dist/shared/backend-names.js'
import { PYTHON_PACKAGES, pythonContestants } from './python.js'
import { threadCountsUpTo } from './threads.js'

const SHARDGRAD_BACKENDS = ['native', 'wasm-relaxed', 'wasm']
const INSTALL_JAVASCRIPT = 'npm ci --prefix bench/peers --ignore-scripts'

export const families = ['shardgrad', ...PYTHON_PACKAGES, 'tfjs', 'jax-js']

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url))
const threadCounts = threadCountsUpTo(availableCores())

/**
 * The contestants of the chosen families.
 *
 * @param {string[]} chosen Names of families.
 * @returns {{ contestants: { name: string, command: string, args: string[], env?: object }[],
 * absent: string[], versions: object }} `env`: what it finds in its environment beside ours;
 * `absent`: a line for each that cannot take part.
 */
export function findContestants(chosen) {
  const found = [
    shardgradContestants(chosen),
    pythonContestants(chosen, threadCounts),
    javascriptContestants(chosen),
  ]
  return {
    contestants: found.flatMap(({ contestants }) => contestants),
    absent: found.flatMap(({ absent }) => absent),
    versions: Object.assign({}, ...found.map(({ versions }) => versions)),
  }
}

function shardgradContestants(chosen) {
  const backends = chosen.includes('shardgrad') ? SHARDGRAD_BACKENDS : []
  return {
    contestants: backends
      .filter((backend) => backendNames.includes(backend))
      .flatMap((backend) =>
        threadCounts.map((workers) => ({
          name: `shardgrad-${backend}-${workers}`,
          command: process.execPath,
          args: [pathOf('shardgrad.js'), backend, String(workers)],
        })),
      ),
    absent: backends
      .filter((backend) => !backendNames.includes(backend))
      .map((backend) => `shardgrad-${backend}: this version has no such backend`),
    versions: {},
  }
}

function javascriptContestants(chosen) {
  const contestants = [
    {
      name: 'tfjs-1',
      family: 'tfjs',
      package: '@tensorflow/tfjs-core',
      args: [pathOf('tensorflow.js')],
    },
    ...threadCounts.map((threads) => ({
      name: `jax-js-${threads}`,
      family: 'jax-js',
      package: '@jax-js/jax',
      args: [pathOf('jax.js'), String(threads)],
    })),
  ].filter(({ family }) => chosen.includes(family))
  if (contestants.length === 0) return { contestants, absent: [], versions: {} }
  installJavascript()
  const versions = Object.fromEntries(
    contestants.map((contestant) => [contestant.family, installedVersion(contestant.package)]),
  )
  return {
    contestants: contestants
      .filter(({ family }) => versions[family])
      .map(({ name, args }) => ({ name, command: process.execPath, args })),
    absent: Object.keys(versions)
      .filter((family) => !versions[family])
      .map((family) => `${family}: could not be installed; ${INSTALL_JAVASCRIPT}`),
    versions,
  }
}

/** Installs the packages of bench/peers/package.json unless these very versions are there. */
function installJavascript() {
  const { dependencies } = readJson('./package.json')
  if (Object.entries(dependencies).every(([name, version]) => installedVersion(name) === version))
    return
  console.error(INSTALL_JAVASCRIPT)
  spawnSync(INSTALL_JAVASCRIPT, {
    cwd: pathOf('../..'),
    shell: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

function installedVersion(name) {
  try {
    return readJson(`./node_modules/${name}/package.json`).version
  } catch {
    return undefined
  }
}

function readJson(name) {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
}
