// Mutation tests: changes the pure files one little thing at a time, and says which changes no test
// notices. Each place is tested by the tests that stand for it, in the process that calls it: what
// runs in worker threads is out of reach. A name, or the beginning of one, as an argument runs that
// place alone.

import { Stryker } from '@stryker-mutator/core'

/** The least share of the changes, in percent, that must be noticed. */
const LEAST = 90

/** What is changed below src, and the tests that must notice, below test. */
const places = {
  batches: [['shared/batches/*.ts'], ['shared/batches/*']],
  figures: [
    ['shared/figures/{answers,area-under-curve,metrics}.ts'],
    ['shared/figures/*', 'main/trainer/{absent-classes,metrics}*'],
  ],
  formulas: [['shared/formulas/*.ts'], ['shared/formulas/*']],
  model: [['shared/model/{classes,network}.ts'], ['shared/model/{classes,network}*']],
  monitors: [
    ['main/training/monitor.ts'],
    ['main/training/{monitor,early-stopping,learning-rate}'],
  ],
  optimizers: [
    ['shared/optimizers/*.ts'],
    ['shared/optimizers/*', 'shared/kernels/updates', 'main/options/every-optimizer'],
  ],
  options: [['main/options/*.ts'], ['main/options/*']],
  preprocessing: [
    ['shared/formulas/preprocessing/*.ts'],
    ['shared/formulas/preprocessing', 'shared/formulas/preprocessing/*'],
  ],
}

const noticed = new Set(['Killed', 'Timeout'])
const missed = new Set(['Survived', 'NoCoverage'])
const wanted = process.argv[2] ?? ''
let [all, seen] = [0, 0]
for (const [name, [files, tests]] of Object.entries(places)) {
  if (!name.startsWith(wanted)) continue
  process.env.MUTATION_TESTS = tests.map((place) => `test/${place}.test.ts`).join(';')
  const mutants = await new Stryker({
    mutate: files.map((file) => `src/${file}`),
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.js', related: false },
    buildCommand: 'npx tsc -p tsconfig.build.json --noCheck',
    disableTypeChecks: false,
    ignorePatterns: ['bench', 'coverage', 'docs'],
    coverageAnalysis: 'perTest',
    concurrency: 2,
    tempDirName: 'coverage/mutation',
    logLevel: 'error',
    reporters: ['json'],
    jsonReporter: { fileName: `coverage/mutation-${name}.json` },
    warnings: false,
  }).runMutationTest()
  const counted = mutants.filter(({ status }) => noticed.has(status) || missed.has(status))
  const found = counted.filter(({ status }) => noticed.has(status))
  all += counted.length
  seen += found.length
  for (const { fileName, location, mutatorName, replacement, status } of counted)
    if (missed.has(status))
      console.log(
        `${fileName.slice(fileName.indexOf('src/'))}:${location.start.line} ${mutatorName}: ${replacement.replaceAll(/\s+/g, ' ')}`,
      )
  console.log(`${name}: ${found.length} of ${counted.length}\n`)
}
const share = (100 * seen) / all
console.log(`noticed: ${seen} of ${all}, ${share.toFixed(1)} %`)
if (!(share >= LEAST)) process.exitCode = 1
