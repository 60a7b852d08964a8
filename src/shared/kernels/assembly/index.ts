// The wasm kernels: everything the inner loops of training need, over the shared memory of the arena.
export { expArray, logArray, tanhArray } from './mathematics'
export { gatherFloat32, gatherLabels, gatherUint8 } from './gather'
export { multiplyPanels, multiplyTransposed, packTransposedWeights, packWeights, sumColumns } from './products'
export {
  identity, identityDerivative, relu, reluDerivative, sigmoid, sigmoidDerivative, softmax, softmaxDerivative, tanh, tanhDerivative,
} from './activations'
export { countCorrect, sigmoidCrossEntropy, softmaxCrossEntropy, squaredError } from './losses'
export { adadelta, adam, momentumSgd, sgd, squareScaled } from './optimizers'
export { addDecay, addInto, allFinite, divide, scaleRows, sumSlots, sumSquares } from './update'
