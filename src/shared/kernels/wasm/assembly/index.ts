// The wasm kernels: everything the inner loops of training need, over the shared memory of the
// arena. What these files export has a name that TypeScript looks it up by, so that an activation,
// a loss or an optimizer needs no line here.
export { expArray, logArray, tanhArray } from './mathematics'
export * from './gather'
export * from './products'
export * from './activations'
export * from './dropout'
export * from './losses'
export * from './optimizers'
export * from './update'
