// A block through a whole network: its gradient against central differences of its loss, and the
// backends against each other.

import { describe, expect, it } from 'vitest'
import { createArena, planArena } from '../../../dist/shared/arena/arena.js'
import { bytesPerElement } from '../../../dist/shared/arena/element-types.js'
import type { ByteOffset } from '../../../dist/shared/arena/offsets.js'
import { parameterCount } from '../../../dist/shared/arena/parameter-layout.js'
import { piecesOf, stretchOf } from '../../../dist/shared/arena/pieces.js'
import type { BackendName } from '../../../dist/shared/backend-names.js'
import { backends } from '../../../dist/shared/backends.js'
import { paddedWidth } from '../../../dist/shared/batches/padding.js'
import { TALLY_FIELDS, Tally, tallyLayout } from '../../../dist/shared/figures/metrics.js'
import { createBlock, placePart } from '../../../dist/shared/model/block.js'
import { needsOfModel } from '../../../dist/shared/model/kinds.js'
import { type LayeredDescription, layeredKind } from '../../../dist/shared/model/layered-model.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import type { LayerDescription } from '../../../dist/shared/model/layers/kinds.js'
import { type Network, columnsOf, outputLayer } from '../../../dist/shared/model/network.js'
import { type ActivationName, activations } from '../../../dist/shared/formulas/activations.js'
import type { LossName } from '../../../dist/shared/formulas/losses.js'
import { standardize } from '../../../dist/shared/formulas/preprocessing/learn.js'
import { createUniform } from '../../../dist/shared/numerics/random.js'
import { backendsHere } from '../../machine.js'
import { engineOf, noise, worstDifference } from '../support.js'
import { openClaims } from './support.js'

const EXAMPLES = 11
/** Of a block: room for all examples as one part, or for up to 8 parts of 4. */
const ROWS = 32

/** Examples first .. end - 1. */
type Shard = [first: number, end: number]
const everything: Shard[] = [[0, EXAMPLES]]

interface Setting {
  /** What is drawn as training does, and with which seed and epoch. */
  draws?: [seed: number, epoch: number]
  input?: (row: number, column: number) => number
  weightOf?: (example: number) => number
}

