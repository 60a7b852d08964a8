// Which call an option belongs to.

import { fitSchema } from './training-schema.js'
import { trainerSchema } from './trainer-schema.js'

/** Which call or constructor an option belongs to, for whoever has put it elsewhere. */
export const ownerOf: Partial<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(trainerSchema.entries).map((name) => [name, 'createTrainer'])),
  ...Object.fromEntries(Object.keys(fitSchema.entries).map((name) => [name, 'fit'])),
  learningRate: 'the optimizer',
  momentum: 'sgd',
  nesterov: 'sgd',
  decay: 'rmsprop and adadelta',
  epsilon: 'the optimizers but sgd',
  beta1: 'adam and adamw',
  beta2: 'adam and adamw',
  weightDecay: 'adamw',
  initializer: 'dense',
  dropout: 'dense',
}
