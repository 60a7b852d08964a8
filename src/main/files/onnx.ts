// `exportOnnx`: a trained model as an ONNX file.

import type { ActivationName } from '../../shared/formulas/activations.js'
import type { OneHot, PreprocessingStep } from '../../shared/formulas/preprocessing/steps.js'
import { columnsAfter } from '../../shared/formulas/preprocessing/steps.js'
import { InputError, show } from '../../shared/errors.js'
import type { DenseLayer } from '../../shared/model/layers/dense.js'
import { type Network, columnsOf, tensorsOf } from '../../shared/model/network.js'
import type { FloatArray, Parameters } from '../data/parameters.js'
import {
  type GraphBuilder,
  type Value,
  createGraph,
  elementTypes,
  floatAttribute,
  integerAttribute,
} from './onnx-graph.js'
import { bytesOf, fields, integer, message, text } from './protobuf.js'
import { VERSION } from '../../shared/version.js'

/** What `exportOnnx` needs of a model. */
export interface OnnxSource {
  /** Columns of the inputs, preprocessing, layers. */
  readonly network: Network
  /** What the classes are called, if it is said. */
  readonly classes: readonly string[] | undefined
  /** Texts of the user's own, by name. */
  readonly metadata: Readonly<Record<string, string>>
  /** The weights and biases. */
  getParameters: () => Parameters
}

/** Of 2022: runtimes have long known it. */
const OPSET = 17
/** The version of the format that goes with it. */
const IR_VERSION = 8

/** Protocol Buffers' messages are shorter than this. */
const MOST_BYTES = 2 ** 31
/** More than all but the parameters takes. */
const ROOM_FOR_THE_REST = 2 ** 24

/**
 * A trained model as an ONNX file (opset 17), which other programs predict with: onnxruntime, say,
 * in Python, C++, C#, Java, or in browsers.
 *
 * Its input `inputs` (m, n_0) and its output `outputs` (m, n_L) are matrices of float32 with any
 * number of rows m. Inputs go in as a trainer is given them: `scale` and preprocessing are part of
 * the file; dropout is left out. Preprocessing is computed in float64, as a trainer does, so that
 * large means do no harm. The outputs are a trainer's to 1e-6 (of outputs beyond 1, to that share).
 *
 * A `oneHot` step takes for a category whatever is equal to it in float32. What is none, which a
 * trainer refuses, becomes all zeros.
 *
 * The file's metadata is the model's own, and `classes`: the names of the classes, if it has some,
 * as a JSON list. Weights are called as in a model file: `layers.0.weight` (units, inputs),
 * `layers.0.bias` (units).
 *
 * @param model From `loadModel` or `trainer.model()`.
 * @returns The bytes of the file.
 * @throws {InputError} if it is no model, if float32 can't hold a parameter or makes two categories
 * one, or if the file would have 2 GiB.
 */
export function exportOnnx(model: OnnxSource): Uint8Array<ArrayBuffer> {
  requireModel(model)
  const { network, classes, metadata } = model
  const graph = createGraph()
  const columns = columnsOf(network)
  addLayers(graph, model, addPreprocessing(graph, network, 'inputs'))
  const texts = { ...metadata, ...(classes && { classes: JSON.stringify(classes) }) }
  return bytesOf(
    fields(
      integer(1, IR_VERSION),
      text(2, 'shardgrad'),
      text(3, VERSION),
      message(
        7,
        graph.finish(
          'shardgrad',
          { name: 'inputs', columns: network.inputs },
          { name: 'outputs', columns: columns.at(-1)! },
        ),
      ),
      message(8, text(1, ''), integer(2, OPSET)),
      ...Object.entries(texts).map(([key, value]) => message(14, text(1, key), text(2, value))),
    ),
  )
}

