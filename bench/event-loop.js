// Does the caller's event loop stay free while `fit` runs? A 10 ms timer in the caller: how late is
// it at most? The promise is 50 ms.
import { createTrainer, dense, sgd } from '../dist/main/index.js'
import { printHeading, require } from './machine.js'

/** Calls `work` and gives how late each tick of a 10 ms timer was. */
async function latenessDuring(work) {
  const late = []
  let due = performance.now() + 10
  const timer = setInterval(() => {
    const now = performance.now()
    late.push(now - due)
    due = now + 10
  }, 10)
  await work()
  clearInterval(timer)
  return late.sort((a, b) => a - b)
}

printHeading('Event loop: how late is a 10 ms timer of the caller during fit?')
for (const [what, inputs, epochs] of [
  ['60,000 x 784 uint8', Uint8Array.from({ length: 60_000 * 784 }, (_, i) => i % 251), 3],
  [
    '60,000 x 784 float32',
    Float32Array.from({ length: 60_000 * 784 }, (_, i) => (i % 251) / 251),
    3,
  ],
]) {
  const count = inputs.length / 784
  const trainer = await createTrainer({
    network: {
      inputs: 784,
      scale: inputs instanceof Uint8Array ? 1 / 255 : 1,
      layers: [dense(128, 'relu'), dense(10, 'softmax')],
    },
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.1 }),
  })
  let history
  const late = await latenessDuring(async () => {
    history = await trainer.fit(
      { inputs, targets: Uint8Array.from({ length: count }, (_, i) => i % 10) },
      { epochs, batchSize: 1024, validation: 0.1 },
    )
  })
  require(history.epoch.length === epochs &&
    history.cost.every(Number.isFinite), 'training went wrong')
  console.log(
    `${what}, ${trainer.info.workers} workers, ${history.seconds.toFixed(1)} s: at most ${late.at(-1).toFixed(1)} ms late, ` +
      `median ${late[late.length >> 1].toFixed(2)} ms, ${late.length} ticks, arena ${(trainer.info.arenaBytes / 1e6).toFixed(0)} MB`,
  )
  await trainer.close()
}
