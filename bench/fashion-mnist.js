// How long does Fashion-MNIST take, and how well is it learned? Its recipe (784-128-10, Adam along
// half a cosine, 15 epochs), shardgrad on two workers beside PyTorch on two threads, in rounds
// taken in turn; seconds of training alone, the best of the rounds.
//
// Usage: npm run bench:fashion-mnist -- [--rounds 1] [--directory ./images/]. Needs the data set
// (Debian: dataset-fashion-mnist); PyTorch if some Python has it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadDataSet } from '../dist/main/data/data-sets.js'
import { BackendError, createTrainer } from '../dist/main/index.js'
import { networkFor } from '../dist/main/commands/network-options.js'
import { optimizerFor } from '../dist/main/commands/optimizer-options.js'
import { printHeading } from './machine.js'

const WORKERS = 2
const SEED = 1

const options = parseArgs({
  options: { rounds: { type: 'string', default: '1' }, directory: { type: 'string' } },
}).values
const rounds = Number(options.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds: expected a whole number from 1, got ${options.rounds}`)
const data = await loadDataSet(options.directory ?? 'fashion-mnist')
const { recipe, test } = data

printHeading(
  `Fashion-MNIST: how long does training take, and how well is it learned? (best of ${rounds} ${rounds === 1 ? 'round' : 'rounds'})`,
)
const contestants = [
  ...['native', 'wasm-relaxed'].map((backend) => ({
    name: `shardgrad, ${backend}, ${WORKERS} workers`,
    run: () => trainOurs(backend),
  })),
  { name: `PyTorch, ${WORKERS} threads`, run: trainTorch },
]
const figures = new Map()
for (let round = 0; round < rounds; round++) {
  for (const { name, run } of contestants) {
    const figure = await run()
    if (!(figures.get(name)?.seconds <= figure.seconds)) figures.set(name, figure)
  }
}
for (const [name, { missing, version = '', seconds, accuracy }] of figures) {
  console.log(
    missing
      ? `${name}: left out: ${missing}`
      : `${name}${version && ` (${version})`}: ${seconds.toFixed(2)} s, ${(100 * accuracy).toFixed(2)} % of the test images right`,
  )
}

/** Seconds of training and the accuracy on the test images, or why there are none. */
async function trainOurs(backend) {
  const { epochs, batchSize, loss } = recipe
  try {
    const trainer = await createTrainer({
      network: networkFor(data, {}),
      loss,
      optimizer: optimizerFor(recipe, {}, epochs),
      seed: SEED,
      workers: WORKERS,
      backend,
    })
    const { seconds } = await trainer.fit(data, { epochs, batchSize })
    const { accuracy } = await trainer.evaluate(test)
    await trainer.close()
    return { seconds, accuracy }
  } catch (error) {
    if (error instanceof BackendError) return { missing: error.message }
    throw error
  }
}

/**
 * The same by the first Python that has PyTorch: the one PYTHON names, else the first in the path,
 * else the system's.
 */
function trainTorch() {
  const python = (process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3']).find(
    (command) => spawnSync(command, ['-c', 'import torch']).status === 0,
  )
  if (!python) return { missing: 'no Python has it; apt-get install python3-torch' }
  const script = fileURLToPath(new URL('./peers/fashion_mnist.py', import.meta.url))
  const { epochs, batchSize, learningRate } = recipe
  const args = [
    options.directory ?? '/usr/share/datasets/fashion-mnist',
    WORKERS,
    epochs,
    batchSize,
    learningRate,
    SEED,
  ].map(String)
  const { status, stdout, stderr } = spawnSync(python, [script, ...args], { encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout) : { missing: stderr.trim().split('\n').at(-1) }
}