/** A network in an arena of its own. Of the parameters, only the real ones: padding left out. */
function openModel(
  backend: BackendName,
  network: Network,
  loss: LossName,
  { draws, input = noise, weightOf }: Setting = {},
) {
  const { dtype, create, preparedElements, productElements } = backends[backend]
  const description: LayeredDescription = { kind: 'layers', network, loss }
  const weighted = weightOf !== undefined
  const layout = planArena({
    model: needsOfModel(description),
    kernels: {
      preparedElements,
      productElements: (shape) =>
        Math.max(
          productElements({ ...shape, parts: 1, rows: ROWS }),
          productElements({ ...shape, parts: 8, rows: ROWS / 8 }),
        ),
    },
    dtype,
    stateElements: 0,
    workers: 1,
    shards: 1,
    slots: 1,
    teamSize: 1,
    batchSize: ROWS,
    training: { count: EXAMPLES, inputs: dtype, targets: dtype, weighted, keepsOutputs: false },
    validation: undefined,
    tallyFields: TALLY_FIELDS,
    gradient: false,
    timeline: false,
  })
  const memory = createArena(layout.bytes)
  const values =
    dtype === 'float32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer)
  const size = bytesPerElement[dtype]
  const scratch = layout.scratch[0]!
  const block = createBlock(new Int32Array(memory.buffer), scratch, size)
  const model = layeredKind.create(description, {
    kernels: create(engineOf(backend), memory),
    block,
    values,
    parameters: layout.parameters,
    sliceRows: layout.slots.sliceRows,
    shared: layout.model,
    scratch: scratch.model,
    tallies: tallyLayout('', outputLayer(network).units, 'oneClass'),
  })
  const tallies = Array.from({ length: 8 }, () => new Float64Array(3))
  if (draws) model.draw(...draws)

  const { inputs, targets, sampleWeights } = layout.training!
  for (let i = 0; i < EXAMPLES; i++) {
    for (let j = 0; j < inputs.columns; j++)
      values[inputs.offset / size + i * inputs.columns + j] = input(i, j)
    for (let j = 0; j < model.outputs; j++) {
      values[targets!.offset / size + i * model.outputs + j] =
        loss === 'categoricalCrossEntropy'
          ? Number(i % model.outputs === j)
          : loss === 'binaryCrossEntropy'
            ? (i + j) % 2
            : noise(i, j + 50)
    }
    if (sampleWeights) values[sampleWeights.offset / size + i] = weightOf!(i)
  }
  // Layer by layer, the weights first.
  const tensors = layout.parameters.tensors.toSorted((one, other) => one.layer - other.layer)
  const places = tensors.flatMap(({ first, width, rows, columns }) =>
    Array.from(
      { length: rows * columns },
      (_, i) => first + Math.floor(i / columns) * width + (i % columns),
    ),
  )
  const { parameters } = layout.versions[0]
  const uniform = createUniform(4, 4)
  for (const place of places) values[parameters / size + place] = Math.fround(2 * uniform() - 1)

  const prepareAll = (): void => {
    for (const { rows } of piecesOf(layout.parameters))
      if (rows) model.prepare(parameters, rows, true)
  }
  prepareAll()

  const load = (shards: Shard[]): void => {
    block.parts.count = shards.length
    block.parts.stride = block.parts.unitRows = ROWS / shards.length
    shards.forEach(([first, end], part) =>
      placePart(block, part, first, end - first, (position) => position),
    )
    model.load(layout.training!)
  }
  /** Takes shards through the network side by side; `backward` may follow. */
  const run = (shards: Shard[]): void => {
    load(shards)
    model.forwardWithLoss(parameters, tallies, weighted)
  }
  const resetTallies = (): void => tallies.forEach((tally) => tally.fill(0))
  const summedLoss = (): number => {
    resetTallies()
    run(everything)
    return tallies[0]![Tally.loss]!
  }
  const slot = layout.slots.first / size
  const everyRange = stretchOf(layout.parameters, piecesOf(layout.parameters)).ranges
  return {
    model,
    loss: summedLoss,
    /** The outputs of all examples, of one part. */
    outputs: (): number[] => {
      load(everything)
      const first = model.forward(parameters) / size
      const width = paddedWidth(model.outputs)
      return Array.from({ length: EXAMPLES }, (_, row) =>
        Array.from(values.subarray(first + row * width, first + row * width + model.outputs)),
      ).flat()
    },
    /** The numbers of one tensor. */
    tensor: (layer: number, list: 'weights' | 'biases'): number[] => {
      const at = tensors.findIndex((tensor) => tensor.layer === layer && tensor.list === list)
      const first = parameterCount({ tensors: tensors.slice(0, at) })
      const { rows, columns } = tensors[at]!
      return places
        .slice(first, first + rows * columns)
        .map((place) => values[parameters / size + place]!)
    },
    /**
     * The gradient of blocks one after the other, each of shards side by side; and the tallies of
     * the parts.
     */
    gradient: (
      blocks = [everything],
    ): { gradient: number[]; tallies: number[][]; padding: number[] } => {
      resetTallies()
      values.fill(7777, slot, slot + layout.parameters.elements)
      blocks.forEach((shards, number) => {
        run(shards)
        model.backward(parameters)
        model.gradient(layout.slots.first, number > 0, everyRange)
      })
      const all = Array.from(values.subarray(slot, slot + layout.parameters.elements))
      const real = new Set(places)
      return {
        gradient: places.map((place) => all[place]!),
        tallies: tallies.slice(0, blocks[0]!.length).map((tally) => Array.from(tally)),
        padding: all.filter((_, place) => !real.has(place)),
      }
    },
    slope: (parameter: number): number => {
      const at = parameters / size + places[parameter]!
      const [value, step] = [values[at]!, 1e-5]
      const lossAt = (change: number): number => {
        values[at] = value + change
        prepareAll()
        const result = summedLoss()
        values[at] = value
        return result
      }
      return (lossAt(step) - lossAt(-step)) / (2 * step)
    },
    parameters: places.length,
    /** What a dropout has kept of the examples, of one part: 1, or 0 where it hasn't. */
    mask: (layer: number): number[] => {
      const { layers } = scratch.model as { layers: { kept: ByteOffset }[] }
      const columns = columnsOf(network)[layer]!
      const first = layers[layer]!.kept / size
      return Array.from({ length: EXAMPLES * columns }, (_, i) =>
        Number(
          values[first + Math.floor(i / columns) * paddedWidth(columns) + (i % columns)] !== 0,
        ),
      )
    },
  }
}

type Result = ReturnType<ReturnType<typeof openModel>['gradient']>

