// What does training take of memory? Peak of the process for 60,000 x 784 uint8 examples on a wide
// network, and whether 1000 calls of fit leave anything behind.
import { createTrainer, dense, sgd } from '../dist/main/index.js'
import { printHeading } from './machine.js'

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`
/** The kernel's own figure, where there is one: samples would miss peaks. */
const peakBytes = () => 1024 * process.resourceUsage().maxRSS

printHeading('Memory: what does training take?')
const before = process.memoryUsage.rss()
const examples = {
  inputs: new Uint8Array(60_000 * 784).map((_, i) => i % 251),
  targets: new Uint8Array(60_000).map((_, i) => i % 10),
}
const trainer = await createTrainer({
  network: {
    inputs: 784,
    scale: 1 / 255,
    layers: [dense(512, 'relu'), dense(512, 'relu'), dense(10, 'softmax')],
  },
  loss: 'categoricalCrossEntropy',
  optimizer: sgd({ learningRate: 0.01 }),
  seed: 1,
})
await trainer.fit(examples, { epochs: 1, batchSize: 128 })
console.log(
  `60,000 x 784 uint8, 784-512-512-10, batch 128, ${trainer.info.backend}, ${trainer.info.workers} workers: arena ${megabytes(trainer.info.arenaBytes)}, peak of the process ${megabytes(peakBytes())}, ` +
    `of which the caller's examples ${megabytes(60_000 * 785)} and Node itself ${megabytes(before)}`,
)
await trainer.close()

const small = await createTrainer({
  network: { inputs: 64, layers: [dense(32, 'relu'), dense(10, 'softmax')] },
  loss: 'categoricalCrossEntropy',
  optimizer: sgd({ learningRate: 0.01 }),
  seed: 1,
  workers: 2,
})
const few = {
  inputs: new Uint8Array(64 * 64).map((_, i) => i % 17),
  targets: new Uint8Array(64).map((_, i) => i % 10),
}
const fit = async (calls) => {
  for (let call = 0; call < calls; call++) await small.fit(few, { epochs: 1, batchSize: 64 })
}
await fit(3000) // everything compiled, every heap at its size
const settled = process.memoryUsage.rss()
await fit(1000)
console.log(
  `1000 calls of fit: ${((process.memoryUsage.rss() - settled) / 1e6).toFixed(1)} MB more than before (${megabytes(settled)})`,
)
await small.close()
