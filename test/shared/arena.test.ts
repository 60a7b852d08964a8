import { expect, it } from 'vitest'
import { type ArenaNeeds, chunkRange, parameterLayout, planArena } from '../../src/shared/arena.js'
import { ArenaError } from '../../src/shared/errors.js'
import { dense } from '../../src/shared/network.js'

const needs: ArenaNeeds = {
  network: { inputs: 5, layers: [dense(7), dense(3)] }, scalar: 'float32', stateElements: 1, workers: 3, shards: 4, batchSize: 100,
  training: { count: 1000, inputs: 'uint8', targets: 'labels' }, validation: { count: 10, inputs: 'float32', targets: 'float32' },
  predicts: false, preparedElements: (inputs, outputs) => inputs * outputs,
}

it('areas are in order, apart and on lines of 128 bytes', () => {
  const layout = planArena(needs)
  const offsets = [
    ...layout.versions.flatMap(({ header, parameters, state }) => [header, parameters, state]),
    layout.clock, layout.epochRecords, layout.lossRecords, layout.squareRecords, layout.slots,
    ...layout.scratch.flatMap((s) => [s.rowNumbers, ...s.activations, ...s.deltas, s.targets, ...s.prepared, s.product, s.chunk]),
    layout.training!.inputs.offset, layout.training!.targets!.offset, layout.validation!.inputs.offset, layout.validation!.targets!.offset,
  ]
  expect(offsets.every((offset) => offset % 128 === 0)).toBe(true)
  expect(offsets.every((offset, i) => i === 0 || offset > offsets[i - 1]!)).toBe(true)
  expect(layout.bytes).toBeGreaterThan(offsets.at(-1)!)
  expect(layout.slotBytes).toBeGreaterThanOrEqual(layout.parameters.elements * 4)
})

it('what stays between jobs lies in front, wherever the rest goes', () => {
  const [small, large] = [planArena(needs), planArena({ ...needs, shards: 64, workers: 1, batchSize: 9000, training: { count: 9000, inputs: 'float32', targets: 'float32' } })]
  expect(large.versions).toEqual(small.versions)
  expect(large.clock).toBe(small.clock)
})

it('bytes stay bytes: 60,000 x 784 uint8 examples take 47 MB', () => {
  const network = { inputs: 784, layers: [dense(128), dense(10)] }
  const layout = planArena({ ...needs, network, batchSize: 128, shards: 8, training: { count: 60_000, inputs: 'uint8', targets: 'labels' }, validation: undefined })
  expect(layout.training!.targets!.offset - layout.training!.inputs.offset).toBe(60_000 * 784)
  expect(layout.bytes).toBeLessThan(60e6)
})

it('a job that does not fit says how many bytes it needs, and what for', () => {
  const plan = (): unknown => planArena({ ...needs, training: { count: 1e9, inputs: 'float32', targets: 'labels' } })
  expect(plan).toThrow(ArenaError)
  expect(plan).toThrow(/needs 240\d{8} bytes \(240\d{8} for examples, .*holds at most 4294967296/)
})

it('parameters: all weights, then all biases, padded to whole vectors', () => {
  const { layers, weights, elements } = parameterLayout(needs.network)
  expect(weights).toBe(8 * 8 + 8 * 8)
  expect(elements).toBe(weights + 8 + 8)
  expect(layers.map((layer) => layer.weights)).toEqual([0, 64])
  expect(layers.map((layer) => layer.biases)).toEqual([weights, weights + 8])
})

it('the workers\' chunks cover the parameters once', () => {
  for (const workers of [1, 2, 3, 7]) {
    const ranges = Array.from({ length: workers }, (_, worker) => chunkRange(5000, workers, worker))
    expect(ranges[0]!.first).toBe(0)
    expect(ranges.at(-1)!.end).toBe(5)
    for (let i = 1; i < workers; i++) expect(ranges[i]!.first).toBe(ranges[i - 1]!.end)
  }
})
