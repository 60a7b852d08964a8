// The wasm kernels: everything the inner loops of training need, over the shared memory of the
// arena.
export { expArray, logArray, tanhArray } from './mathematics'
export { gatherFloat32, gatherLabels, gatherUint8 } from './gather'
export {
  multiplyPanels,
  multiplyTransposed,
  packTransposedWeights,
  packWeights,
  sumColumns,
} from './products'
export {
  elu,
  eluDerivative,
  gelu,
  identity,
  identityDerivative,
  leakyRelu,
  leakyReluDerivative,
  multiplyBySlopes,
  relu,
  reluDerivative,
  sigmoid,
  sigmoidDerivative,
  silu,
  softmax,
  softmaxDerivative,
  softplus,
  softplusDerivative,
  tanh,
  tanhDerivative,
} from './activations'
export { dropout } from './dropout'
export {
  absoluteError,
  countCorrect,
  huber,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  squaredError,
} from './losses'
export { adadelta, adam, momentumSgd, sgd, squareScaled } from './optimizers'
export { addDecay, addInto, allFinite, divide, scaleRows, sumSlots, sumSquares } from './update'