const cases: [LossName, ActivationName, ActivationName][] = [
  ['halfSquaredError', 'tanh', 'identity'],
  ['halfSquaredError', 'relu', 'softmax'],
  ['halfSquaredError', 'softmax', 'sigmoid'],
  ['meanSquaredError', 'sigmoid', 'tanh'],
  ['meanSquaredError', 'identity', 'relu'],
  ['meanAbsoluteError', 'softplus', 'leakyRelu'],
  ['huber', 'gelu', 'silu'],
  ['huber', 'silu', 'elu'],
  ['meanSquaredError', 'elu', 'gelu'],
  ['binaryCrossEntropy', 'relu', 'sigmoid'],
  ['categoricalCrossEntropy', 'tanh', 'softmax'],
  ['categoricalCrossEntropy', 'softmax', 'softmax'],
]

/** Where dropout stands, and of how much. */
const dropouts: [string, (layers: LayerDescription[]) => LayerDescription[]][] = [
  ['no dropout', (layers) => layers],
  ['dropout after both', ([a, b, c]) => [a!, dropout(0.2), b!, dropout(0.4), c!]],
  [
    'dropout before both, and after the second',
    ([a, b, c]) => [dropout(0.2), a!, dropout(0.3), b!, c!],
  ],
]

describe.each(cases)('%s after %s and %s', (loss, hidden, output) =>
  describe.each(dropouts)('%s', (where, among) => {
    const layers = among([dense(6, hidden), dense(9, hidden), dense(3, output)])
    const network: Network = { inputs: 5, layers }
    const drops = where !== 'no dropout'
    const setting: Setting = drops ? { draws: [123_456_789, 7] } : {}
    const open = (backend: BackendName) => openModel(backend, network, loss, setting)

    it('the gradient is the slope of the summed loss: central differences to 1e-7 in every parameter', () => {
      const opened = open('reference')
      const { gradient, tallies } = opened.gradient()
      const slopes = Array.from({ length: opened.parameters }, (_, parameter) =>
        opened.slope(parameter),
      )
      expect(worstDifference(gradient, slopes).error).toBeLessThan(1e-7)
      expect(
        gradient.filter((g) => Math.abs(g) > 1e-3).length,
        'parameters that matter',
      ).toBeGreaterThan(gradient.length * (drops ? 0.4 : 0.5))
      expect(tallies[0]![Tally.loss]).toBe(opened.loss())
    })

    const reference = open('reference').gradient()
    const largest = Math.max(...reference.gradient.map(Math.abs))
    const sumOf = (tallies: number[][]): number[] =>
      tallies.reduce((sum, tally) => sum.map((value, field) => value + tally[field]!))
    const ways: [string, Shard[][]][] = [
      ['in blocks, accumulated', [[[0, 1]], [[1, 6]], [[6, EXAMPLES]]]],
      [
        'in 4 shards side by side',
        [
          [
            [0, 3],
            [3, 6],
            [6, 8],
            [8, EXAMPLES],
          ],
        ],
      ],
      [
        'in 8 shards side by side, some of them empty',
        [
          [
            [0, 4],
            [4, 4],
            [4, 5],
            [5, 8],
            [8, 8],
            [8, 9],
            [9, 11],
            [11, 11],
          ],
        ],
      ],
    ]
    for (const [way, blocks] of ways) {
      it.each(backendsHere)(
        `%s: ${way}, it is the same, in float64 to 1e-14 of the largest, in float32 to 1e-6; zeros stay in the padding`,
        (backend) => {
          const bound = backend === 'reference' ? 1e-14 : 1e-6
          const { gradient, tallies, padding } = open(backend).gradient(blocks)
          const [tally, expected] = [sumOf(tallies), reference.tallies[0]!]
          expect(worstDifference(gradient, reference.gradient).error / largest).toBeLessThan(bound)
          expect(tally[Tally.correct]).toBe(expected[Tally.correct])
          expect(tally[Tally.weight]).toBe(EXAMPLES)
          expect(Math.abs(tally[Tally.loss]! / expected[Tally.loss]! - 1)).toBeLessThan(bound)
          expect(padding.filter((x) => x !== 0)).toEqual([])
        },
      )
    }

    it.each(backendsHere)(
      '%s: each of the shards side by side has the tally that it has alone, and their gradient is the tree of those they have alone, bit for bit',
      (backend) => {
        const shards = ways[1]![1][0]!
        const round = backend === 'reference' ? (x: number): number => x : Math.fround
        const [a, b, c, d] = shards.map((shard) => open(backend).gradient([[shard]])) as [
          Result,
          Result,
          Result,
          Result,
        ]
        const together = open(backend).gradient([shards])
        expect(together.tallies).toEqual([a, b, c, d].map(({ tallies }) => tallies[0]))
        expect(together.gradient).toEqual(
          a.gradient.map((_, i) =>
            round(round(a.gradient[i]! + b.gradient[i]!) + round(c.gradient[i]! + d.gradient[i]!)),
          ),
        )
      },
    )
  }),
)