/** @throws {InputError} unless it is a model whose file is short enough. */
function requireModel(model: unknown): asserts model is OnnxSource {
  const { network, getParameters } = (model ?? {}) as Partial<OnnxSource>
  if (typeof network !== 'object' || typeof getParameters !== 'function')
    throw new InputError(
      'exportOnnx',
      'a trained model, as loadModel and trainer.model() give one',
      show(model),
    )
  const parameters = tensorsOf(network).reduce((sum, { rows, columns }) => sum + rows * columns, 0)
  if (4 * parameters > MOST_BYTES - ROOM_FOR_THE_REST)
    throw new InputError(
      'exportOnnx',
      'a model of less than 2 GiB, which is the most that an ONNX file holds',
      `${parameters} parameters of 4 bytes`,
    )
}

/** Gives what the first layer is given. */
function addPreprocessing(graph: GraphBuilder, network: Network, inputs: Value): Value {
  const { scale = 1, preprocessing = [] } = network
  const inDouble = preprocessing.length > 0
  const read = inDouble ? cast(graph, inputs, 'double') : inputs
  const type = inDouble ? 'double' : 'float'
  const factor = scale === 1 ? undefined : graph.constant('scale', type, [], () => scale)
  let values = factor === undefined ? read : graph.node('Mul', [read, factor])
  let columns = network.inputs
  for (const [i, step] of preprocessing.entries()) {
    values = addStep(graph, step, { step: i, values, columns })
    columns = columnsAfter([step], columns)
  }
  return inDouble ? cast(graph, values, 'float') : values
}

/** What a step of preprocessing is given. */
interface StepInputs {
  /** Its number. */
  step: number
  values: Value
  columns: number
}

function addStep(graph: GraphBuilder, step: PreprocessingStep, given: StepInputs): Value {
  const { values, columns } = given
  const shiftAndDivide = (shift: readonly number[], divisor: readonly number[]): Value => {
    const list = (what: string, numbers: readonly number[]): Value =>
      graph.constant(`preprocessing.${given.step}.${what}`, 'double', [columns], (j) => numbers[j]!)
    const shifted = graph.node('Sub', [values, list('shift', shift)])
    return graph.node('Div', [shifted, list('divisor', divisor)])
  }
  switch (step.name) {
    case 'cross': {
      const product = step.columns
        .map((column) => columnsFrom(graph, values, column, column + 1))
        .reduce((before, factor) => graph.node('Mul', [before, factor]))
      return sideBySide(graph, [values, product])
    }
    case 'standardize':
      return shiftAndDivide(step.mean, step.deviation)
    case 'minMax':
      return shiftAndDivide(
        step.minimum,
        step.maximum.map((most, j) => most - step.minimum[j]! || 1),
      )
    case 'oneHot':
      return addOneHot(graph, step, given)
    default:
      return step satisfies never
  }
}

function addOneHot(
  graph: GraphBuilder,
  { column, categories }: OneHot,
  { step, values, columns }: StepInputs,
): Value {
  const inFloat = categories.map(Math.fround)
  const again = inFloat.findIndex((category, i) => inFloat.indexOf(category) < i)
  if (again >= 0)
    throw new InputError(
      `exportOnnx: network.preprocessing[${step}].categories[${again}]`,
      'a category that differs from those before it in float32 too',
      String(categories[again]),
    )
  const [category, after] = [column, column + 1]
  const given = cast(graph, columnsFrom(graph, values, category, after), 'float')
  const known = graph.constant(
    `preprocessing.${step}.categories`,
    'float',
    [categories.length],
    (i) => inFloat[i]!,
  )
  const isKnown = cast(graph, graph.node('Equal', [given, known]), 'double')
  return sideBySide(graph, [
    ...(column > 0 ? [columnsFrom(graph, values, 0, column)] : []),
    isKnown,
    ...(after < columns ? [columnsFrom(graph, values, after, columns)] : []),
  ])
}

