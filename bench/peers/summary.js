// What the figures say: the best of each kind, the ratios between them, and the table a person
// reads.

export const RIVALS = 'NumPy and PyTorch'
/** Also asked for the kernels that suit the processor, where they take others by themselves. */
export const RIVALS_WITH_RIGHT_KERNELS = 'NumPy and PyTorch, right kernels'

const BASELINES = {
  [RIVALS]: /^(numpy|torch(-passive)?)-\d+$/,
  [RIVALS_WITH_RIGHT_KERNELS]: /^(numpy|torch(-passive)?)(-avx512)?-\d+$/,
  'NumPy in place': /^numpy-in-place(-avx512)?-\d+$/,
  'scikit-learn': /^sklearn(-avx512)?-\d+$/,
  'TensorFlow.js': /^tfjs-/,
  'jax-js': /^jax-js-/,
}

/**
 * The figures of one contestant: the best of its rounds, and how they spread.
 *
 * @param {number[]} times Microseconds a step of each round.
 */
export function figuresOf(times) {
  const ordered = times.toSorted((a, b) => a - b)
  const middle = (ordered.length - 1) / 2
  const median = (ordered[Math.floor(middle)] + ordered[Math.ceil(middle)]) / 2
  return {
    microsecondsPerStep: ordered[0],
    medianMicrosecondsPerStep: Number(median.toFixed(1)),
    worstMicrosecondsPerStep: ordered.at(-1),
  }
}

/**
 * Ratios of speed for one workload, above 1 where shardgrad is faster: each backend's best number
 * of workers against the best of each kind of rival.
 *
 * @param {Record<string, object>} figures By contestant: what figuresOf gives.
 * @param {string} field Which figure is compared; who has none is passed over.
 * @returns {Record<string, Record<string, { ratio: number, of: string, to: string }>>} By backend,
 * then by kind of rival.
 */
export function ratiosOf(figures, field = 'microsecondsPerStep') {
  const names = Object.keys(figures).filter((name) => figures[name][field] !== undefined)
  const fastest = (pattern) =>
    names
      .filter((name) => pattern.test(name))
      .sort((a, b) => figures[a][field] - figures[b][field])[0]
  const theirs = baselinesOf(names)
    .map(([kind, pattern]) => [kind, fastest(pattern)])
    .filter(([, name]) => name !== undefined)
  const backends = new Set(
    names.filter((name) => name.startsWith('shardgrad-')).map((name) => name.replace(/-\d+$/, '')),
  )
  return Object.fromEntries(
    [...backends].map((backend) => {
      const ours = fastest(new RegExp(`^${backend}-\\d+$`))
      return [
        backend,
        Object.fromEntries(
          theirs.map(([kind, name]) => {
            const ratio = figures[name][field] / figures[ours][field]
            return [kind, { ratio, of: ours, to: name }]
          }),
        ),
      ]
    }),
  )
}

function baselinesOf(names) {
  const asked = names.some((name) => name.includes('-avx512-'))
  return Object.entries(BASELINES).filter(([kind]) => asked || kind !== RIVALS_WITH_RIGHT_KERNELS)
}

/** GFLOP/s, and in brackets how much longer the median of the rounds took than the best. */
export function rateWithSpread({ gflops, microsecondsPerStep, medianMicrosecondsPerStep }) {
  if (medianMicrosecondsPerStep === undefined) return gflops.toFixed(1)
  const spread = 100 * (medianMicrosecondsPerStep / microsecondsPerStep - 1)
  return `${gflops.toFixed(1)} (${spread.toFixed(0)} %)`
}

/** @param results Of every workload: { name, figures }. */
export function printTable(results) {
  printRows(
    'GFLOP/s (median slower by)',
    results,
    results.map(({ figures }) =>
      Object.fromEntries(
        Object.entries(figures).map(([name, figure]) => [name, rateWithSpread(figure)]),
      ),
    ),
  )
  printRows(
    'Times as fast as the best of',
    results,
    results.map(({ figures }) =>
      Object.fromEntries(
        Object.entries(ratiosOf(figures)).flatMap(([backend, rivals]) =>
          Object.entries(rivals).map(([kind, { ratio }]) => [
            `${backend} : ${kind}`,
            ratio.toFixed(2),
          ]),
        ),
      ),
    ),
  )
}

function printRows(title, results, columns) {
  const labels = [...new Set(columns.flatMap((column) => Object.keys(column)))]
  if (labels.length === 0) return
  const width = Math.max(title.length, ...labels.map((label) => label.length))
  const line = (label, cells) =>
    console.log(label.padEnd(width) + cells.map((cell) => cell.padStart(13)).join(''))
  console.log()
  line(
    title,
    results.map(({ name }) => name),
  )
  for (const label of labels)
    line(
      label,
      columns.map((column) => column[label] ?? '-'),
    )
}