/** f(x.W + b) row by row, in float64. */
function denseInFloat64(
  x: number[],
  weights: number[],
  biases: number[],
  activation: ActivationName,
): number[] {
  const [units, f] = [biases.length, activations[activation]]
  const inputs = weights.length / units
  return Array.from({ length: x.length / inputs }, (_, row) => {
    const z = Float64Array.from(biases, (bias, j) =>
      Array.from(
        { length: inputs },
        (_, i) => x[row * inputs + i]! * weights[i * units + j]!,
      ).reduce((sum, product) => sum + product, bias),
    )
    if (f.kind === 'row') f.forward(z)
    return Array.from(f.kind === 'row' ? z : z.map(f.forward))
  }).flat()
}

const inputsOf = (columns: number, input = noise): number[] =>
  Array.from({ length: EXAMPLES * columns }, (_, i) => input(Math.floor(i / columns), i % columns))

describe.each(backendsHere)('%s', (backend) => {
  const bound = backend === 'reference' ? 1e-14 : 1e-5

  it('forward: the outputs are f(X.W + b), layer after layer, whether the loss includes the last f or not: in float64 to 1e-14, in float32 to 1e-5', () => {
    for (const [loss, hidden, output] of cases) {
      const network = { inputs: 5, layers: [dense(6, hidden), dense(9, hidden), dense(3, output)] }
      const opened = openModel(backend, network, loss)
      const expected = network.layers.reduce(
        (x, { activation }, l) =>
          denseInFloat64(x, opened.tensor(l, 'weights'), opened.tensor(l, 'biases'), activation),
        inputsOf(5),
      )
      expect(worstDifference(opened.outputs(), expected).error, `${loss} ${hidden}`).toBeLessThan(
        bound,
      )
    }
  })

  it('dropout draws only where training does: without an epoch, before or after, the bits are those of a network without', () => {
    const layers = [dense(6, 'tanh'), dense(9, 'silu'), dense(3)]
    const [, among] = dropouts[2]!
    const plain = openModel(backend, { inputs: 5, layers }, 'huber')
    const opened = openModel(backend, { inputs: 5, layers: among(layers) }, 'huber')
    const expected = [plain.outputs(), plain.gradient()]
    const results = (): unknown[] => [opened.outputs(), opened.gradient()]
    expect(results()).toEqual(expected)
    opened.model.draw(5, 0)
    expect(results()[0]).not.toEqual(expected[0])
    opened.model.draw(5, undefined)
    expect(results()).toEqual(expected)
  })

  it('what is drawn follows from seed and epoch: the same ones give the same bits again, others give others', () => {
    const layers = [dense(16, 'tanh'), dropout(0.5), dense(3)]
    const opened = openModel(backend, { inputs: 5, layers }, 'huber')
    const outputs = (seed: number, epoch: number): string => {
      opened.model.draw(seed, epoch)
      return String(opened.outputs())
    }
    const first = outputs(5, 0)
    const others = [outputs(5, 1), outputs(6, 0), outputs(-5, 0), outputs(5 + 2 ** 32, 0)]
    expect(new Set([first, ...others]).size).toBe(5)
    expect(outputs(5, 0)).toBe(first)
  })

  it('layers with dropout each draw their own: of two masks 40 to 60 % agree', () => {
    const layers = [dropout(0.5), dense(40), dropout(0.5), dense(40), dropout(0.5), dense(3)]
    const opened = openModel(backend, { inputs: 40, layers }, 'huber', { draws: [5, 0] })
    opened.outputs()
    const masks = [0, 2, 4].map(opened.mask)
    const agreement = (one: number, other: number): number =>
      masks[one]!.filter((kept, i) => kept === masks[other]![i]).length / masks[one]!.length
    for (const share of [agreement(0, 1), agreement(0, 2), agreement(1, 2)])
      expect(Math.abs(share - 0.5)).toBeLessThan(0.1)
  })

  it('weights of 1, 2 and 0 are an example taken once, twice and not at all: gradient and tally, in float64 to 1e-14, in float32 to 1e-5', () => {
    const network: Network = { inputs: 5, layers: [dense(6, 'tanh'), dense(3, 'softmax')] }
    for (const loss of ['categoricalCrossEntropy', 'halfSquaredError'] as const) {
      const weightOf = (example: number): number => [1, 2, 0][example % 3]!
      const weighted = openModel(backend, network, loss, { weightOf }).gradient()
      const times = Array.from({ length: EXAMPLES }, (_, i) =>
        Array.from({ length: weightOf(i) }, (): Shard[] => [[i, i + 1]]),
      ).flat()
      const repeated = openModel(backend, network, loss).gradient(times)
      const largest = Math.max(...repeated.gradient.map(Math.abs))
      expect(worstDifference(weighted.gradient, repeated.gradient).error / largest).toBeLessThan(
        bound,
      )
      const [tally, expected] = [weighted.tallies[0]!, repeated.tallies[0]!]
      expect(tally[Tally.weight]).toBe(times.length)
      expect(Math.abs(tally[Tally.loss]! / expected[Tally.loss]! - 1)).toBeLessThan(bound)
    }
  })

  it('inputs are multiplied by the scale as they are read; where preprocessing has done so already, no more', () => {
    const layers = [dense(6, 'tanh'), dense(3)]
    const outputs = (network: Omit<Network, 'layers'>, input = noise): number[] =>
      openModel(backend, { ...network, layers }, 'huber', { input }).outputs()
    const expected = outputs({ inputs: 5 })
    expect(outputs({ inputs: 5, scale: 0.25 }, (i, j) => 4 * noise(i, j))).toEqual(expected)
    expect(outputs({ inputs: 5, scale: 0.25 })).not.toEqual(expected)
    const preprocessing = [standardize(inputsOf(5), 5)]
    expect(outputs({ inputs: 5, scale: 0.25, preprocessing })).toEqual(expected)
  })
})

