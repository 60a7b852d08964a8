// A network that only goes forward, on the calling thread: the layers and the kernels of backend
// wasm, over a memory of its own that is shared with nobody.

import type { Claims } from '../../shared/arena/claims.js'
import { type ByteOffset, NOWHERE, index32 } from '../../shared/arena/offsets.js'
import { type ParameterLayout, parameterLayout } from '../../shared/arena/parameter-layout.js'
import { MOST_PARTS } from '../../shared/arena/parts.js'
import { paddedWidth } from '../../shared/batches/padding.js'
import type { Kernels } from '../../shared/kernels/kernels.js'
import { createForwardKernels, panelElements } from '../../shared/kernels/wasm/forward.js'
import { wasmOperations } from '../../shared/kernels/wasm/operations.js'
import { createBlock } from '../../shared/model/block.js'
import { createLayers } from '../../shared/model/layer-stack.js'
import { kindOf } from '../../shared/model/layers/kinds.js'
import type { Layer, Places } from '../../shared/model/layers/layer.js'
import { type Network, columnsOf, tensorsOf } from '../../shared/model/network.js'
import type { Parameters } from '../data/parameters.js'
import { readParameters, writeParameters } from '../runtime/stored-parameters.js'

/** A network at work. */
export interface ForwardPass {
  /** Rows that it takes at a time, at most. */
  rows: number
  /** Where they are put before they are taken: (rows, paddedWidth(inputs)). */
  inputs: Float32Array
  /**
   * Takes the first rows forward, up to a layer.
   * @param count How many rows.
   * @param last The layer.
   * @returns Its outputs (count, paddedWidth(its outputs)): a view, until the next call.
   */
  run: (count: number, last: number) => Float32Array
  /** A copy of the parameters, in float32. */
  parameters: () => Parameters
}

/** Rows at a time: enough for the products to be quick, few enough to stay in the cache. */
const MOST_ROWS = 64
/** Numbers that a block of rows has in all layers, where that means fewer rows. */
const MOST_NUMBERS = 1 << 22

/**
 * @param network What it is, checked.
 * @param parameters Of the network's shapes.
 * @param compiled The kernels of inference.
 * @throws {RangeError} if the system doesn't give the memory.
 */
export function createForwardPass(
  network: Network,
  parameters: Parameters,
  compiled: WebAssembly.Module,
): ForwardPass {
  const columns = columnsOf(network)
  const rows = rowsAtATime(columns)
  const layout = parameterLayout(tensorsOf(network))
  const places = placesFor(network, layout, rows)
  const memory = createMemory(places.bytes)
  const values = new Float32Array(memory.buffer)
  const block = createBlock(new Int32Array(memory.buffer), places, values.BYTES_PER_ELEMENT)
  block.parts.unitRows = block.parts.stride = rows
  // A layer that goes forward asks for nothing else.
  const kernels = createForwardKernels(wasmOperations(compiled, memory)) as Kernels
  const { shared } = places
  const context = { block, kernels, parameters: layout, shared, sliceRows: rows }
  const layers = createLayers(network, context, places)
  writeParameters(memory, places.parameters, layout, 'float32', parameters)
  prepare(layers, layout, places.parameters)

  const matrixAt = (offset: ByteOffset, count: number, width: number): Float32Array => {
    const first = index32(offset)
    return values.subarray(first, first + count * paddedWidth(width))
  }
  return {
    rows,
    inputs: matrixAt(places.inputs, rows, columns[0]!),
    run(count, last) {
      block.parts.rows[0] = count
      for (let l = 0; l <= last; l++) layers[l]!.forward(places.parameters)
      return matrixAt(layers[last]!.outputs(), count, columns[last + 1]!)
    },
    parameters: () => readParameters(memory, places.parameters, layout, 'float32'),
  }
}

function rowsAtATime(columns: readonly number[]): number {
  const numbers = columns.reduce((sum, width) => sum + paddedWidth(width), 0)
  const rows = Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / numbers))
  return Math.max(4, rows - (rows % 4))
}

/** Where everything lies, and how much it is. */
interface ForwardPlaces {
  /** No numbers of examples: nothing is drawn. */
  rowNumbers: ByteOffset
  partRows: ByteOffset
  parameters: ByteOffset
  shared: Places[]
  inputs: ByteOffset
  layers: Places[]
  temporary: ByteOffset
  dOutputs: ByteOffset
  bytes: number
}

function placesFor(network: Network, layout: ParameterLayout, rows: number): ForwardPlaces {
  const columns = columnsOf(network)
  let bytes = 64 // so that nothing lies at NOWHERE
  const elements = (count: number): ByteOffset => {
    const place = bytes as ByteOffset
    bytes += Math.ceil(count / 16) * 64 // whole lines of the cache
    return place
  }
  const claims: Claims = {
    elements,
    matrix: (width) => elements(rows * paddedWidth(width)),
    parts: 1,
    partStride: rows,
    sliceRows: rows,
    weighted: false,
    kernels: { preparedElements: panelElements, productElements: () => 0 },
  }
  const places = {
    rowNumbers: NOWHERE,
    partRows: elements(MOST_PARTS),
    parameters: elements(layout.elements),
    shared: network.layers.map((layer, l) => kindOf(layer).claimShared(layer, columns[l]!, claims)),
    inputs: claims.matrix(columns[0]!),
    layers: network.layers.map((layer, l) =>
      kindOf(layer).claimScratch(layer, columns[l]!, claims, false),
    ),
    temporary: NOWHERE,
    dOutputs: NOWHERE,
  }
  return { ...places, bytes }
}

function createMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / 65536)
  return new WebAssembly.Memory({ initial: pages, maximum: pages })
}

function prepare(
  layers: readonly Layer[],
  { tensors }: ParameterLayout,
  parameters: ByteOffset,
): void {
  for (const { layer, list, elements, width } of tensors)
    if (list === 'weights') layers[layer]!.prepare?.(parameters, 0, elements / width, false)
}
