// What `import ... from 'shardgrad'` gives.
export { createTrainer } from './trainer.js'
export type { Evaluation, Gradient, Trainer } from './trainer.js'
export type { TrainerInfo } from './runtime/runner.js'
export type { EpochsOptions, FitOptions, Progress } from './training/training.js'
export type { EpochReport, History } from './training/history.js'
export type { EarlyStopping } from './training/monitor.js'
export type { RateCurve, RateFinderOptions } from './training/learning-rate-finder.js'
export type { Span } from '../shared/figures/timeline.js'
export type { TrainerOptions } from './options/description.js'
export type { Examples, LabelArray, NumberArray } from './data/examples.js'
export { loadDataSet } from './data/data-sets.js'
export type { DataSet } from './data/data-sets.js'
export type { Recipe } from './data/recipe.js'
export { trainTestSplit } from './data/split.js'
export type { FloatArray, Parameters } from './data/parameters.js'
export {
  applyPreprocessing,
  cross,
  minMax,
  oneHot,
  standardize,
} from '../shared/network/preprocessing.js'
export type {
  Cross,
  PreprocessingStep,
  MinMax,
  OneHot,
  Standardize,
} from '../shared/network/preprocessing.js'
export { dense } from '../shared/network/network.js'
export type { DenseLayer, Network } from '../shared/network/network.js'
export { adadelta, adagrad, adam, adamw, rmsprop, sgd } from '../shared/optimizers/optimizers.js'
export type {
  Adadelta,
  Adagrad,
  Adam,
  Adamw,
  Optimizer,
  Rmsprop,
  Sgd,
} from '../shared/optimizers/optimizers.js'
export {
  constantRate,
  cosineDecay,
  exponentialDecay,
  inverseScaling,
  reduceOnPlateau,
  stepDecay,
  warmUp,
} from '../shared/optimizers/learning-rate.js'
export type { LearningRate, Schedule } from '../shared/optimizers/learning-rate.js'
export type { MetricName, MetricOptions, Metrics } from '../shared/figures/metrics.js'
export type { ActivationName } from '../shared/network/activations.js'
export type { InitializerName } from '../shared/network/initializers.js'
export type { LossName } from '../shared/network/losses.js'
export {
  ArenaError,
  BackendError,
  BusyError,
  ClosedError,
  DivergenceError,
  InputError,
  WorkerError,
  isShardgradError,
} from '../shared/errors.js'
export type { ErrorCode, ShardgradError } from '../shared/errors.js'
export { checkGradients } from './inspect/gradient-check.js'
export type {
  CheckedLayer,
  CheckedParameter,
  GradientCheck,
  ShardingCheck,
} from './inspect/gradient-check.js'
