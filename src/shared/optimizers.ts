// Optimizers: how an averaged gradient moves the parameters. A new one is a member of the union, its constructor, its checks
// (description.ts) and one entry in each backend's table of updates.

/** next = parameters - learningRate * gradient. */
export interface Sgd {
  name: 'sgd'
  learningRate: number
}

export type Optimizer = Sgd
export type OptimizerName = Optimizer['name']

/** Plain gradient descent. @param options `learningRate`, above 0. @default 0.01 */
export function sgd(options: { learningRate?: number } = {}): Sgd {
  return { name: 'sgd', learningRate: options.learningRate ?? 0.01 }
}
