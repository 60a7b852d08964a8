// The workloads of workloads.json as the JavaScript contestants need them: the network, its first
// parameters and one resident batch.
import { readFileSync } from 'node:fs'
import { dense } from '../../dist/main/index.js'
import { flopsOf } from '../../dist/shared/model/network.js'
import { createUniform } from '../../dist/shared/numerics/random.js'

export const LEARNING_RATE = 0.1

export const workloads = JSON.parse(
  readFileSync(new URL('./workloads.json', import.meta.url), 'utf8'),
)

/**
 * The workloads of these names, all of them if no name is given.
 * @param {string[]} names
 */
export function workloadsNamed(names) {
  const unknown = names.filter((name) => !workloads.some((workload) => workload.name === name))
  if (unknown.length > 0)
    throw new Error(
      `unknown workload ${unknown.join(', ')}; there are ${workloads.map(({ name }) => name).join(', ')}`,
    )
  return names.length === 0 ? workloads : workloads.filter(({ name }) => names.includes(name))
}

/** The network of these widths: softmax outputs, the activation everywhere else. */
export function networkOf({ dims: [inputs, ...units], activation = 'relu' }) {
  const last = units.length - 1
  return { inputs, layers: units.map((n, l) => dense(n, l === last ? 'softmax' : activation)) }
}

/** One line of figures, as python_peers.py prints them. */
export function figureOf({ name, dims, batchSize }, secondsPerStep) {
  const gflops = flopsOf(networkOf({ dims }), batchSize) / secondsPerStep / 1e9
  return {
    workload: name,
    microsecondsPerStep: Number((secondsPerStep * 1e6).toFixed(1)),
    gflops: Number(gflops.toFixed(1)),
  }
}

/**
 * The batch and the first parameters, the same in every run: `inputs` (m, n_0) in [0, 1), `classes`
 * (m), `oneHot` (m, n_L), `weights[l]` (n_{l-1}, n_l) of variance 1 / n_{l-1}, `biases[l]` (n_l) of
 * zeros. All row-major, Float32Array but for the classes.
 */
export function problemOf({ dims, activation, batchSize }) {
  const uniform = createUniform(1, 0)
  const outputs = dims.at(-1)
  const classes = Uint32Array.from({ length: batchSize }, () => Math.floor(uniform() * outputs))
  return {
    dims,
    activation,
    batchSize,
    classes,
    inputs: Float32Array.from({ length: batchSize * dims[0] }, uniform),
    oneHot: Float32Array.from({ length: batchSize * outputs }, (_, i) =>
      classes[Math.floor(i / outputs)] === i % outputs ? 1 : 0,
    ),
    weights: dims
      .slice(1)
      .map((width, l) =>
        Float32Array.from(
          { length: dims[l] * width },
          () => (uniform() - 0.5) * Math.sqrt(12 / dims[l]),
        ),
      ),
    biases: dims.slice(1).map((width) => new Float32Array(width)),
  }
}
