/**
 * Trains neural networks on several cores at once. `createTrainer` makes a trainer, whose worker
 * threads share one copy of the weights. The network, the optimizer and the data are described by
 * plain data: functions such as `dense` and `sgd` make it.
 *
 * @module shardgrad
 */
export { createTrainer, loadTrainer } from './create-trainer.js'
export type { Evaluation, Gradient, Trainer } from './trainer.js'
export type { TrainerInfo } from './runtime/trainer-info.js'
export type { LoadTrainerOptions } from './options/load-trainer-options.js'
export type { TrainerOptions, TrainerRecipe } from './options/trainer-options.js'
export type { BackendName } from '../shared/backend-names.js'

export { dense } from '../shared/model/layers/dense.js'
export type { DenseLayer } from '../shared/model/layers/dense.js'
export { dropout } from '../shared/model/layers/dropout.js'
export type { DropoutLayer } from '../shared/model/layers/dropout.js'
export type { LayerDescription } from '../shared/model/layers/kinds.js'
export type { Network } from '../shared/model/network.js'
export type { ActivationName } from '../shared/formulas/activations.js'
export { normal } from '../shared/formulas/initializers.js'
export type { Initializer, InitializerName, Normal } from '../shared/formulas/initializers.js'
export type { LossName } from '../shared/formulas/losses.js'
export { applyPreprocessing } from '../shared/formulas/preprocessing/apply.js'
export { cross, minMax, oneHot, standardize } from '../shared/formulas/preprocessing/learn.js'
export type {
  Cross,
  MinMax,
  OneHot,
  PreprocessingStep,
  Standardize,
} from '../shared/formulas/preprocessing/steps.js'

export { adadelta, adagrad, adam, adamw, rmsprop, sgd } from '../shared/optimizers/optimizers.js'
export type {
  Adadelta,
  Adagrad,
  Adam,
  Adamw,
  Optimizer,
  OptimizerName,
  OptimizerOptions,
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
export type {
  ConstantRate,
  CosineDecay,
  ExponentialDecay,
  InverseScaling,
  LastingSchedule,
  LearningRate,
  ReduceOnPlateau,
  Schedule,
  ScheduleName,
  ScheduleOptions,
  StepDecay,
  WarmUp,
} from '../shared/optimizers/learning-rate.js'

export type { Examples, LabelArray, NumberArray } from './data/arrays.js'
export type { FloatArray, Parameters } from './data/parameters.js'
export { loadDataSet } from './data/data-sets.js'
export type { DataSet } from './data/data-set.js'
export type { Recipe } from './data/recipe.js'
export { trainTestSplit } from './data/split.js'
export type { SplitOptions } from './options/split-options.js'

export { exportOnnx } from './files/onnx.js'
export type { OnnxSource } from './files/onnx.js'

export type {
  CheckpointOptions,
  EarlyStopping,
  EpochsOptions,
  FitOptions,
  MonitoredName,
  Progress,
} from './training/fit-options.js'
export type {
  ByEpoch,
  EpochReport,
  History,
  OfValidation,
  ValidationMetrics,
} from './training/history.js'
export type { RateFinderOptions } from './options/rate-finder-options.js'
export type { RateCurve } from './training/rate-curve.js'
export type { MetricName, MetricOptions, Metrics } from '../shared/figures/metrics.js'
export type { PhaseName, Span } from '../shared/figures/timeline.js'

export { loadModel } from './inference/node/load-model.js'
export type { LoadModelOptions } from './inference/load-model-options.js'
export type { TrainedModel } from './inference/model.js'
export type { ExamplesDigest } from './data/examples-digest.js'
export type { ModelDocument, TrainerDocument } from './files/document.js'
export type {
  LastingOptions,
  PlateauPosition,
  StoppingPosition,
  TrainingPosition,
} from './training/position.js'

export { checkGradients } from './inspect/gradient-check.js'
export type {
  BiasPlace,
  CheckedGradient,
  CheckedLayer,
  CheckedParameter,
  GradientCheck,
  GradientCheckOptions,
  ShardingCheck,
  WeightPlace,
} from './inspect/gradient-report.js'

export {
  ArenaError,
  BackendError,
  BusyError,
  ClosedError,
  DivergenceError,
  FileError,
  InputError,
  WorkerError,
  isShardgradError,
} from '../shared/errors.js'
export type { ErrorCode, ShardgradError } from '../shared/errors.js'
