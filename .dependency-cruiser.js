/**
 * The house, from the ground up: a file imports from its own place and from those before it in its
 * list, never from those after it. Main and workers stand on shared, and never import each other:
 * main starts workers by URL.
 */
const shared = [
  'numerics',
  'version.ts',
  'errors.ts',
  'error-transfer.ts',
  'backend-names.ts',
  'batches',
  'formulas',
  'optimizers',
  'figures',
  'arena',
  'kernels',
  'model',
  'node',
  'backends.ts',
  'protocol.ts',
].map((place) => `src/shared/${place}`)
const workers = ['exchange', 'worker.ts', 'step', 'gradient-run.ts', 'coordinator.ts', 'node'].map(
  (place) => `src/workers/${place}`,
)
const main = [
  'options',
  'data',
  'runtime/[^/]*.ts',
  'runtime/node',
  'training',
  'files',
  'inference',
  'trainer.ts',
  'session.ts',
  'trainer-calls.ts',
  'create-trainer.ts',
  'inspect',
  'pictures',
  'commands',
  'index.ts',
].map((place) => `src/main/${place}`)

const pattern = (place) => `^${place.replace('.ts', '\\.ts$')}${place.endsWith('.ts') ? '' : '/'}`
const upwards = [shared, workers, main].flatMap((house) =>
  house.slice(0, -1).map((place, i) => ({
    name: `${place} is below what it imports`,
    severity: 'error',
    from: { path: pattern(place) },
    to: { path: house.slice(i + 1).map(pattern) },
  })),
)
const across = [
  ['src/shared', ['src/workers', 'src/main']],
  ['src/workers', ['src/main']],
  ['src/main', ['src/workers']],
].map(([from, to]) => ({
  name: `${from} imports neither of ${to.join(', ')}`,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: to.map((place) => `^${place}/`) },
}))
const every = [...shared, ...workers, ...main]

export default {
  forbidden: [
    ...upwards,
    ...across,
    { name: 'no circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every file of the house has its place in the lists',
      severity: 'error',
      from: { path: '^src/', pathNot: [...every.map(pattern), '^src/[^/]*\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'what a browser will load needs no Node',
      severity: 'error',
      from: {
        path: ['^src/shared/', '^src/main/(options|files|inference)/'],
        pathNot: '/node/',
      },
      to: {
        path: '^(node:|piscina|comlink|@koromix)|node_modules/(piscina|comlink|@koromix)/|^src/.*/node/',
      },
    },
  ],
  options: {
    exclude: 'src/shared/kernels/wasm/assembly',
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.build.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
}
