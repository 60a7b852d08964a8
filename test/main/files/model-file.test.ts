// Model files: what is written comes back, and whatever is wrong with a file is one clear error.

import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  FileError,
  type ModelDocument,
  type Network,
  dense,
  dropout,
  standardize,
} from '../../../dist/main/index.js'
import {
  type ModelFile,
  decodeModelFile,
  readModelParameters,
} from '../../../dist/main/files/model-file.js'
import {
  bytesOf,
  documentOf,
  fileOf,
  numbers,
  parametersFor,
  partsOf,
  pythonFile,
  rawFile,
  encoded,
  sourceOf,
  sourcesOf,
  stateOf,
} from './support.js'

const network: Network = {
  inputs: 3,
  preprocessing: [standardize(Float32Array.of(1, 2, 3, 4, 5, 7), 3)],
  layers: [
    dropout(0.1),
    dense(5, 'tanh', { bias: false }),
    dropout(0.2),
    dense(4, 'softmax', { initializer: { name: 'normal', deviation: 0.1 } }),
  ],
}
const parameters = parametersFor(network)
const classes = ['ant', 'bee', 'cat', 'dœ😀']
const metadata = { author: 'me', '': 'no name', __proto__: 'x', note: '"\\\u0000' }

async function problem(bytes: Uint8Array, use?: (file: ModelFile) => unknown): Promise<string> {
  try {
    const file = await decodeModelFile('m.safetensors', bytes)
    use?.(file)
  } catch (error) {
    expect(error).toBeInstanceOf(FileError)
    return (error as FileError).message
  }
  return 'nothing'
}

/** A file whose header or document has been changed, its digests left out. */
function changed(change: (document: ModelDocument) => void): Uint8Array {
  const { header, data } = partsOf(fileOf(network, parameters, { classes }))
  const said = header.__metadata__ as Record<string, string>
  const document = JSON.parse(said.shardgrad!) as ModelDocument
  change(document)
  header.__metadata__ = { shardgrad: JSON.stringify(document) }
  return rawFile(JSON.stringify(header), data)
}

describe('what is written', () => {
  it('comes back: document, metadata, parameters', async () => {
    const bytes = fileOf(network, parameters, { classes }, metadata)
    const file = await decodeModelFile('m', bytes)
    expect(file.document).toEqual(documentOf(network, { classes }))
    expect(file.metadata).toEqual(metadata)
    expect(readModelParameters(file, network)).toEqual(parameters)
  })

  it('has tensors by layer, as nn.Linear has them', async () => {
    const { header } = partsOf(fileOf(network, parameters))
    const shapes = Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, info]) => [name, (info as { shape: number[] }).shape])
    expect(shapes).toEqual([
      ['layers.1.weight', [5, 3]],
      ['layers.3.weight', [4, 5]],
      ['layers.3.bias', [4]],
    ])
    const file = await decodeModelFile('m', fileOf(network, parameters))
    const weight = file.tensor('layers.1.weight', [5, 3])
    const [unit, input] = [2, 1]
    expect(weight[unit * 3 + input]).toBe(parameters.weights[0]![input * 5 + unit])
  })

  it('has digests that other programs find too', () => {
    const bytes = fileOf(network, parameters)
    const { header, data } = partsOf(bytes)
    const said = header.__metadata__ as Record<string, string>
    const sha256 = (of: Uint8Array | string): string =>
      createHash('sha256').update(of).digest('hex')
    expect(said['data-sha256']).toBe(sha256(data))
    expect(said['document-sha256']).toBe(sha256(said.shardgrad!))
    expect((bytes.length - data.length) % 8).toBe(0)
  })

  it('float64 stays float64, and may be mixed with float32', async () => {
    const doubles = {
      weights: parameters.weights.map((layer) => Float64Array.from(layer, (x) => x / 3)),
      biases: parameters.biases.map((layer) => Float64Array.from(layer, (x) => x / 3)),
    }
    const single = sourceOf('a', [3], Float32Array.of(1, 2, 3))
    const bytes = encoded({
      document: documentOf(network),
      metadata: {},
      tensors: [single, ...sourcesOf(network, doubles)],
    })
    const file = await decodeModelFile('m', bytes)
    expect(readModelParameters(file, network)).toEqual(doubles)
    expect(file.tensor('a', [3])).toEqual(Float32Array.of(1, 2, 3))
  })
})

