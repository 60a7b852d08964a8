// Training-step time of TensorFlow.js (wasm backend, SIMD) on the workloads of workloads.json.
//
// Usage: node bench/peers/tensorflow.js [WORKLOAD ...]. Prints a JSON line per workload. One
// thread: its wasm backend has no threads in Node.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers' // in Node it is what brings the gradients of the operations
import { measureRival } from './rival.js'
import { LEARNING_RATE } from './workloads.js'

/**
 * The whole problem lives in tensors of the wasm backend; the step is what its users write,
 * `minimize` of the loss.
 */
function createTraining({ dims, activation, batchSize, inputs, oneHot, weights, biases }) {
  const x = tf.tensor2d(inputs, [batchSize, dims[0]])
  const y = tf.tensor2d(oneHot, [batchSize, dims.at(-1)])
  const layers = weights.map((values, l) => ({
    weights: tf.variable(tf.tensor2d(values, [dims[l], dims[l + 1]])),
    biases: tf.variable(tf.tensor1d(biases[l])),
  }))
  const optimizer = tf.train.sgd(LEARNING_RATE)
  const activate = { sigmoid: tf.sigmoid, relu: tf.relu }[activation]
  const loss = () => {
    const logits = layers.reduce((a, layer, l) => {
      const z = tf.add(tf.matMul(a, layer.weights), layer.biases)
      return l === layers.length - 1 ? z : activate(z)
    }, x)
    return tf.losses.softmaxCrossEntropy(y, logits)
  }
  return {
    step: () => void optimizer.minimize(loss),
    parameters: async () => ({
      weights: await Promise.all(layers.map(async (layer) => layer.weights.data())),
      biases: await Promise.all(layers.map(async (layer) => layer.biases.data())),
    }),
    dispose: () => tf.dispose([x, y, layers]),
  }
}

await tf.setBackend('wasm')
if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
  throw new Error('TensorFlow.js does not see SIMD')
await measureRival({ peer: 'tfjs', threads: 1, names: process.argv.slice(2) }, createTraining)
