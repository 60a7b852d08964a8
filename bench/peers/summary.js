// What the figures say: the best of each kind, the ratios between them, and the table a person
// reads.

const BASELINES = {
  'NumPy and PyTorch': /^(numpy|torch)-/,
  'scikit-learn': /^sklearn-/,
  'TensorFlow.js': /^tfjs-/,
  'jax-js': /^jax-js-/,
}

/**
 * Ratios of speed for one workload, above 1 where shardgrad is faster: each backend's best number
 * of workers against the best of each kind of rival.
 *
 * @param {Record<string, { microsecondsPerStep: number }>} figures By contestant.
 * @returns {Record<string, Record<string, { ratio: number, of: string, to: string }>>} By backend,
 * then by kind of rival.
 */
export function ratiosOf(figures) {
  const backends = [
    ...new Set(
      Object.keys(figures)
        .filter((name) => name.startsWith('shardgrad-'))
        .map((name) => name.replace(/-\d+$/, '')),
    ),
  ]
  return Object.fromEntries(
    backends.map((backend) => {
      const ours = fastest(figures, new RegExp(`^${backend}-\\d+$`))
      const theirs = Object.entries(BASELINES)
        .map(([kind, names]) => [kind, fastest(figures, names)])
        .filter(([, name]) => name !== undefined)
      return [
        backend,
        Object.fromEntries(
          theirs.map(([kind, name]) => {
            const ratio = figures[name].microsecondsPerStep / figures[ours].microsecondsPerStep
            return [kind, { ratio: Number(ratio.toFixed(2)), of: ours, to: name }]
          }),
        ),
      ]
    }),
  )
}

function fastest(figures, names) {
  return Object.keys(figures)
    .filter((name) => names.test(name))
    .sort((a, b) => figures[a].microsecondsPerStep - figures[b].microsecondsPerStep)[0]
}

/** @param results Of every workload: { name, figures, ratios }. */
export function printTable(results) {
  printRows(
    'GFLOP/s',
    results,
    results.map(({ figures }) =>
      Object.fromEntries(
        Object.entries(figures).map(([name, { gflops }]) => [name, gflops.toFixed(1)]),
      ),
    ),
  )
  printRows(
    'Times as fast as the best of',
    results,
    results.map(({ ratios }) =>
      Object.fromEntries(
        Object.entries(ratios).flatMap(([backend, rivals]) =>
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
