// Model files for the tests of the commands that read them, written by hand: safetensors, as
// docs/model-files.md has it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Network, Parameters } from '../../../dist/main/index.js'
import type { ModelDocument } from '../../../dist/main/files/document.js'
import { tensorsOf } from '../../../dist/shared/model/network.js'

export interface Written extends Partial<Omit<ModelDocument, 'network'>> {
  network: Network
  parameters: Parameters
  metadata?: Record<string, string>
}

/** A folder that goes with the test file, and what puts files there. */
export function folderOfModels(): {
  folder: string
  write: (name: string, model: Written) => string
} {
  const folder = mkdtempSync(join(tmpdir(), 'shardgrad-models-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  return {
    folder,
    write(name, { parameters, metadata, ...said }) {
      const document = { format: 1, writtenBy: 'shardgrad 0.1.0', ...said }
      const texts = { ...metadata, shardgrad: JSON.stringify(document) }
      const file = join(folder, name)
      writeFileSync(file, safetensors(texts, tensorsIn(said.network, parameters)))
      return file
    },
  }
}

/** By name: the shape, and the values as PyTorch orients them. */
type Tensors = Map<string, { shape: number[]; values: Float32Array }>

function tensorsIn(network: Network, parameters: Parameters): Tensors {
  const next = { weights: 0, biases: 0 }
  const tensors: Tensors = new Map()
  for (const { layer, list, rows, columns } of tensorsOf(network)) {
    const given = parameters[list][next[list]++]!
    const isWeight = list === 'weights'
    const name = `layers.${layer}.${isWeight ? 'weight' : 'bias'}`
    const values = Float32Array.from(
      given,
      (_, i) => given[(i % rows) * columns + Math.floor(i / rows)]!,
    )
    if (columns > 0) tensors.set(name, { shape: isWeight ? [columns, rows] : [columns], values })
  }
  return tensors
}

function safetensors(metadata: Record<string, string>, tensors: Tensors): Buffer {
  let end = 0
  const places = Array.from(tensors, ([name, { shape, values }]) => {
    const begin = end
    end += values.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }]
  })
  const text = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(places) })
  const header = Buffer.from(text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const data = Array.from(tensors.values(), ({ values }) => Buffer.from(values.buffer))
  return Buffer.concat([length, header, ...data])
}

/** What a file says of a model trained in float32. */
export const trainedBy = (loss: string): ModelDocument['trainer'] =>
  ({
    loss,
    optimizer: { name: 'sgd', learningRate: 0.5, momentum: 0, nesterov: false },
    l2: 0,
    seed: 1,
    shards: 'auto',
    backend: 'wasm',
    kernels: 'SIMD of 128 bits',
    updates: 7,
  }) as ModelDocument['trainer']
