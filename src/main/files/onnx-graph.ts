// The graph of an ONNX file, as it is built, and the messages that it consists of. The numbers of
// the fields are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

import { type Fields, bytes, fields, float, integer, message, text } from './protobuf.js'

/** Types of elements, by their numbers in ONNX. */
export const elementTypes = { float: 1, int64: 7, double: 11 } as const
export type ElementTypeName = keyof typeof elementTypes

/** The name of a matrix or list that nodes take or give. */
export type Value = string

export interface GraphBuilder {
  /**
   * Adds a node.
   * @param operator The operator's name in ONNX.
   * @returns What it gives.
   */
  node: (operator: string, inputs: readonly Value[], ...attributes: readonly Fields[]) => Value
  /**
   * Adds constant numbers, unless some of this name are there.
   * @param shape [] of a single number.
   * @param get The element at a place, row-major.
   */
  constant: (
    name: string,
    type: ElementTypeName,
    shape: readonly number[],
    get: (place: number) => number,
  ) => Value
  /** The message of the graph, which ends with the node added last. */
  finish: (name: string, input: Matrix, output: Matrix) => Fields
}

/** A matrix of float32 that goes in or comes out, with any number of rows. */
export interface Matrix {
  name: Value
  columns: number
}

interface Node {
  operator: string
  inputs: readonly Value[]
  output: Value
  attributes: readonly Fields[]
}

export function createGraph(): GraphBuilder {
  const nodes: Node[] = []
  const constants = new Map<Value, Fields>()
  return {
    node(operator, inputs, ...attributes) {
      const output = `${operator}.${nodes.length}`
      nodes.push({ operator, inputs, output, attributes })
      return output
    },
    constant(name, type, shape, get) {
      if (!constants.has(name)) constants.set(name, tensor(name, type, shape, get))
      return name
    },
    finish(name, input, output) {
      nodes.at(-1)!.output = output.name
      return fields(
        ...nodes.map((node) => message(1, nodeMessage(node))),
        text(2, name),
        ...Array.from(constants.values(), (constant) => message(5, constant)),
        message(11, valueInfo(input)),
        message(12, valueInfo(output)),
      )
    },
  }
}

/** An attribute that is a whole number. */
export function integerAttribute(name: string, value: number): Fields {
  return fields(text(1, name), integer(3, value), integer(20, 2))
}

/** An attribute that is a floating-point number. */
export function floatAttribute(name: string, value: number): Fields {
  return fields(text(1, name), float(2, value), integer(20, 1))
}

function nodeMessage({ operator, inputs, output, attributes }: Node): Fields {
  return fields(
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, output), // the node's own name
    text(4, operator),
    ...attributes.map((attribute) => message(5, attribute)),
  )
}

function tensor(...[name, type, shape, get]: Parameters<GraphBuilder['constant']>): Fields {
  return fields(
    ...shape.map((size) => integer(1, size)),
    integer(2, elementTypes[type]),
    text(8, name),
    bytes(9, littleEndian(type, shape, get)),
  )
}

function littleEndian(
  type: ElementTypeName,
  shape: readonly number[],
  get: (place: number) => number,
): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1)
  const size = type === 'float' ? 4 : 8
  const view = new DataView(new ArrayBuffer(count * size))
  for (let i = 0; i < count; i++) {
    if (type === 'float') view.setFloat32(i * size, get(i), true)
    else if (type === 'double') view.setFloat64(i * size, get(i), true)
    else view.setBigInt64(i * size, BigInt(get(i)), true)
  }
  return new Uint8Array(view.buffer)
}

function valueInfo({ name, columns }: Matrix): Fields {
  const rows = message(1, text(2, 'batch'))
  const shape = message(2, rows, message(1, integer(1, columns)))
  const tensorType = message(1, integer(1, elementTypes.float), shape)
  return fields(text(1, name), message(2, tensorType))
}
