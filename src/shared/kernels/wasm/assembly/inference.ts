// The wasm kernels of inference alone: a product, and the activations forward. They are the same
// functions as training's, and so give the same bits.
export { packWeights, multiplyPanels } from './products'
export * from './activations'
export * from './sigmoid'
