// A block through a whole network: its gradient against central differences of its loss, and the backends against each other.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ActivationName } from '../../src/shared/activations.js'
import { createArena, planArena } from '../../src/shared/arena.js'
import { type BackendName, backends } from '../../src/shared/backends.js'
import type { LossName } from '../../src/shared/losses.js'
import { type Network, dense } from '../../src/shared/network.js'
import { paddedWidth } from '../../src/shared/padding.js'
import { type Pass, type Tally, backward, forwardWithLoss, loadBlock, prepareWeights } from '../../src/shared/pass.js'
import { createUniform } from '../../src/shared/random.js'
import { noise, worstDifference } from './support.js'

const compiled = new WebAssembly.Module(readFileSync(new URL('../../dist/shared/kernels/kernels.wasm', import.meta.url)))
const EXAMPLES = 11

/** A network in an arena of its own: `parameters` holds only the real ones, padding left out. */
function openPass(backend: BackendName, network: Network, loss: LossName) {
  const { scalar, create, preparedElements } = backends[backend]
  const outputs = network.layers.at(-1)!.units
  const layout = planArena({
    network, scalar, stateElements: 0, workers: 1, shards: 1, batchSize: EXAMPLES, predicts: false, preparedElements,
    training: { count: EXAMPLES, inputs: scalar, targets: scalar }, validation: undefined,
  })
  const memory = createArena(layout.bytes)
  const values = scalar === 'float32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer)
  const size = values.BYTES_PER_ELEMENT
  const pass: Pass = {
    kernels: create(compiled, memory), network, loss, layout: layout.parameters, scalarBytes: size, scratch: layout.scratch[0]!,
  }
  const { inputs, targets } = layout.training!
  for (let i = 0; i < EXAMPLES; i++) {
    for (let j = 0; j < network.inputs; j++) values[inputs.offset / size + i * network.inputs + j] = noise(i, j)
    for (let j = 0; j < outputs; j++) {
      values[targets!.offset / size + i * outputs + j] =
        loss === 'categoricalCrossEntropy' ? Number(i % outputs === j) : loss === 'binaryCrossEntropy' ? (i + j) % 2 : noise(i, j + 50)
    }
  }
  const places = layout.parameters.layers.flatMap((layer) => [
    ...Array.from({ length: layer.inputs * layer.outputs }, (_, i) =>
      layer.weights + Math.floor(i / layer.outputs) * paddedWidth(layer.outputs) + (i % layer.outputs)),
    ...Array.from({ length: layer.outputs }, (_, j) => layer.biases + j),
  ])
  const parameters = layout.versions[0].parameters
  const uniform = createUniform(4, 4)
  for (const place of places) values[parameters / size + place] = Math.fround(2 * uniform() - 1)

  /** Rows first .. end-1 of the examples: loads them and gives their loss; `backward` may follow. */
  const run = (first: number, end: number, tally: Tally): void => {
    const rows = new Int32Array(memory.buffer, layout.scratch[0]!.rowNumbers, end - first)
    rows.forEach((_, i) => (rows[i] = first + i))
    prepareWeights(pass, parameters, true)
    loadBlock(pass, layout.training!, end - first)
    forwardWithLoss(pass, parameters, end - first, tally)
  }
  return {
    loss: (): number => {
      const tally = { loss: 0, correct: 0 }
      run(0, EXAMPLES, tally)
      return tally.loss
    },
    /** The gradient over all examples, taken in blocks that begin at `starts`. */
    gradient: (starts = [0]): { gradient: number[]; tally: Tally; padding: number[] } => {
      const tally = { loss: 0, correct: 0 }
      values.fill(7777, layout.slots / size, layout.slots / size + layout.parameters.elements)
      starts.forEach((first, block) => {
        const end = starts[block + 1] ?? EXAMPLES
        run(first, end, tally)
        backward(pass, parameters, layout.slots, end - first, block > 0)
      })
      const all = Array.from(values.subarray(layout.slots / size, layout.slots / size + layout.parameters.elements))
      const real = new Set(places)
      return { gradient: places.map((place) => all[place]!), tally, padding: all.filter((_, place) => !real.has(place)) }
    },
    slope: (parameter: number): number => {
      const at = parameters / size + places[parameter]!
      const [value, step] = [values[at]!, 1e-5]
      const lossAt = (change: number): number => {
        values[at] = value + change
        const tally = { loss: 0, correct: 0 }
        run(0, EXAMPLES, tally)
        values[at] = value
        return tally.loss
      }
      return (lossAt(step) - lossAt(-step)) / (2 * step)
    },
    parameters: places.length,
  }
}

const cases: [LossName, ActivationName, ActivationName][] = [
  ['halfSquaredError', 'tanh', 'identity'], ['halfSquaredError', 'relu', 'softmax'], ['halfSquaredError', 'softmax', 'sigmoid'],
  ['meanSquaredError', 'sigmoid', 'tanh'], ['meanSquaredError', 'identity', 'relu'],
  ['binaryCrossEntropy', 'relu', 'sigmoid'], ['categoricalCrossEntropy', 'tanh', 'softmax'], ['categoricalCrossEntropy', 'softmax', 'softmax'],
]
describe.each(cases)('%s after %s and %s', (loss, hidden, output) => {
  const network: Network = { inputs: 5, layers: [dense(6, hidden), dense(9, hidden), dense(3, output)] }

  it('the gradient is the slope of the summed loss: central differences to 1e-7 in every parameter', () => {
    const pass = openPass('reference', network, loss)
    const { gradient, tally } = pass.gradient()
    const slopes = Array.from({ length: pass.parameters }, (_, parameter) => pass.slope(parameter))
    expect(worstDifference(gradient, slopes).error).toBeLessThan(1e-7)
    expect(gradient.filter((g) => Math.abs(g) > 1e-3).length, 'parameters that matter').toBeGreaterThan(gradient.length / 2)
    expect(tally.loss).toBe(pass.loss())
  })

  it('in blocks, accumulated, it is the same to 1e-14 of the largest; float32 gives it to 1e-6 and leaves zeros in the padding', () => {
    const reference = openPass('reference', network, loss).gradient()
    const blocks = openPass('reference', network, loss).gradient([0, 1, 6])
    const wasm = openPass('wasm', network, loss).gradient([0, 1, 6])
    const largest = Math.max(...reference.gradient.map(Math.abs))
    expect(worstDifference(blocks.gradient, reference.gradient).error / largest).toBeLessThan(1e-14)
    expect(worstDifference(wasm.gradient, reference.gradient).error / largest).toBeLessThan(1e-6)
    expect(wasm.tally.correct).toBe(reference.tally.correct)
    expect(Math.abs(wasm.tally.loss / reference.tally.loss - 1)).toBeLessThan(1e-6)
    expect(wasm.padding.filter((x) => x !== 0)).toEqual([])
  })
})