describe('files of other programs', () => {
  it('need no document and no digest, and may begin anywhere in memory', async () => {
    const state = stateOf(network, parameters)
    const extra = { num_batches_tracked: { dtype: 'I64', shape: [], bytes: new Uint8Array(8) } }
    for (const before of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const plain = pythonFile({ ...state, ...extra }, { format: 'pt', pad: 'x'.repeat(before) })
      const file = await decodeModelFile('m', plain)
      expect(file.document).toBeUndefined()
      expect(file.metadata.format).toBe('pt')
      expect(readModelParameters(file, network)).toEqual(parameters)
    }
  })

  it('a type that is not taken is said', async () => {
    const half = { dtype: 'F16', shape: [5, 3], bytes: new Uint8Array(30) }
    const bytes = pythonFile({ ...stateOf(network, parameters), 'layers.1.weight': half })
    expect(await problem(bytes, (file) => readModelParameters(file, network))).toBe(
      "m.safetensors: its tensor 'layers.1.weight' should have the type F32 or F64, and has F16; convert it to F32",
    )
  })
})

describe('what is wrong', () => {
  it.each([
    ['a tensor is missing', 'layers.3.bias', [4], "its tensor 'layers.3.bias' is missing"],
    [
      'a tensor is turned',
      'layers.1.weight',
      [3, 5],
      "its tensor 'layers.1.weight' should have the shape (5, 3), and has (3, 5)",
    ],
    [
      'a tensor has more dimensions',
      'layers.1.weight',
      [5, 3, 1],
      "its tensor 'layers.1.weight' should have the shape (5, 3), and has (5, 3, 1)",
    ],
  ])('%s', async (_, name, shape, message) => {
    const state = stateOf(network, parameters)
    if (message.endsWith('missing')) Reflect.deleteProperty(state, name)
    else state[name]!.shape = shape
    const bytes = pythonFile(state)
    expect(await problem(bytes, (file) => readModelParameters(file, network))).toBe(
      `m.safetensors: ${message}`,
    )
  })

  it.each([NaN, Infinity, -Infinity])('a number is %d', async (value) => {
    for (const Type of [Float32Array, Float64Array]) {
      const values = new Type(15)
      values[7] = value
      const bytes = pythonFile({
        t: { dtype: Type === Float32Array ? 'F32' : 'F64', shape: [5, 3], bytes: bytesOf(values) },
      })
      expect(await problem(bytes, (file) => file.tensor('t', [5, 3]))).toBe(
        `m.safetensors: its tensor 't' has a number that is not finite: ${value}, at 7`,
      )
    }
  })

  it('a number is too large for float32, where that is wanted', async () => {
    const largest = 3.4028234663852886e38
    for (const [value, fits] of [
      [largest, true],
      [-1e39, false],
    ] as const) {
      const values = Float64Array.of(0, 1, value)
      const bytes = pythonFile({ t: { dtype: 'F64', shape: [3], bytes: bytesOf(values) } })
      const file = await decodeModelFile('m.safetensors', bytes)
      expect(file.tensor('t', [3])).toEqual(values)
      expect(await problem(bytes, () => file.tensor('t', [3], 'float32'))).toBe(
        fits
          ? 'nothing'
          : "m.safetensors: its tensor 't' has a number too large for float32: -1e+39, at 2",
      )
    }
  })

  const fields: [string, (document: ModelDocument) => void, string][] = [
    [
      'format',
      (d) => Object.assign(d, { format: 'x' }),
      "format: expected a whole number of at least 1, got 'x'",
    ],
    [
      'writtenBy',
      (d) => Object.assign(d, { writtenBy: 1 }),
      'writtenBy: expected what wrote the file, got 1',
    ],
    ['network', (d) => Object.assign(d, { network: 1 }), 'network: expected an object, got 1'],
    [
      'an activation',
      (d) => Object.assign(d.network.layers[1]!, { activation: 'Tanh' }),
      "network.layers[1].activation: expected one of identity, sigmoid, tanh, relu, leakyRelu, elu, softplus, silu, gelu, softmax, got 'Tanh'",
    ],
    [
      'a field too many',
      (d) => Object.assign(d, { colour: 1 }),
      'colour: expected no such field, got 1',
    ],
    [
      'a misfit',
      (d) => Object.assign(d.network, { inputs: 4 }),
      'network.preprocessing[0].mean: expected a list of 4, one for each column, got an array of 3',
    ],
    [
      'classes',
      (d) => Object.assign(d, { classes: ['a'] }),
      'classes: expected a list of 4 names, one for each class, got an array of 1',
    ],
    [
      'a class',
      (d) => Object.assign(d, { classes: ['a', 'b', 3, 'd'] }),
      'classes[2]: expected the name of a class, got 3',
    ],
    ['trainer', (d) => Object.assign(d, { trainer: 1 }), 'trainer: expected an object, got 1'],
  ]
  it.each(fields)('in the document: %s', async (_, change, message) => {
    const bytes = changed(change)
    expect(await problem(bytes)).toBe(`m.safetensors: its document: ${message}`)
  })

  it('a document that is no object, or no JSON', async () => {
    for (const [text, message] of [
      ['null', ': expected an object, got null'],
      ['[]', ': expected an object, got an array of 0'],
      ['"x"', ": expected an object, got 'x'"],
      ['{', ' is no JSON: it was damaged, or is no model file'],
    ])
      expect(await problem(pythonFile({}, { shardgrad: text! }))).toBe(
        `m.safetensors: its document${message}`,
      )
  })

  it('a later format says what to do, whatever else it says', async () => {
    const later = { format: 2, writtenBy: 'shardgrad 3.1.4', something: 'new' }
    expect(await problem(pythonFile({}, { shardgrad: JSON.stringify(later) }))).toBe(
      "m.safetensors: written by shardgrad 3.1.4, whose format 2 this version doesn't read; update shardgrad",
    )
  })

  it('a digest that disagrees', async () => {
    const bytes = fileOf(network, parameters)
    const damaged = bytes.slice()
    damaged[bytes.length - 1]! ^= 1
    const message = (name: string): string =>
      `m.safetensors: it was damaged, or changed after it was written; if the change is meant, remove ${name} from its metadata`
    expect(await problem(damaged)).toBe(message('data-sha256'))
    const text = Buffer.from(bytes).toString('latin1').replace('tanh', 'relu')
    expect(await problem(Buffer.from(text, 'latin1'))).toBe(message('document-sha256'))
  })
})