/** Columns `from` .. `end - 1`. */
function columnsFrom(graph: GraphBuilder, values: Value, from: number, end: number): Value {
  const index = (value: number): Value =>
    graph.constant(`index.${value}`, 'int64', [1], () => value)
  return graph.node('Slice', [values, index(from), index(end), index(1)])
}

function sideBySide(graph: GraphBuilder, matrices: readonly Value[]): Value {
  return matrices.length === 1
    ? matrices[0]!
    : graph.node('Concat', matrices, integerAttribute('axis', 1))
}

function cast(graph: GraphBuilder, values: Value, type: 'float' | 'double'): Value {
  return graph.node('Cast', [values], integerAttribute('to', elementTypes[type]))
}

function addLayers(graph: GraphBuilder, { network, getParameters }: OnnxSource, from: Value): void {
  const { weights, biases } = getParameters()
  let [values, next] = [from, 0]
  for (const [l, layer] of network.layers.entries()) {
    switch (layer.kind) {
      case 'dense': {
        const place = next++
        values = addDense(graph, `layers.${l}`, layer, weights[place]!, biases[place]!, values)
        break
      }
      case 'dropout':
        break // it does nothing outside training
      default:
        layer satisfies never
    }
  }
}

function addDense(
  graph: GraphBuilder,
  name: string,
  { units, activation }: DenseLayer,
  weights: FloatArray,
  biases: FloatArray,
  values: Value,
): Value {
  const inputs = weights.length / units
  const weight = graph.constant(`${name}.weight`, 'float', [units, inputs], (place) => {
    const [unit, input] = [Math.floor(place / inputs), place % inputs]
    return inFloat32(`${name}.weight`, weights[input * units + unit]!)
  })
  const bias = (): Value =>
    graph.constant(`${name}.bias`, 'float', [units], (unit) =>
      inFloat32(`${name}.bias`, biases[unit]!),
    )
  const operands = [values, weight, ...(biases.length > 0 ? [bias()] : [])]
  const sums = graph.node('Gemm', operands, integerAttribute('transB', 1))
  return activations[activation](graph, sums)
}

/** @throws {InputError} of a number that float32 can't hold. */
function inFloat32(what: string, value: number): number {
  if (Number.isFinite(Math.fround(value))) return value
  throw new InputError(`exportOnnx: ${what}`, 'finite numbers in float32', String(value))
}

/** What each activation is, as ONNX's operators; the formulas are in shared/formulas. */
const activations: Record<ActivationName, (graph: GraphBuilder, z: Value) => Value> = {
  identity: (_, z) => z,
  sigmoid: ({ node }, z) => node('Sigmoid', [z]),
  tanh: ({ node }, z) => node('Tanh', [z]),
  relu: ({ node }, z) => node('Relu', [z]),
  leakyRelu: ({ node }, z) => node('LeakyRelu', [z], floatAttribute('alpha', 0.01)),
  elu: ({ node }, z) => node('Elu', [z]),
  softplus: ({ node }, z) => node('Softplus', [z]),
  // z / (1 + e^-z): onnxruntime's Sigmoid is off by 1e-7 where it is nearly 0, and z times that.
  silu(graph, z) {
    const { node } = graph
    const growth = node('Exp', [node('Neg', [z])])
    return node('Div', [z, node('Add', [growth, number(graph, 'one', 1)])])
  },
  // z * (1 + erf(z / sqrt 2)) * 1/2, in the order in which runtimes know it for gelu.
  gelu(graph, z) {
    const { node } = graph
    const erf = node('Erf', [node('Div', [z, number(graph, 'root2', Math.SQRT2)])])
    const twice = node('Mul', [z, node('Add', [erf, number(graph, 'one', 1)])])
    return node('Mul', [twice, number(graph, 'half', 0.5)])
  },
  softmax: ({ node }, z) => node('Softmax', [z], integerAttribute('axis', 1)),
}

function number(graph: GraphBuilder, name: string, value: number): Value {
  return graph.constant(name, 'float', [], () => value)
}
