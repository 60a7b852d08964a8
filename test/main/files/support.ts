// Model files made by hand: as a trainer writes them, and as other programs do.

import type { ModelDocument, Network, Parameters } from '../../../dist/main/index.js'
import {
  type ModelFileParts,
  encodeModelFile,
  nameOfTensor,
} from '../../../dist/main/files/model-file.js'
import { createNodePlatform } from '../../../dist/main/runtime/node/platform.js'
import { joinPieces } from '../memory-files.js'
import type { TensorSource } from '../../../dist/main/files/safetensors.js'
import { tensorsOf } from '../../../dist/shared/model/network.js'
import { createUniform } from '../../../dist/shared/numerics/random.js'

const { createHash } = createNodePlatform()

/** The bytes of a model file. */
export const encoded = (parts: ModelFileParts): Uint8Array<ArrayBuffer> =>
  joinPieces(encodeModelFile(parts, createHash))

/** Numbers from -1 to 1 that a float32 holds. */
export const numbers = (count: number, seed: number): Float32Array => {
  const uniform = createUniform(seed, 0)
  return Float32Array.from({ length: count }, () => 2 * uniform() - 1)
}

/** Parameters for a network, drawn at random. */
export function parametersFor(network: Network, seed = 1): Parameters {
  const parameters: Parameters = { weights: [], biases: [] }
  for (const { list, rows, columns, layer } of tensorsOf(network))
    parameters[list].push(
      numbers(rows * columns, seed * 1000 + 2 * layer + Number(list === 'biases')),
    )
  return parameters
}

/** (rows, columns) to (columns, rows), element by element. */
export function turned<Values extends Float32Array | Float64Array>(
  values: Values,
  rows: number,
): Values {
  const columns = values.length / rows
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!) as Values
}

/** A tensor that is there already. */
export function sourceOf(
  name: string,
  shape: number[],
  values: Float32Array | Float64Array,
): TensorSource {
  const row = values.length / (shape[0] ?? 1)
  return {
    name,
    dtype: values instanceof Float32Array ? 'F32' : 'F64',
    shape,
    fill: (into, first, end) => into.set(values.subarray(first * row, end * row)),
  }
}

/** The tensors of a network's parameters, as a file has them. */
export function sourcesOf(network: Network, { weights, biases }: Parameters): TensorSource[] {
  const next = { weights: 0, biases: 0 }
  return tensorsOf(network).flatMap((tensor) => {
    const { list, rows, columns } = tensor
    const values = { weights, biases }[list][next[list]++]!
    if (columns === 0) return []
    return list === 'weights'
      ? [sourceOf(nameOfTensor(tensor), [columns, rows], turned(values, rows))]
      : [sourceOf(nameOfTensor(tensor), [columns], values)]
  })
}

export const documentOf = (network: Network, more: Partial<ModelDocument> = {}): ModelDocument => ({
  format: 1,
  writtenBy: 'shardgrad 0.1.0',
  network,
  ...more,
})

/** A file as a trainer writes it. */
export function fileOf(
  network: Network,
  parameters = parametersFor(network),
  more: Partial<ModelDocument> = {},
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const tensors = sourcesOf(network, parameters)
  return encoded({ document: documentOf(network, more), metadata, tensors })
}

/** A tensor as a header has it, and its bytes. */
export interface RawTensor {
  dtype: string
  shape: number[]
  bytes: Uint8Array
}

/** The bytes of a file with such a header, whether or not it is right. */
export function rawFile(header: string | Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

/** The header and the data of a file. */
export function partsOf(bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length))
  return {
    header: JSON.parse(text) as Record<string, unknown>,
    data: bytes.subarray(8 + length),
  }
}

/**
 * A file as Python's library writes it: tensors of wide types first, then by name; spaces after
 * each comma and colon of the header; no more metadata than is given. Its header is as long as it
 * happens to be, as it was in versions before 0.3.
 */
export function pythonFile(
  tensors: Record<string, RawTensor>,
  metadata?: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const names = Object.keys(tensors).sort((a, b) => (a < b ? -1 : 1))
  let end = 0
  const infos = names.map((name) => {
    const { dtype, shape, bytes } = tensors[name]!
    const begin = end
    end += bytes.length
    const offsets = `[${begin}, ${end}]`
    return `"${name}": {"dtype": "${dtype}", "shape": [${shape.join(', ')}], "data_offsets": ${offsets}}`
  })
  const data = new Uint8Array(end)
  let at = 0
  for (const name of names) {
    data.set(tensors[name]!.bytes, at)
    at += tensors[name]!.bytes.length
  }
  const said = metadata ? [`"__metadata__": ${JSON.stringify(metadata)}`] : []
  return rawFile(`{${[...said, ...infos].join(', ')}}`, data)
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** A network's parameters as another program has them: `state_dict` of PyTorch. */
export function stateOf(network: Network, parameters: Parameters): Record<string, RawTensor> {
  return Object.fromEntries(
    sourcesOf(network, parameters).map(({ name, dtype, shape, fill }) => {
      const length = shape.reduce((product, n) => product * n, 1)
      const values = dtype === 'F32' ? new Float32Array(length) : new Float64Array(length)
      fill(values, 0, shape[0]!)
      return [name, { dtype, shape: [...shape], bytes: bytesOf(values) }]
    }),
  )
}
