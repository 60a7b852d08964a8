// What the JavaScript rivals have in common: their steps are compared with shardgrad's, then timed,
// and a JSON line per workload is printed.
import { ROUNDS, ROUND_SECONDS } from '../../dist/main/commands/bench.js'
import { createTrainer, sgd } from '../../dist/main/index.js'
import { LEARNING_RATE, figureOf, networkOf, problemOf, workloadsNamed } from './workloads.js'

const WORKLOAD_SECONDS = 40 // a rival that needs longer takes fewer steps
const CHECKED_STEPS = 5
// Of the parameters' change in CHECKED_STEPS steps; float32 sums in another order differ by 1e-6.
const TOLERANCE = 1e-4

/**
 * Measures one rival.
 *
 * @param {{ peer: string, threads: number, names: string[] }} run
 * @param createTraining Takes a problem of problemOf; gives `step()`, one update, done when what it
 * returns is settled; `parameters()`, the current { weights, biases } as Float32Arrays; and
 * `dispose()`.
 */
export async function measureRival({ peer, threads, names }, createTraining) {
  const chosen = workloadsNamed(names)
  for (const activation of new Set(chosen.map((workload) => workload.activation)))
    await requireSameSteps(createTraining, activation)
  for (const workload of chosen) {
    try {
      const { seconds, ...remark } = await timeTraining(await createTraining(problemOf(workload)))
      console.log(JSON.stringify({ peer, threads, ...figureOf(workload, seconds), ...remark }))
    } catch (error) {
      console.log(JSON.stringify({ peer, threads, workload: workload.name, error: String(error) }))
    }
  }
}

/** A rival that computes something else is not timed. */
async function requireSameSteps(createTraining, activation) {
  const problem = problemOf({ dims: [20, 17, 10], activation, batchSize: 13 })
  const training = await createTraining(problem)
  for (let step = 0; step < CHECKED_STEPS; step++) await training.step()
  const theirs = await training.parameters()
  training.dispose()
  const ours = await trainWithShardgrad(problem)
  for (const kind of ['weights', 'biases']) {
    for (const [l, before] of problem[kind].entries()) {
      const change = ours[kind][l].map((value, i) => value - before[i])
      const largest = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const difference = change.reduce(
        (most, value, i) => Math.max(most, Math.abs(before[i] + value - theirs[kind][l][i])),
        0,
      )
      if (!(difference <= TOLERANCE * largest)) {
        throw new Error(
          `${kind} of layer ${l + 1} (${activation}) differ from shardgrad's by ${difference} after ${CHECKED_STEPS} steps that changed them by ${largest}`,
        )
      }
    }
  }
}

async function trainWithShardgrad({ dims, activation, inputs, classes, weights, biases }) {
  const trainer = await createTrainer({
    network: networkOf({ dims, activation }),
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: LEARNING_RATE }),
    workers: 1,
    backend: 'wasm',
  })
  trainer.setParameters({ weights, biases })
  await trainer.fit({ inputs, targets: classes }, { epochs: CHECKED_STEPS, batchSize: 'all' })
  const parameters = trainer.getParameters()
  await trainer.close()
  return parameters
}

/**
 * Best of the rounds that fit into WORKLOAD_SECONDS, after warm-up; if not even that fits, the
 * first step's time.
 */
async function timeTraining(training) {
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  let latest
  do latest = await secondsPerStep(training, 1)
  while (elapsed() < ROUND_SECONDS)
  if (latest > WORKLOAD_SECONDS)
    return { seconds: latest, remark: 'slow: one step, without warm-up' }
  const steps = Math.max(1, Math.round(ROUND_SECONDS / latest))
  let [rounds, seconds] = [0, Infinity]
  do seconds = Math.min(seconds, await secondsPerStep(training, steps))
  while (++rounds < ROUNDS && elapsed() + steps * seconds < WORKLOAD_SECONDS)
  training.dispose()
  return rounds < ROUNDS ? { seconds, remark: `slow: ${rounds} of ${ROUNDS} rounds` } : { seconds }
}

async function secondsPerStep(training, steps) {
  const started = performance.now()
  for (let step = 0; step < steps; step++) await training.step()
  return (performance.now() - started) / 1000 / steps
}
