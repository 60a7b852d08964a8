// The tables of docs/performance.md, from the files in bench/results: `npm run bench:report` writes
// them between their marks, and with --check it says whether they are there.
import { readFileSync, writeFileSync } from 'node:fs'
import { fitModel } from './model.js'

const read = (name) =>
  JSON.parse(readFileSync(new URL(`./results/${name}.json`, import.meta.url), 'utf8'))
const page = new URL('../docs/performance.md', import.meta.url)
const PHASES = ['gather', 'forward', 'backward', 'sum', 'wait']
const TARGETS = {
  'digits-64': [1.8, 1.2],
  'digits-full': [2, 1.2],
  'mnist-128': [1.5, 0.8],
  'mnist-1024': [1.25, 0.7],
  'wide-128': [1.2, 0.6],
  'wide-1024': [1.1, 0.5],
  'large-8192': [1.1, 0.45],
}

const table = (heading, rows) =>
  [heading, heading.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
const whole = (value) => Math.round(value).toLocaleString('en')

function machineLine({ date, machine, versions, blas }) {
  const programs =
    versions &&
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')
  return `${date}, ${machine.processor}, ${machine.cores} cores, Node ${machine.node}${programs ? `; ${programs}` : ''}${blas ? `; ${blas}` : ''}`
}

function peersTable({ workloads }) {
  const names = [...new Set(workloads.flatMap(({ figures }) => Object.keys(figures)))]
  return table(
    ['GFLOP/s', ...workloads.map(({ name }) => name)],
    names.map((name) => [
      name,
      ...workloads.map(({ figures }) => figures[name]?.gflops.toFixed(1) ?? '-'),
    ]),
  )
}

function ratiosTable({ workloads }) {
  const kinds = ['NumPy and PyTorch', 'scikit-learn', 'TensorFlow.js', 'jax-js']
  const cell = (ratio) => (ratio ? `${ratio.ratio.toFixed(2)} (${ratio.to})` : '-')
  return ['shardgrad-native', 'shardgrad-wasm-relaxed', 'shardgrad-wasm']
    .map((backend) =>
      table(
        [`${backend} is so many times as fast as`, ...kinds],
        workloads.map(({ name, ratios }) => [
          name,
          ...kinds.map((kind) => cell(ratios[backend]?.[kind])),
        ]),
      ),
    )
    .join('\n\n')
}

function targetsTable({ workloads }) {
  const best = ({ ratios }, backends) =>
    Math.max(...backends.map((backend) => ratios[backend]?.['NumPy and PyTorch'].ratio ?? 0))
  const verdict = (ratio, target) =>
    `${ratio.toFixed(2)} of ${target}${ratio >= target ? '' : ', missed'}`
  return table(
    ['workload', 'native: reached of aim', 'wasm-relaxed or wasm: reached of aim'],
    workloads.map((workload) => [
      workload.name,
      verdict(best(workload, ['shardgrad-native']), TARGETS[workload.name][0]),
      verdict(
        best(workload, ['shardgrad-wasm-relaxed', 'shardgrad-wasm']),
        TARGETS[workload.name][1],
      ),
    ]),
  )
}

function limitsTable({ limits, machine }) {
  const rows = [
    ['BLAS, GFLOP/s', 'blas'],
    ['wasm-relaxed, GFLOP/s', 'wasmRelaxed'],
    ['wasm, GFLOP/s', 'wasm'],
    ['adding 64 MB to 64 MB, GB/s', 'memory'],
  ]
  return table(
    ['', 'one core', `${machine.cores} cores`],
    rows.map(([what, key]) => [what, limits.one[key], limits.all[key]]),
  )
}

function phasesTable({ limits, results }) {
  const limitOf = { native: 'blas', 'wasm-relaxed': 'wasmRelaxed', wasm: 'wasm' }
  return table(
    [
      'workload, backend, workers',
      'us a step',
      'GFLOP/s',
      'of the limit',
      'speedup',
      ...PHASES,
      'waited',
    ],
    results.map((result) => [
      `${result.workload}, ${result.backend}, ${result.workers}`,
      whole(result.microsecondsPerStep),
      result.gflops.toFixed(1),
      `${Math.round((100 * result.gflops) / (result.workers === 1 ? limits.one : limits.all)[limitOf[result.backend]])} %`,
      result.speedup.toFixed(2),
      ...PHASES.map((phase) => whole(result.phases.microseconds[phase])),
      `${(100 * result.phases.waited).toFixed(1)} %`,
    ]),
  )
}

function modelTable(report) {
  return ['native', 'wasm-relaxed']
    .map((backend) => {
      const fitted = fitModel(report, backend)
      const [{ slowdown, rate }] = fitted
      const heading = [
        `${backend}: GFLOP/s (share of the sum)`,
        'shards',
        'error at 2',
        ...fitted[0].predictions.map(({ workers }) => `W = ${workers}`),
      ]
      const rows = fitted.map(({ name, shards, predictions, measuredTwo }) => [
        name,
        shards,
        `${Math.round(100 * (predictions[1].microseconds / measuredTwo - 1))} %`,
        ...predictions.map(({ workers, gflops, sumShare }) =>
          workers > 2 * shards ? '' : `${whole(gflops)} (${Math.round(100 * sumShare)} %)`,
        ),
      ])
      return `${backend}: c = ${slowdown.toFixed(3)}, r = ${(rate / 1000).toFixed(1)} GB/s.\n\n${table(heading, rows)}`
    })
    .join('\n\n')
}

/** The page with its tables as the results have them. */
function renewed(text) {
  const [peers, phases] = [read('peers'), read('phases')]
  const parts = {
    'peers-machine': machineLine(peers),
    peers: peersTable(peers),
    ratios: ratiosTable(peers),
    targets: targetsTable(peers),
    'phases-machine': machineLine(phases),
    limits: limitsTable(phases),
    phases: phasesTable(phases),
    model: modelTable(phases),
  }
  return text.replace(/<!-- (\S+) -->[\s\S]*?<!-- end -->/g, (_, name) => {
    if (parts[name] === undefined)
      throw new Error(`docs/performance.md: no table is called ${name}`)
    return `<!-- ${name} -->\n${parts[name]}\n<!-- end -->`
  })
}

const text = readFileSync(page, 'utf8')
if (!process.argv.includes('--check')) writeFileSync(page, renewed(text))
else if (renewed(text) !== text)
  throw new Error(
    'docs/performance.md has other tables than bench/results; npm run bench:report renews them',
  )
