// How fast trainers are saved and loaded, and how soon a model answers.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adam, createTrainer, dense, loadModel, loadTrainer } from '../dist/main/index.js'
import { printHeading } from './machine.js'

const ROUNDS = 10
const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'shardgrad-saving-'))
const file = join(directory, 'model.safetensors')

/** Milliseconds of each of some rounds, in order. */
async function timesOf(work, rounds = ROUNDS) {
  const times = []
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now()
    await work()
    times.push(performance.now() - begun)
  }
  return times.sort((a, b) => a - b)
}

const spread = (times, digits = 1) =>
  `${times[0].toFixed(digits)} to ${times.at(-1).toFixed(digits)}`

async function trainerOf(inputs, units, optimizer) {
  return createTrainer({
    network: { inputs, layers: [dense(units, 'relu'), dense(10, 'softmax')] },
    loss: 'categoricalCrossEntropy',
    optimizer,
    seed: 1,
  })
}

printHeading(`Saving and loading: how fast? (best to worst of ${ROUNDS}, in ${directory})`)
const small = await trainerOf(784, 128)
await small.save(file)
const [first] = await timesOf(() => loadModel(file), 1)
console.log(`loadModel of 784-128-10: ${first.toFixed(1)} ms the first time`)
console.log(`  then ${spread(await timesOf(() => loadModel(file)))} ms`)
const model = await loadModel(file)
const row = Float32Array.from({ length: 784 }, (_, i) => (i % 7) / 7)
await timesOf(() => model.predict(row), 2000)
const one = await timesOf(() => model.predict(row), 2000)
console.log(
  `  one row: ${(one[0] * 1000).toFixed(0)} us, median ${(one[1000] * 1000).toFixed(0)} us`,
)
await small.close()

const large = await trainerOf(2880, 2880, adam())
await large.save(file)
const megabytes = statSync(file).size / 1e6
const saves = await timesOf(() => large.save(file))
const speeds = saves.map((ms) => (megabytes / ms) * 1000).reverse()
console.log(`save ${megabytes.toFixed(0)} MB: ${spread(speeds, 0)} MB/s`)
const loads = await timesOf(async () => (await loadTrainer(file)).close(), 3)
console.log(`loadTrainer: ${spread(loads, 0)} ms`)
await large.close()
rmSync(directory, { recursive: true })
