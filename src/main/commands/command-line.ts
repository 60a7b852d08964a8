#!/usr/bin/env node
// The command line: `shardgrad train | evaluate | predict | export | check | explain | rates |
// bench | info`. What a person reads goes to standard error, what a program reads to standard
// output.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { activationNames } from '../../shared/formulas/activations.js'
import { backendNames } from '../../shared/backend-names.js'
import { nearest } from '../options/nearest.js'
import { type Initializer, initializerNames, normal } from '../../shared/formulas/initializers.js'
import { lossNames } from '../../shared/formulas/losses.js'
import { type MetricName, metricNames } from '../../shared/figures/metrics.js'
import { optimizerNames } from '../../shared/optimizers/optimizers.js'
import { VERSION } from '../../shared/version.js'
import type { BenchOptions } from './bench.js'
import type { CheckOptions } from './check.js'
import type { EvaluateOptions } from './evaluate.js'
import type { ExplainOptions } from './explain.js'
import type { InfoOptions } from './info.js'
import { interruptible } from './interruptible.js'
import { scheduleNames } from './optimizer-options.js'
import type { PredictOptions } from './predict.js'
import { predictionFormats } from './prediction-lines.js'
import type { RatesOptions } from './rates.js'
import type { TrainOptions } from './train-options.js'

/** What `<data>` may be. (The data sets themselves would take a while to load.) */
const DATA =
  'digits, fashion-mnist, or, and, xor, xor-cross, line, hidden, or a directory of images'

/** What `<model>` is. */
const MODEL = 'a file of a trained model, such as digits.safetensors'

