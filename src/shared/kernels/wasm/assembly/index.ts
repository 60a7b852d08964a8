// The wasm kernels: what the inner loops of training need, over the shared memory of the arena.
// TypeScript looks the exports up by name, so a new activation, loss or optimizer needs no line
// here.
export { expArray, logArray, tanhArray } from './mathematics'
export * from './gather'
export * from './products'
export * from './activations'
export * from './sigmoid'
export * from './dropout'
export * from './losses'
export * from './optimizers'
export * from './update'
