// What was aimed at, and what of it the results reach.
import { RIVALS, RIVALS_WITH_RIGHT_KERNELS, ratiosOf } from './peers/summary.js'

/** Times as fast as the best of NumPy and PyTorch. */
const NATIVE = {
  'digits-64': 2,
  'digits-full': 1.8,
  'mnist-128': 1.5,
  'mnist-1024': 1.1,
  'wide-128': 1.05,
  'wide-1024': 1,
  'large-8192': 1,
}
const NATIVE_MEAN = 1.3
/** Against them as they come, where that means kernels older than the processor. */
const NATIVE_MEAN_AS_THEY_COME = 1.8
const WASM_RELAXED_MEAN = 0.75
/** Of the rate of products on all cores. */
const SHARES = {
  native: { aim: 0.88, workloads: ['wide-128', 'wide-1024', 'large-8192'] },
  'wasm-relaxed': {
    aim: 0.92,
    workloads: ['mnist-128', 'mnist-1024', 'wide-128', 'wide-1024', 'large-8192'],
  },
}

const verdict = (reached, aim) =>
  Number.isNaN(reached) ? '-' : reached >= aim ? 'reached' : 'missed'

/**
 * Rows of workload, backend and rivals, aim, reached, reached by the medians, verdict.
 *
 * @param peers peers.json.
 */
export function speedAims({ workloads }) {
  const asked = workloads.some(
    ({ figures }) => ratiosOf(figures)['shardgrad-native']?.[RIVALS_WITH_RIGHT_KERNELS],
  )
  const rivals = asked ? RIVALS_WITH_RIGHT_KERNELS : RIVALS
  const each = workloads.map(({ name, figures }) =>
    speedRow(name, [figures], 'native', rivals, NATIVE[name]),
  )
  const mean = (backend, kind, aim) =>
    speedRow(
      'geometric mean',
      workloads.map(({ figures }) => figures),
      backend,
      kind,
      aim,
    )
  return [
    ...each,
    mean('native', rivals, NATIVE_MEAN),
    ...(asked ? [mean('native', RIVALS, NATIVE_MEAN_AS_THEY_COME)] : []),
    mean('wasm-relaxed', RIVALS, WASM_RELAXED_MEAN),
  ]
}

function speedRow(what, figures, backend, rivals, aim) {
  const mean = (field) =>
    geometricMean(
      figures.map((each) => ratiosOf(each, field)[`shardgrad-${backend}`]?.[rivals]?.ratio ?? NaN),
    )
  const [best, median] = [mean('microsecondsPerStep'), mean('medianMicrosecondsPerStep')]
  const shown = (ratio) => (Number.isNaN(ratio) ? 'not measured' : ratio.toFixed(2))
  return [what, backend, rivals, aim, shown(best), shown(median), verdict(best, aim)]
}

const geometricMean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/**
 * The share of the limit of a result of phases.json.
 *
 * @param phases phases.json.
 */
export function shareOfLimit({ limits }, { backend, workers, gflops }) {
  const limitOf = { native: 'blas', 'wasm-relaxed': 'wasmRelaxed', wasm: 'wasm' }
  return gflops / (workers === 1 ? limits.one : limits.all)[limitOf[backend]]
}

/**
 * Rows of workload, backend, aim, reached, verdict: on all cores.
 *
 * @param phases phases.json.
 */
export function shareAims(phases) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`
  return Object.entries(SHARES).flatMap(([backend, { aim, workloads }]) =>
    phases.results
      .filter(
        (result) =>
          result.backend === backend &&
          workloads.includes(result.workload) &&
          result.workers === phases.machine.cores,
      )
      .map((result) => {
        const share = shareOfLimit(phases, result)
        return [result.workload, backend, `${100 * aim} %`, percent(share), verdict(share, aim)]
      }),
  )
}
