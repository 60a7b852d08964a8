import { describe, expect, it } from 'vitest'
import { type Examples, type TrainerOptions, sgd } from '../../../../dist/main/index.js'
import { type ByteOffset, NOWHERE } from '../../../../dist/shared/arena/offsets.js'
import type { BackendName } from '../../../../dist/shared/backend-names.js'
import { backends } from '../../../../dist/shared/backends.js'
import { paddedWidth } from '../../../../dist/shared/batches/padding.js'
import { dense } from '../../../../dist/shared/model/layers/dense.js'
import { dropout, dropoutKind } from '../../../../dist/shared/model/layers/dropout.js'
import type { Layer } from '../../../../dist/shared/model/layers/layer.js'
import { backendsHere } from '../../../machine.js'
import { createTrainer } from '../../../main/shared-threads.js'
import { SLICE_ROWS, noise } from '../../support.js'
import { type LayerBench, openClaims, openLayerBench } from '../support.js'

it('what it says of itself: as many outputs as inputs, no parameters, no operations, one matrix', () => {
  expect(dropout(0.25)).toEqual({ kind: 'dropout', rate: 0.25 })
  expect(Object.keys(dropoutKind.fields)).toEqual(['rate'])
  expect(dropoutKind.describe(dropout(0.25))).toBe('dropout 0.25')
  for (const columns of [1, 8, 13]) {
    const { claims, sizeOf } = openClaims(20, backends.reference)
    expect(dropoutKind.outputs(dropout(0.25), columns)).toBe(columns)
    expect(dropoutKind.tensors(dropout(0.25), columns)).toEqual([])
    expect(dropoutKind.flops(dropout(0.25), columns, true)).toBe(0)
    expect(dropoutKind.temporaryElements(dropout(0.25), columns, claims)).toBe(0)
    expect(dropoutKind.claimShared(dropout(0.25), columns, claims)).toEqual({})
    const { kept, ...rest } = dropoutKind.claimScratch(dropout(0.25), columns, claims, true)
    expect(sizeOf(kept!)).toBe(20 * paddedWidth(columns))
    expect(rest).toEqual({})
  }
})

const COLUMNS = 100
const EXAMPLES = [5, 0, 59_999, 17, 3, 4, 88, 1, 2]

interface Opened {
  bench: LayerBench
  layer: Layer
  inputs: ByteOffset
  kept: ByteOffset
  dOutputs: ByteOffset
  /** Goes forward, and gives where the outputs lie. */
  forward: () => ByteOffset
  backward: () => void
}

function openDropout(
  backend: BackendName,
  { rate = 0.5, layersBefore = 1, examples = EXAMPLES, value = noise } = {},
): Opened {
  const bench = openLayerBench(backend, examples)
  const [inputs, kept] = [bench.put(COLUMNS, value), bench.put(COLUMNS, () => 99)]
  const dOutputs = bench.put(COLUMNS, () => 1)
  const layer = dropoutKind.create(dropout(rate), {
    kernels: bench.kernels,
    block: bench.block,
    inputs: COLUMNS,
    tensors: [],
    shared: {},
    scratch: { kept },
    temporary: NOWHERE,
    sliceRows: SLICE_ROWS,
    source: () => inputs,
    dOutputs,
    passesBack: true,
    layersBefore,
  })
  return {
    bench,
    layer,
    inputs,
    kept,
    dOutputs,
    forward() {
      layer.forward(NOWHERE)
      return layer.outputs()
    },
    backward: () => layer.backward(NOWHERE),
  }
}