describe('where digests cannot be had', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('none is asked for', async () => {
    const bytes = fileOf(network, parameters)
    vi.stubGlobal('crypto', {})
    expect(readModelParameters(await decodeModelFile('m', bytes), network)).toEqual(parameters)
  })
})

it('numbers that JSON does not know are texts in a document', async () => {
  const history = { cost: [1, NaN, Infinity, -Infinity, -0.1] }
  const trainer = history as object as ModelDocument['trainer']
  const bytes = fileOf(network, parameters, { trainer })
  const { document } = await decodeModelFile('m', bytes)
  expect(document!.trainer).toEqual({ cost: [1, 'NaN', 'Infinity', '-Infinity', -0.1] })
})

it('a large file is written piece by piece, and read again', async () => {
  const large: Network = { inputs: 1500, layers: [dense(1000, 'relu'), dense(2)] }
  const values = {
    weights: [numbers(1_500_000, 1), numbers(2000, 2)],
    biases: [numbers(1000, 3), numbers(2, 4)],
  }
  const bytes = encoded({
    document: documentOf(large),
    metadata: {},
    tensors: sourcesOf(large, values),
  })
  const file = await decodeModelFile('m', bytes)
  const read = readModelParameters(file, large)
  const written = [...values.weights, ...values.biases]
  const same = [...read.weights, ...read.biases].map((array, i) =>
    Buffer.from(array.buffer).equals(Buffer.from(written[i]!.buffer)),
  )
  expect(same).toEqual([true, true, true, true])
})