it('memory: as much as each use takes, slopes only of silu and gelu, gradients for the layers before only where there are any, and nothing twice', () => {
  interface Places {
    inputs: ByteOffset
    targets: ByteOffset
    sampleWeights: ByteOffset
    dOutputs: ByteOffset
    temporary: ByteOffset
    layers: Record<string, ByteOffset>[]
  }
  const layers = [dropout(0.1), dense(7, 'silu'), dense(20, 'gelu'), dropout(0), dense(3)]
  const network: Network = { inputs: 5, layers }
  const description: LayeredDescription = { kind: 'layers', network, loss: 'huber' }
  const { claims, sizeOf } = openClaims(ROWS, {
    preparedElements: (inputs, outputs) => 100 * inputs + outputs,
    productElements: ({ parts, rows, inputs, outputs }) =>
      parts * rows * (inputs > 7 ? 1 : 1000) + outputs,
  })
  const shared = layeredKind.claimShared(description, claims) as Places['layers']
  expect(shared.map((places) => Object.values(places).map(sizeOf))).toEqual([
    [],
    [507],
    [720],
    [],
    [2003],
  ])
  const scratch = layeredKind.claimScratch(description, claims) as Places
  const { dOutputs, inputs, sampleWeights, targets, temporary } = scratch
  const ofRows = [inputs, targets, sampleWeights, dOutputs]
  expect(ofRows.map(sizeOf)).toEqual([ROWS * 8, ROWS * 8, ROWS * 8, ROWS * 8])
  expect(sizeOf(temporary)).toBe(ROWS * 1000 + 20)
  const ofLayers = scratch.layers.map((places) =>
    Object.fromEntries(Object.entries(places).filter(([, place]) => sizeOf(place))),
  )
  const widths = ofLayers.map((places) =>
    Object.fromEntries(Object.entries(places).map(([what, at]) => [what, sizeOf(at)! / ROWS])),
  )
  expect(widths).toEqual([
    { kept: 8 },
    { z: 8, slopes: 8 },
    { z: 24, slopes: 24, dX: 8 },
    {},
    { z: 8, dX: 24 },
  ])
  const all = [...ofRows, temporary, ...ofLayers.flatMap((places) => Object.values(places))]
  expect(new Set(all).size).toBe(all.length)
})
