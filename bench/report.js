// The tables of docs/performance.md, from the files in bench/results: `npm run bench:report` writes
// them between their marks, and with --check it says whether they are there.
import { readFileSync, writeFileSync } from 'node:fs'
import { shareAims, shareOfLimit, speedAims } from './aims.js'
import { fitModel } from './model.js'
import { rateWithSpread, ratiosOf } from './peers/summary.js'
import { readResults } from './results.js'

const page = new URL('../docs/performance.md', import.meta.url)
const PHASES = ['gather', 'forward', 'backward', 'gradient', 'sum', 'wait']

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

/** Under which conditions everyone was timed. */
function roundsLine({ rounds, quiet, leftOut }) {
  const state =
    quiet === undefined
      ? 'whether the machine was quiet was not looked at'
      : `the machine was ${quiet.quiet ? '' : 'not '}quiet: ${Math.round(100 * quiet.share)} % of the cores' time was to be had`
  return [
    `Best of ${rounds} rounds; ${state}.`,
    ...leftOut.map((line) => `Left out: ${line}.`),
  ].join('\n')
}

function peersTable({ workloads }) {
  const names = [...new Set(workloads.flatMap(({ figures }) => Object.keys(figures)))]
  return table(
    ['GFLOP/s', ...workloads.map(({ name }) => name)],
    names.map((name) => [
      name,
      ...workloads.map(({ figures }) => (figures[name] ? rateWithSpread(figures[name]) : '-')),
    ]),
  )
}

function ratiosTable({ workloads }) {
  const ratios = workloads.map(({ name, figures }) => ({ name, ratios: ratiosOf(figures) }))
  const kinds = [
    ...new Set(ratios.flatMap((each) => Object.values(each.ratios).flatMap(Object.keys))),
  ]
  const cell = (ratio) => (ratio ? `${ratio.ratio.toFixed(2)} (${ratio.to})` : '-')
  return ['shardgrad-native', 'shardgrad-wasm-relaxed', 'shardgrad-wasm']
    .map((backend) =>
      table(
        [`${backend} is so many times as fast as`, ...kinds],
        ratios.map(({ name, ratios }) => [
          name,
          ...kinds.map((kind) => cell(ratios[backend]?.[kind])),
        ]),
      ),
    )
    .join('\n\n')
}

function aimsTable(peers, phases) {
  return [
    table(
      ['times as fast', 'backend', 'against', 'aim', 'reached', 'by the medians', ''],
      speedAims(peers),
    ),
    table(['share of the limit, all cores', 'backend', 'aim', 'reached', ''], shareAims(phases)),
  ].join('\n\n')
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

function phasesTable(phases) {
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
    phases.results.map((result) => [
      `${result.workload}, ${result.backend}, ${result.workers}`,
      whole(result.microsecondsPerStep),
      result.gflops.toFixed(1),
      `${Math.round(100 * shareOfLimit(phases, result))} %`,
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
      const heading = [
        `${backend}: speedup`,
        'shards',
        'units',
        'error at 2',
        ...fitted[0].predictions.map(({ workers }) => `W = ${workers}`),
      ]
      const rows = fitted.map(({ name, shards, units, predictions, measuredTwo }) => [
        name,
        shards,
        units,
        `${Math.round(100 * (predictions[1].microseconds / measuredTwo - 1))} %`,
        ...predictions.map((way) =>
          way.workers > Math.max(shards, units) ? '' : `${way.speedup.toFixed(1)}${wayOf(way)}`,
        ),
      ])
      return `${backend}: c = ${fitted[0].slowdown.toFixed(3)}.\n\n${table(heading, rows)}`
    })
    .join('\n\n')
}

/** Of workers together: slots, and workers that share each. */
const wayOf = ({ slots, teamSize }) => (teamSize > 1 ? ` (${slots}x${teamSize})` : '')

/** Not one worker, nor as many as in the row before, where there is no work for more. */
const isNew = ({ workers, workload }, i, crowds) =>
  workers > 1 && !(crowds[i - 1].workload === workload && crowds[i - 1].workers === workers)

/** What was counted with more workers than cores, beside what the model says of it. */
function crowdsTable(report) {
  const [{ backend }] = report.results
  const fitted = fitModel(report, backend)
  const cells = ({ workload, workers, teamSize, meetings }) => {
    const { predictions } = fitted.find(({ name }) => name === workload)
    const way = predictions.find((prediction) => prediction.workers === workers)
    return [
      workload,
      workers,
      teamSize === 1 ? 'each on its own' : `${workers / teamSize} x ${teamSize}`,
      meetings.toFixed(2),
      way ? way.meetings : '',
      way ? whole(way.bytes / 1000) : '',
    ]
  }
  return table(
    [
      'workload',
      'workers',
      'slots x workers of each',
      'meetings a step, counted',
      'as the model has it',
      'kB a worker',
    ],
    report.crowds.filter(isNew).map(cells),
  )
}

/** The page with its tables as the results have them. */
function renewed(text) {
  const [peers, phases] = [readResults('peers'), readResults('phases')]
  const parts = {
    'peers-machine': machineLine(peers),
    'peers-rounds': roundsLine(peers),
    peers: peersTable(peers),
    ratios: ratiosTable(peers),
    targets: aimsTable(peers, phases),
    'phases-machine': machineLine(phases),
    limits: limitsTable(phases),
    phases: phasesTable(phases),
    model: modelTable(phases),
    crowds: crowdsTable(phases),
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
