// Runs one thing as fast as this thread can for half a second, several times, and says its best
// rate: GFLOP/s of a product of 512 x 512 matrices by BLAS or by a wasm program, or GB/s of adding
// one 64 MB vector to another.
import { parentPort, workerData } from 'node:worker_threads'
import { loadBlas } from '../../dist/shared/node/blas.js'
import { wasmOperations } from '../../dist/shared/kernels/wasm/operations.js'

const SIZE = 512
const VECTOR = 2 ** 24
const memory = new WebAssembly.Memory({ initial: 2200, maximum: 2200, shared: true })
new Float32Array(memory.buffer).fill(0.001)

const { what, library, compiled, starting } = workerData
const work = await prepare()
work.once()
Atomics.add(starting, 0, 1)
while (Atomics.load(starting, 0) < starting[1]); // all threads begin together
let best = 0
for (let round = 0; round < 5; round++) best = Math.max(best, rate())
parentPort.postMessage(best)

async function prepare() {
  const [a, b, c] = [0, 4 * SIZE * SIZE, 8 * SIZE * SIZE]
  if (what === 'blas') {
    const multiply = (await loadBlas(library))(memory)
    const sizes = { m: SIZE, n: SIZE, k: SIZE, strideA: SIZE, strideB: SIZE, strideC: SIZE }
    const product = { ...sizes, transposeA: false, transposeB: false, a, b, beta: 0, c }
    return { amount: 2 * SIZE ** 3, once: () => multiply(product) }
  }
  const operation = wasmOperations(compiled, memory)
  if (what === 'wasm') {
    const multiplyPanels = operation('multiplyPanels')
    return { amount: 2 * SIZE ** 3, once: () => multiplyPanels(a, b, c, SIZE, SIZE, SIZE) }
  }
  const addInto = operation('addInto')
  return { amount: 3 * 4 * VECTOR, once: () => addInto(0, 4 * VECTOR, VECTOR) }
}

/** 10^9 units a second, over half a second. */
function rate() {
  const began = performance.now()
  let [done, now] = [0, began]
  for (; now - began < 500; now = performance.now(), done++) work.once()
  return (done * work.amount) / (now - began) / 1e6
}
