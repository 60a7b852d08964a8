/**
 * Inference alone: a trained model that predicts on the calling thread, wherever WebAssembly runs:
 * in browsers, in functions at the edge, in Node. Minified, with its kernels, it is 29 kB.
 *
 * @module shardgrad/model
 */
export { loadModel } from './load-model.js'
export type { LoadModelOptions } from './load-model-options.js'
export type { TrainedModel } from './model.js'
export { FileError, InputError } from '../../shared/errors.js'
