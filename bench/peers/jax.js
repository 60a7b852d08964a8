// Training-step time of jax-js (wasm device, the whole step under jit) on the workloads of
// workloads.json.
//
// Usage: node bench/peers/jax.js [THREADS] [WORKLOAD ...]. Prints a JSON line per workload. One
// thread is what jax-js does in Node; for more it is given the Web Worker it expects. It also gets
// relaxed SIMD, which it uses where it finds it and which Node 20 hides behind a flag.
import { setFlagsFromString } from 'node:v8'
import { measureRival } from './rival.js'
import { WebWorker } from './web-worker.js'
import { LEARNING_RATE } from './workloads.js'

const [threads, names] = /^\d+$/.test(process.argv[2])
  ? [Number(process.argv[2]), process.argv.slice(3)]
  : [1, process.argv.slice(2)]

// What jax-js looks at while it is loaded.
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
if (threads > 1) globalThis.Worker = WebWorker
Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: threads } })
const jax = await import('@jax-js/jax')
const { nn, numpy } = jax
await jax.init('wasm')
jax.defaultDevice('wasm')

/** jax-js counts references: an array handed to a function is given up, `ref` keeps one more. */
function createTraining({ dims, activation, batchSize, inputs, oneHot, weights, biases }) {
  const x = numpy.array(inputs).reshape([batchSize, dims[0]])
  const y = numpy.array(oneHot).reshape([batchSize, dims.at(-1)])
  let parameters = weights.map((values, l) => [
    numpy.array(values).reshape([dims[l], dims[l + 1]]),
    numpy.array(biases[l]),
  ])
  const activate = { sigmoid: nn.sigmoid, relu: nn.relu }[activation]
  const loss = (layers, batch, targets) => {
    const logits = layers.reduce((a, [w, b], l) => {
      const z = numpy.matmul(a, w).add(b)
      return l === layers.length - 1 ? z : activate(z)
    }, batch)
    return numpy.sum(nn.logSoftmax(logits).mul(targets)).mul(-1 / batchSize)
  }
  const update = jax.jit((layers, batch, targets) => {
    const gradient = jax.grad(loss)(jax.tree.ref(layers), batch, targets)
    return jax.tree.map((value, slope) => value.sub(slope.mul(LEARNING_RATE)), layers, gradient)
  })
  return {
    step: async () => {
      parameters = update(parameters, x.ref, y.ref)
      await jax.blockUntilReady(parameters)
    },
    parameters: async () => ({
      weights: await Promise.all(parameters.map(async ([w]) => w.ref.data())),
      biases: await Promise.all(parameters.map(async ([, b]) => b.ref.data())),
    }),
    dispose: () => {
      jax.tree.dispose([x, y, parameters])
      update.dispose()
    },
  }
}

await measureRival({ peer: 'jax-js', threads, names }, createTraining)
process.exit() // jax-js has no way to end its workers
