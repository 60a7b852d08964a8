// How fast is a training step of shardgrad next to NumPy, PyTorch, scikit-learn, TensorFlow.js and
// jax-js? Everyone on the same workloads, in rounds taken in turn, each in a fresh process, so that
// a noisy moment strikes all alike; the best of the rounds counts.
//
// Usage: npm run bench:peers -- [--workloads a,b] [--only shardgrad,numpy,...] [--rounds 3]. Waits
// for a quiet machine first. Prints a table and writes bench/results/peers.json, or
// peers-partial.json where only some workloads or contestants were asked for. PYTHON names the
// Python to take.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine, printHeading } from '../machine.js'
import { waitForQuiet } from '../quiet.js'
import { writeResults } from '../results.js'
import { families, findContestants } from './contestants.js'
import { printTable } from './summary.js'
import { inTurn } from './turns.js'
import { workloadsNamed } from './workloads.js'

const PROCESS_SECONDS = 300
const root = fileURLToPath(new URL('../..', import.meta.url))

const options = parseArgs({
  options: {
    workloads: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
}).values
const rounds = Number(options.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds: expected a whole number from 1, got ${options.rounds}`)
const chosenFamilies = options.only?.split(',') ?? families
const unknown = chosenFamilies.filter((family) => !families.includes(family))
if (unknown.length > 0)
  throw new Error(`--only: expected some of ${families.join(', ')}, got ${unknown.join(', ')}`)
const workloads = workloadsNamed(options.workloads?.split(',') ?? [])

// Everyone as they come, but for what their contestant sets.
delete process.env.OPENBLAS_CORETYPE
delete process.env.OMP_WAIT_POLICY

printHeading(
  `Peers: how fast is a training step next to others'? (best of ${rounds} rounds taken in turn)`,
)
const { contestants, absent, versions } = findContestants(chosenFamilies)
for (const line of absent) console.log(`left out: ${line}`)
const quiet = await waitForQuiet()
const results = []
for (const workload of workloads) {
  const taken = await inTurn(contestants, rounds, (contestant, round) => {
    process.stderr.write(`${workload.name}, round ${round} of ${rounds}: ${contestant.name}\n`)
    return measure(contestant, workload)
  })
  results.push({ ...workload, ...taken })
}
printTable(results)
printRemarks(results)
write({
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  versions,
  quiet,
  rounds,
  leftOut: absent,
  workloads: results,
})

/** The one line that a contestant prints for one workload, or `{ error }`. */
async function measure({ command, args, env }, workload) {
  const child = spawn(command, [...args, workload.name], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 1000 * PROCESS_SECONDS,
  })
  let [output, complaint] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text))
  const status = await new Promise((resolve) =>
    child
      .on('close', (code, signal) => resolve(code ?? signal))
      .on('error', ({ message }) => resolve(message)),
  )
  if (status === 0 && output) return JSON.parse(output)
  return {
    error:
      status === 'SIGTERM'
        ? `took more than ${PROCESS_SECONDS} s`
        : (reasonIn(complaint) ?? `ended with ${status}`),
  }
}

/** The line of an error message that says what happened, without this machine's paths. */
function reasonIn(complaint) {
  const lines = complaint
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  return (
    lines.find((line) => /^\w*(Error|Exception)\b.*:/.test(line)) ?? lines.at(-1)
  )?.replaceAll(root, '')
}

/** Who failed or was slow, once for the workloads it happened on. */
function printRemarks(results) {
  const where = new Map()
  for (const { name: workload, figures, failures } of results) {
    const slow = Object.entries(figures)
      .filter(([, { remark }]) => remark)
      .map(([name, { remark }]) => [name, remark])
    for (const [name, remark] of [...slow, ...Object.entries(failures)]) {
      const line = `${name}: ${remark}`
      where.set(line, [...(where.get(line) ?? []), workload])
    }
  }
  if (where.size > 0) console.log()
  for (const [line, names] of where) console.log(`${line} (${names.join(', ')})`)
}

function write(report) {
  const partial = options.workloads !== undefined || options.only !== undefined
  writeResults(partial ? 'peers-partial' : 'peers', report)
}
