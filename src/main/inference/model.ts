// A trained model: it predicts, on the calling thread, and cannot be trained.

import { paddedWidth } from '../../shared/batches/padding.js'
import { InputError, show } from '../../shared/errors.js'
import { NO_CLASS } from '../../shared/figures/answers.js'
import { classReader } from '../../shared/model/classes.js'
import { type Network, columnsOf, outputLayer, shapeOf } from '../../shared/model/network.js'
import type { NumberArray } from '../data/arrays.js'
import { checkInputs } from '../data/examples.js'
import type { Parameters } from '../data/parameters.js'
import type { ModelDocument } from '../files/document.js'
import { createForwardPass } from './forward-pass.js'
import { loadRows } from './inputs.js'

/**
 * A trained network that predicts on the thread that calls it. It computes in float32 in
 * WebAssembly: its outputs are those of `trainer.predict` on backend `wasm`, to the last bit, on
 * every machine and engine. n_0 stands for the columns of the inputs, n_L for the units of the
 * output layer.
 */
export interface TrainedModel {
  /** What it is: the columns of the inputs, their preprocessing, and the layers. */
  readonly network: Network
  /** What the classes are called, if it was said. */
  readonly classes: readonly string[] | undefined
  /** What whoever made its file wrote into it: a text for each name. */
  readonly metadata: Readonly<Record<string, string>>
  /** All that its file says of it; undefined of a file that another program wrote. */
  readonly document: ModelDocument | undefined
  /**
   * Reads the parameters.
   *
   * @returns A copy, in float32.
   */
  getParameters: () => Parameters
  /**
   * Computes the outputs of the network.
   *
   * @param inputs (m, n_0), row-major.
   * @returns (m, n_L), row-major.
   * @throws {InputError} on a wrong type or shape, a number that is not finite or a value that is
   * no category, naming the row.
   */
  predict: (inputs: NumberArray) => Float32Array
  /**
   * Says which class each row of inputs belongs to: of softmax outputs that of the largest one (the
   * first of equals); of one sigmoid output the second class from 1/2 on, otherwise the first.
   *
   * @param inputs (m, n_0), row-major.
   * @returns The names of the classes (m); their numbers as text, from '0', if they have no names.
   * @throws {InputError} as `predict`; if the outputs are neither softmax nor one sigmoid; or if
   * those of a row are not numbers, naming the row.
   */
  classify: (inputs: NumberArray) => string[]
  /**
   * Computes the outputs of one layer.
   *
   * @param inputs (m, n_0), row-major.
   * @param layer Its place in `network.layers`, from 0. The outputs of a dropout are its inputs.
   * @returns (m, outputs of the layer), row-major.
   * @throws {InputError} as `predict`; or if there is no such layer.
   */
  layerOutputs: (inputs: NumberArray, layer: number) => Float32Array
}

/** What a model is made from, all of it checked. */
export interface ModelParts extends Partial<
  Pick<TrainedModel, 'classes' | 'metadata' | 'document'>
> {
  /** What it is. */
  network: Network
  /** Of the network's shapes; they are copied. */
  parameters: Parameters
  /** The compiled kernels of inference. */
  kernels: WebAssembly.Module
}

/**
 * Makes a model.
 *
 * @param parts What it is made from.
 * @returns The model.
 * @throws {RangeError} if the system doesn't give the memory.
 */
export function createModel({
  network,
  classes,
  metadata = {},
  document,
  parameters,
  kernels,
}: ModelParts): TrainedModel {
  const pass = createForwardPass(network, parameters, kernels)
  const shape = shapeOf(network)
  const columns = columnsOf(network)
  const last = network.layers.length - 1

  const outputsOf = (where: string, inputs: NumberArray, layer: number): Float32Array => {
    const examples = checkInputs(`${where}: inputs`, inputs, shape, 'float32')
    const { count } = examples
    const width = columns[layer + 1]!
    const packed = new Float32Array(count * width)
    for (let first = 0; first < count; first += pass.rows) {
      const end = Math.min(first + pass.rows, count)
      loadRows(examples, first, end, pass.inputs)
      const outputs = pass.run(end - first, layer)
      for (let row = first, at = 0; row < end; row++, at += paddedWidth(width))
        packed.set(outputs.subarray(at, at + width), row * width)
    }
    return packed
  }

  return {
    network,
    classes,
    metadata,
    document,
    getParameters: pass.parameters,
    predict: (inputs) => outputsOf('predict', inputs, last),
    classify(inputs) {
      const classesOf = classifierOf(network)
      const found = classesOf(outputsOf('classify', inputs, last))
      return found.map((number) => classes?.[number] ?? String(number))
    },
    layerOutputs(inputs, layer) {
      if (!Number.isInteger(layer) || layer < 0 || layer > last)
        throw new InputError('layerOutputs: layer', `a whole number from 0 to ${last}`, show(layer))
      return outputsOf('layerOutputs', inputs, layer)
    },
  }
}

/**
 * What reads the number of each row's class in a network's outputs.
 *
 * @throws {InputError} if they say no class; and then, if those of a row are not numbers.
 */
function classifierOf(network: Network): (outputs: Float32Array) => number[] {
  const { activation, units } = outputLayer(network)
  const classOf = classReader(network)
  if (!classOf)
    throw new InputError(
      'classify',
      'a network whose outputs say a class: softmax, or one sigmoid',
      `${units} ${activation}`,
    )
  return (outputs) =>
    Array.from({ length: outputs.length / units }, (_, row) => {
      const found = classOf(outputs, row * units)
      if (found !== NO_CLASS) return found
      const rule = 'inputs for which the outputs are numbers'
      throw new InputError(`classify: inputs, row ${row}`, rule, 'outputs that are not')
    })
}