const isCount = (text: string): boolean => Number.isSafeInteger(Number(text)) && Number(text) >= 1
const wholeNumber = (text: string): number => {
  if (!isCount(text)) throw new InvalidArgumentError('expected a whole number of at least 1')
  return Number(text)
}
const seedNumber = (text: string): number => {
  if (text.trim() === '' || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}
const anyNumber = (text: string): number => {
  if (text.trim() === '' || !Number.isFinite(Number(text)))
    throw new InvalidArgumentError('expected a number')
  return Number(text)
}
const seconds = (text: string): number => {
  if (!(Number(text) > 0 && Number.isFinite(Number(text))))
    throw new InvalidArgumentError('expected a number above 0')
  return Number(text)
}
const wholeNumberOr =
  <const Word extends string>(word: Word) =>
  (text: string): number | Word => {
    if (text === word) return word
    if (isCount(text)) return Number(text)
    throw new InvalidArgumentError(`expected ${word} or a whole number of at least 1`)
  }
const wholeNumbers = (text: string): number[] =>
  text === '' ? [] : text.split(',').map(wholeNumber)
const numbers = (text: string): number[] => text.split(',').map(anyNumber)
const nameOf =
  <const Name extends string>(names: readonly Name[]) =>
  (text: string): Name => {
    const known = names.find((name) => name === text)
    if (known !== undefined) return known
    const meant = nearest(text, names)
    throw new InvalidArgumentError(
      `expected one of ${names.join(', ')}${meant === undefined ? '' : `; did you mean '${meant}'?`}`,
    )
  }
const metricList = (text: string): MetricName[] => text.split(',').map(nameOf(metricNames))
/** An option that is one of some names; the help lists them. */
const choice = (flags: string, description: string, names: readonly string[]): Option =>
  new Option(flags, description).choices(names).argParser(nameOf(names))
const activationOption = (): Option =>
  choice(
    '--activation <name>',
    'activation of the hidden layers (default: what suits the data)',
    activationNames,
  )
const outputOption = (): Option =>
  choice(
    '--output <name>',
    'activation of the output layer (default: what suits the data)',
    activationNames,
  )
const initializer = (text: string): Initializer => {
  const colon = text.indexOf(':')
  if (colon < 0) return nameOf(initializerNames)(text)
  nameOf(['normal'])(text.slice(0, colon))
  return normal(anyNumber(text.slice(colon + 1)))
}
const initOption = (): Option =>
  choice(
    '--init <name>',
    'how the weights start; normal:0.1 has a standard deviation of its own (default: what suits the data)',
    initializerNames,
  ).argParser(initializer)
const lossOption = (): Option =>
  choice(
    '--loss <name>',
    'the loss, which training makes small (default: what suits the data)',
    lossNames,
  )
const optimizerOption = (): Option =>
  choice(
    '--optimizer <name>',
    'how the gradient moves the parameters (default: what suits the data)',
    optimizerNames,
  )
const backendOption = (description = 'what multiplies the matrices'): Option =>
  choice('--backend <name>', description, ['auto', ...backendNames]).default('auto')

const metricsOption = (): Option =>
  new Option(
    '--metrics <names>',
    `beside cost and accuracy, with commas between: ${metricNames.slice(1).join(', ')}`,
  ).argParser(metricList)

/** An error of commander's, as this package words its own. */
const inOurWords = (error: string): string =>
  error
    .replace(/^error: /, 'shardgrad: ')
    .replace(/(argument '.*' is invalid)\. /s, '$1: ')
    .replace(/\n\(Did you mean (one of .*|.*)\?\)/, (_, names: string) =>
      names.startsWith('one of ') ? `; did you mean ${names}?` : `; did you mean '${names}'?`,
    )

const { run, signal } = interruptible()

const program = new Command('shardgrad')
  .description(
    'Trains neural networks on all cores: the batch is split across worker threads that share their weights.',
  )
  .version(VERSION)
  .exitOverride()
  .configureOutput({ outputError: (error, write) => write(inOurWords(error)) })

program
  .command('train')
  .description('train a network on a built-in data set, or on images in IDX files')
  .argument('[data]', `${DATA}; with --resume it may be left out`)
  .option(
    '--layers <units>',
    'units of the hidden layers, such as 128,128 (default: what suits the data)',
    wholeNumbers,
  )
  .addOption(activationOption())
  .addOption(outputOption())
  .addOption(lossOption())
  .addOption(initOption())
  .option(
    '--dropout <share>',
    "share of the hidden layers' outputs that is left out while training",
    anyNumber,
  )
  .addOption(optimizerOption())
  .option(
    '--learning-rate <rate>',
    'the learning rate (default: what suits the data, or the optimizer)',
    anyNumber,
  )
  .addOption(
    choice(
      '--schedule <name>',
      'how the learning rate changes (default: what suits the data)',
      scheduleNames,
    ),
  )
  .option(
    '--warm-up <epochs>',
    'epochs in which the learning rate rises to its full size',
    anyNumber,
  )
  .option('--momentum <factor>', 'momentum of sgd', anyNumber)
  .option('--nesterov', 'Nesterov momentum, for sgd with --momentum')
  .option('--weight-decay <factor>', 'weight decay of adamw', anyNumber)
  .option('--clip-norm <norm>', 'scale a gradient down to this norm where it is longer', anyNumber)
  .option('--l2 <factor>', 'how much the squared weights count in the cost', anyNumber, 0)
  .option(
    '--batch-size <examples>',
    'examples of a batch, or all (default: what suits the data)',
    wholeNumberOr('all'),
  )
  .option(
    '--batches-per-update <count>',
    'batches whose gradients are summed into one update (default: 1)',
    wholeNumber,
  )
  .option('--no-shuffle', 'take the examples in the same order in every epoch')
  .option('--epochs <count>', 'epochs to train (default: what suits the data)', wholeNumber)
  .option(
    '--validation <share>',
    'share of the examples to hold out (default: what suits the data, such as its test images)',
    anyNumber,
  )
  .option(
    '--patience <epochs>',
    'end with the best parameters once the cost (held out, if there is one) has not fallen for so many epochs',
    wholeNumber,
  )
  .addOption(metricsOption())
  .option('--top-k <k>', 'the k of topKAccuracy', wholeNumber)
  .option('--workers <count>', 'a number or auto', wholeNumberOr('auto'), 'auto')
  .option('--shards <count>', 'a power of two or auto', wholeNumberOr('auto'), 'auto')
  .addOption(backendOption())
  .option(
    '--seed <number>',
    "all that is random follows from it (default: 1; a table's first weights are its own then, unless --layers or --init is said)",
    seedNumber,
  )
  .option('--plot <file>', 'draw the training, as .svg or .html')
  .option('--save <file>', 'write the trained model to a file, such as digits.safetensors')
  .option('--checkpoint <file>', 'write what has been reached to a file while training goes on')
  .option('--every <seconds>', 'seconds from one checkpoint to the next (default: 30)', seconds)
  .option(
    '--resume <file>',
    'go on with the training of a file, also inside an epoch, as if it had never been interrupted',
  )
  .option(
    '--trace <file>',
    'write what every worker does when, as Chrome trace events (for Perfetto)',
  )
  .option('--json', 'one JSON object a line on standard output')
  .action(async (data: string | undefined, options: TrainOptions, command: Command) => {
    const names = Object.keys(options)
    const said = new Set(names.filter((name) => command.getOptionValueSource(name) === 'cli'))
    await (await import('./train.js')).train(data, options, said, signal)
  })

program
  .command('evaluate')
  .description(
    "cost, accuracy and other metrics of a model: on a data set's test examples, or on all",
  )
  .argument('<model>', MODEL)
  .argument('<data>', DATA)
  .addOption(metricsOption())
  .option('--top-k <k>', 'the k of topKAccuracy', wholeNumber)
  .option('--json', 'one JSON object on standard output')
  .action(async (model: string, data: string, options: EvaluateOptions) =>
    (await import('./evaluate.js')).evaluate(model, data, options, signal),
  )

program
  .command('predict')
  .description(
    "a model's outputs on standard output, a line for each row: the class and every class's probability, or numbers",
  )
  .argument('<model>', MODEL)
  .argument(
    '<data>',
    `${DATA} (its test examples, or all); or - for standard input, one JSON array of numbers a line`,
  )
  .addOption(
    choice(
      '--format <name>',
      'comma-separated values with a header, or one JSON object a line',
      predictionFormats,
    ).default('csv'),
  )
  .action(async (model: string, data: string, options: PredictOptions) =>
    (await import('./predict.js')).predict(model, data, options, signal),
  )

program
  .command('export')
  .description('write a model as an ONNX file, which other programs predict with')
  .argument('<model>', MODEL)
  .argument('<file.onnx>', 'what to write; a file of that name is replaced')
  .action(async (model: string, file: string) =>
    (await import('./export.js')).exportModel(model, file, signal),
  )

program
  .command('check')
  .description(
    'backpropagation against central differences, parameter by parameter, and one shard against many; exits with 1 if off',
  )
  .argument('[data]', DATA, 'xor')
  .option(
    '--layers <units>',
    'units of the hidden layers (default: as many as suit the data, of at most 8 units)',
    wholeNumbers,
  )
  .addOption(activationOption())
  .addOption(outputOption())
  .addOption(initOption())
  .addOption(
    new Option(
      '--network <file>',
      'a network description in JSON, { inputs, layers: [{ kind: dense, units, activation, initializer }] }',
    ).conflicts(['layers', 'activation', 'output', 'init']),
  )
  .addOption(lossOption())
  .option('--l2 <factor>', 'how much the squared weights count in the cost', anyNumber, 0)
  .option('--seed <number>', 'all that is random follows from it', seedNumber, 1)
  .option(
    '--examples <rows>',
    'the first rows of the data (default: 16, or all if there are fewer)',
    wholeNumber,
  )
  .addOption(backendOption('the backend whose shards are compared').default('reference'))
  .option('--json', 'one JSON object on standard output')
  .action(async (data: string, options: CheckOptions) =>
    (await import('./check.js')).check(data, options, signal),
  )

program
  .command('explain')
  .description(
    'the first steps of a small network as a worked example: every value, every gradient, every sum',
  )
  .argument('<table>', 'or, and, xor, xor-cross, line or hidden')
  .option('--steps <count>', 'steps of gradient descent, each over all examples', wholeNumber, 2)
  .option('--shards <count>', 'parts of a batch, a power of two', wholeNumber, 2)
  .option('--learning-rate <rate>', 'the learning rate (default: what suits the table)', anyNumber)
  .option('--l2 <factor>', 'how much the squared weights count in the cost', anyNumber, 0)
  .option('--json', 'one JSON object a step on standard output')
  .action(async (table: string, options: ExplainOptions) =>
    (await import('./explain.js')).explain(table, options, signal),
  )

program
  .command('rates')
  .description("compare learning rates on a built-in data set's recipe")
  .argument('<data>', DATA)
  .addOption(
    new Option('--rates <rates>', 'learning rates to compare')
      .argParser(numbers)
      .default([0.01, 0.1, 1], '0.01,0.1,1'),
  )
  .addOption(
    new Option(
      '--find',
      'one run at a rate that rises from step to step, from 0.00001 to 10; says how large it may be',
    ).conflicts('rates'),
  )
  .addOption(optimizerOption())
  .option(
    '--epochs <count>',
    'epochs to train (default: what suits the data); with --find, steps (default: 100)',
    wholeNumber,
  )
  .addOption(backendOption())
  .option('--seed <number>', 'all that is random follows from it', seedNumber, 1)
  .option('--plot <file>', 'draw the costs, as .svg or .html')
  .option('--json', 'one JSON object a line on standard output')
  .action(async (data: string, options: RatesOptions) =>
    (await import('./rates.js')).rates(data, options, signal),
  )

program
  .command('bench')
  .description('time training steps for some numbers of workers')
  .addOption(
    new Option('--dims <widths>', 'inputs, and units of each layer')
      .argParser(wholeNumbers)
      .default([784, 128, 10], '784,128,10'),
  )
  .addOption(choice('--activation <name>', 'of the hidden layers', activationNames).default('relu'))
  .option('--batch-size <examples>', 'examples of a step', wholeNumber, 1024)
  .option(
    '--workers <counts>',
    'numbers of workers to compare (default: 1, and one for each core)',
    wholeNumbers,
  )
  .addOption(backendOption())
  .option('--phases', 'also say what the time of a step goes to')
  .option('--json', 'one JSON object a line on standard output')
  .action(async (options: BenchOptions) => (await import('./bench.js')).bench(options, signal))

program
  .command('info')
  .description(
    'what this machine offers, and the default choices; or what a model is and how it was trained',
  )
  .argument('[model]', MODEL)
  .option('--verbose', 'also which BLAS libraries were tried, and how the one found was built')
  .option('--json', 'everything, as JSON on standard output')
  .action(async (model: string | undefined, options: InfoOptions) =>
    model === undefined
      ? (await import('./info.js')).info(options)
      : (await import('./model-info.js')).modelInfo(model, options),
  )

await run(async () => {
  try {
    await program.parseAsync()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) process.exitCode = 2 // it has said why
  }
})
