// How much faster do more workers train? From one to every core; the same bits are required of all
// before anything is timed.
import benny from 'benny'
import { chooseBackend } from '../dist/main/runtime/node/backend-choice.js'
import { measure } from '../dist/main/commands/bench.js'
import { availableCores } from '../dist/main/runtime/node/cores.js'
import { createTrainer, dense, sgd } from '../dist/main/index.js'
import { flopsOf } from '../dist/shared/model/network.js'
import { bestAndMedian, printHeading, require } from './machine.js'
import { networkOf } from './peers/workloads.js'

const workers = Array.from({ length: availableCores() }, (_, i) => i + 1)

printHeading('Speedup: how much faster do more workers train? (best of rounds in turn)')
for (const [dims, batchSize, activation] of [
  [[784, 128, 10], 1024, 'relu'],
  [[64, 128, 128, 10], 1617, 'sigmoid'],
  [[64, 128, 128, 10], 64, 'sigmoid'],
  [[784, 512, 512, 10], 1024, 'relu'],
]) {
  const { backend: fastest } = await chooseBackend('auto', flopsOf(networkOf({ dims }), 1))
  for (const backend of new Set([fastest, 'wasm'])) {
    for (const result of await measure({ dims, batchSize, activation, backend, workers })) {
      console.log(
        `${dims.join('-')}, batch ${batchSize}, ${backend}, ${result.workers} workers: ${result.microsecondsPerStep.toFixed(1)} us a step, ${result.gflops.toFixed(1)} GFLOP/s, ` +
          `speedup ${result.speedup.toFixed(2)}, efficiency ${(100 * result.efficiency).toFixed(0)} %`,
      )
    }
  }
}

// Tiny steps, where only overhead counts: 5000 epochs of XOR.
const trainer = await createTrainer({
  network: { inputs: 2, layers: [dense(3, 'sigmoid'), dense(1, 'sigmoid')] },
  loss: 'halfSquaredError',
  optimizer: sgd({ learningRate: 1 }),
  seed: 1,
})
const xor = {
  inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
  targets: Float32Array.of(0, 1, 1, 0),
}
const train = async () => trainer.fit(xor, { epochs: 5000, batchSize: 'all' })
await train()
await train()
require(Math.round((await trainer.predict(xor.inputs))[1]) === 1, 'XOR was not learned')
await benny.suite(
  'XOR',
  benny.add('5000 epochs', train, { minSamples: 10, maxTime: 2 }),
  benny.complete(({ results: [result] }) => {
    const { best, median } = bestAndMedian(result)
    console.log(
      `XOR, 5000 epochs, ${trainer.info.workers} worker: ${(best * 1000).toFixed(1)} ms (median ${(median * 1000).toFixed(1)})`,
    )
  }),
)
await trainer.close()