describe.each(backendsHere)('%s', (backend) => {
  it('outside training, and with a share of 0, inputs and gradient pass through: the same place, the same numbers', () => {
    const states: [rate: number, epochs: (number | undefined)[]][] = [
      [0.5, []],
      [0.5, [7, undefined]],
      [0, [7]],
    ]
    for (const [rate, epochs] of states) {
      const { bench, dOutputs, layer, inputs, forward, backward } = openDropout(backend, { rate })
      const before = bench.get(inputs, COLUMNS)
      for (const epoch of epochs) layer.draw!(5, epoch)
      expect(forward()).toBe(inputs)
      backward()
      expect(bench.get(inputs, COLUMNS)).toEqual(before)
      expect(bench.get(dOutputs, COLUMNS).every((x) => x === 1)).toBe(true)
    }
  })

  it('in training the inputs stay as they are, and the gradient is masked in its place, by the mask of the way forward', () => {
    const { bench, layer, inputs, kept, dOutputs, forward, backward } = openDropout(backend)
    const before = bench.get(inputs, COLUMNS)
    layer.draw!(5, 7)
    expect(forward()).toBe(kept)
    expect(bench.get(inputs, COLUMNS)).toEqual(before)
    const outputs = bench.get(kept, COLUMNS)
    expect(outputs.filter((x) => x === 0).length / outputs.length).toBeCloseTo(0.5, 1)
    outputs.forEach((x, i) => expect([0, 2 * before[i]!]).toContain(x))

    backward()
    expect(bench.get(dOutputs, COLUMNS)).toEqual(outputs.map((x) => (x === 0 ? 0 : 2)))
  })

  it('side by side, each part has the mask of its own examples; the rows between the parts stay as they are', () => {
    const alone = openDropout(backend)
    alone.layer.draw!(5, 7)
    const expected = alone.bench.get(alone.forward(), COLUMNS)

    const { bench, layer, forward } = openDropout(backend)
    // 3 rows of every 4: row 3 is nobody's.
    Object.assign(bench.block.parts, { count: 2, stride: 4 })
    bench.block.parts.rows.set([3, 3])
    layer.draw!(5, 7)
    const together = bench.get(forward(), COLUMNS)
    const rowsOf = (values: number[], from: number, to: number): number[] =>
      values.slice(from * COLUMNS, to * COLUMNS)
    expect(rowsOf(together, 0, 3)).toEqual(rowsOf(expected, 0, 3))
    expect(rowsOf(together, 4, 7)).toEqual(rowsOf(expected, 4, 7))
    expect(new Set(rowsOf(together, 3, 4))).toEqual(new Set([99]))
  })
})

/** 1 where an element is kept. */
function maskOf(layersBefore: number, seed: number, epoch: number): number[] {
  const opened = openDropout('reference', { layersBefore, value: () => 1 })
  opened.layer.draw!(seed, epoch)
  return opened.bench.get(opened.forward(), COLUMNS).map(Math.sign)
}

it('two layers with dropout draw different masks, and so do two epochs and two seeds: about half of the elements agree, to 6 standard deviations', () => {
  const masks = [0, 1, 2, 3].flatMap((layersBefore) =>
    [
      [5, 7],
      [5, 8],
      [6, 7],
    ].map(([seed, epoch]) => maskOf(layersBefore, seed!, epoch!)),
  )
  const size = masks[0]!.length
  masks.forEach((one, i) =>
    masks.slice(i + 1).forEach((other) => {
      const agreeing = one.filter((x, at) => x === other[at]).length
      expect(Math.abs(agreeing / size - 0.5)).toBeLessThan((6 * 0.5) / Math.sqrt(size))
    }),
  )
})

it('an example is told by its number, not by its row', () => {
  const open = (examples: number[]): number[] => {
    const opened = openDropout('reference', { examples })
    opened.layer.draw!(5, 7)
    return opened.bench.get(opened.forward(), COLUMNS).map((x) => Number(x !== 0))
  }
  const [one, other] = [open([3, 4, 5]), open([5, 3])]
  expect(other.slice(0, COLUMNS)).toEqual(one.slice(2 * COLUMNS))
  expect(other.slice(COLUMNS)).toEqual(one.slice(0, COLUMNS))
})

const COUNT = 120
const examples: Examples = {
  inputs: Float32Array.from({ length: COUNT * 6 }, (_, i) => ((i * 7919) % 101) / 50 - 1),
  targets: Float32Array.from({ length: COUNT * 2 }, (_, i) => ((i * 31) % 17) / 9 - 1),
}

describe.each(backendsHere)('%s: dropout before the first layer', (backend) => {
  const options = (rate: number, workers = 1): TrainerOptions => ({
    network: {
      inputs: 6,
      layers: [dropout(rate), dense(20, 'silu'), dropout(rate), dense(2)],
    },
    loss: 'huber',
    optimizer: sgd({ learningRate: 0.1 }),
    seed: 3,
    workers,
    shards: 8,
    backend,
  })
  const hashAfter = async (rate: number, workers = 1): Promise<string> => {
    await using trainer = await createTrainer(options(rate, workers))
    const { cost } = await trainer.fit(examples, { epochs: 3, batchSize: 40 })
    expect(cost.every(Number.isFinite)).toBe(true)
    return trainer.parametersHash()
  }

  it('it trains, to the same bits with 1, 2 and 3 workers, and to others than without', async () => {
    const hashes = []
    for (const workers of [1, 2, 3]) hashes.push(await hashAfter(0.4, workers))
    expect(new Set(hashes).size).toBe(1)
    expect(hashes[0]).not.toBe(await hashAfter(0))
  })
})
