import type { BlockShape } from '../../../dist/shared/arena/parts.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type ArenaLayout,
  type ArenaNeeds,
  createArena,
  planArena,
} from '../../../dist/shared/arena/arena.js'
import { bytesPerElement } from '../../../dist/shared/arena/element-types.js'
import { parameterLayout } from '../../../dist/shared/arena/parameter-layout.js'
import { CONTROL_BYTES } from '../../../dist/shared/arena/control.js'
import { ArenaError } from '../../../dist/shared/errors.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { piecesOf } from '../../../dist/shared/arena/pieces.js'
import { partStart } from '../../../dist/shared/batches/shards.js'

const needs: ArenaNeeds = {
  network: { inputs: 5, layers: [dense(7, 'silu', { dropout: 0.5 }), dense(3)] },
  dtype: 'float32',
  stateElements: 1,
  workers: 3,
  shards: 4,
  batchSize: 100,
  training: { count: 1000, inputs: 'uint8', targets: 'labels', weighted: true },
  validation: { count: 10, inputs: 'float32', targets: 'float32', weighted: false },
  tallyFields: 3,
  gradient: true,
  predicts: false,
  preparedElements: (inputs, outputs) => inputs * outputs,
  productElements: ({ parts, rows, outputs }) => parts * rows * outputs,
  timeline: true,
}

it('areas are in order, apart and on lines of 128 bytes', () => {
  const layout = planArena(needs)
  const offsets = [
    ...layout.versions.flatMap(({ header, parameters, state }) => [header, parameters, state]),
    layout.clock,
    ...layout.sums,
    layout.stepSums,
    layout.epochRecords,
    layout.tallyRecords,
    layout.squareRecords,
    layout.gradientSquareRecords,
    layout.gradient!,
    layout.slots,
    ...layout.prepared,
    ...layout.scratch.flatMap((s) => [
      s.rowNumbers,
      s.partRows,
      ...s.activations,
      s.slopes[0]!,
      s.dropped[0]!,
      ...s.deltas,
      s.targets,
      s.rowWeights,
      s.product,
      s.chunk,
      s.timeline!,
    ]),
    layout.training!.inputs.offset,
    layout.training!.targets!.offset,
    layout.training!.sampleWeights!.offset,
    layout.validation!.inputs.offset,
    layout.validation!.targets!.offset,
  ]
  expect(offsets.every((offset) => offset % 128 === 0)).toBe(true)
  expect(offsets.every((offset, i) => i === 0 || offset > offsets[i - 1]!)).toBe(true)
  expect(layout.bytes).toBeGreaterThan(offsets.at(-1)!)
  expect(layout.slotBytes).toBeGreaterThanOrEqual(layout.parameters.elements * 4)
})

it('what stays between jobs lies in front, wherever the rest goes', () => {
  const [small, large] = [
    planArena(needs),
    planArena({
      ...needs,
      shards: 64,
      workers: 1,
      batchSize: 9000,
      training: { count: 9000, inputs: 'float32', targets: 'float32', weighted: false },
    }),
  ]
  expect(large.versions).toEqual(small.versions)
  expect(large.clock).toBe(small.clock)
})

it('bytes stay bytes: 60,000 x 784 uint8 examples take 47 MB', () => {
  const network = { inputs: 784, layers: [dense(128), dense(10)] }
  const layout = planArena({
    ...needs,
    network,
    batchSize: 128,
    shards: 8,
    training: { count: 60_000, inputs: 'uint8', targets: 'labels', weighted: false },
    validation: undefined,
  })
  expect(layout.training!.targets!.offset - layout.training!.inputs.offset).toBe(60_000 * 784)
  expect(layout.bytes).toBeLessThan(60e6)
})

it('a job that does not fit says how many bytes it needs, and what for', () => {
  const plan = (): unknown =>
    planArena({
      ...needs,
      timeline: false,
      training: { count: 1e9, inputs: 'float32', targets: 'labels', weighted: false },
    })
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

interface Area {
  what: string
  offset: number
  bytes: number
}

/**
 * Every area of an arena, with the bytes that its use takes, worked out from the job and not from
 * the plan.
 */
function areasOf(job: ArenaNeeds, layout: ArenaLayout): Area[] {
  const size = bytesPerElement[job.dtype]
  const padded = (n: number): number => n + ((8 - (n % 8)) % 8)
  const widths = [job.network.inputs, ...job.network.layers.map((layer) => layer.units)]
  const pairs = job.network.layers.map((layer, l) => ({ inputs: widths[l]!, outputs: layer.units }))
  const weights = pairs.reduce(
    (sum, { inputs, outputs }) => sum + padded(inputs) * padded(outputs),
    0,
  )
  const parameters = (weights + pairs.reduce((sum, { outputs }) => sum + padded(outputs), 0)) * size
  const counts = [job.training?.count ?? 0, job.validation?.count ?? 0]
  const shardRows = Array.from(
    { length: job.shards },
    (_, i) => partStart(job.batchSize, job.shards, i + 1) - partStart(job.batchSize, job.shards, i),
  )
  expect(layout.partStride).toBeGreaterThanOrEqual(Math.min(256, Math.max(...shardRows)))
  const evaluated = job.batchSize > 0 ? counts[1]! : counts[0]!
  const rows = Math.max(
    layout.parts * layout.partStride,
    4 * Math.ceil(Math.min(256, evaluated) / 4),
  )
  const blocks = [...shardRows, counts[1]!].reduce((sum, each) => sum + Math.ceil(each / 256), 0)
  const widest = Math.max(...widths.map(padded))
  const examples = (
    what: string,
    part: ArenaNeeds['training'],
    at: ArenaLayout['training'],
  ): Area[] =>
    part && at
      ? [
          {
            what: `${what} inputs`,
            offset: at.inputs.offset,
            bytes: part.count * job.network.inputs * bytesPerElement[part.inputs],
          },
          ...(part.targets && at.targets
            ? [
                {
                  what: `${what} targets`,
                  offset: at.targets.offset,
                  bytes:
                    part.count *
                    (part.targets === 'labels' ? 1 : widths.at(-1)!) *
                    bytesPerElement[part.targets],
                },
              ]
            : []),
        ]
      : []
  return [
    { what: 'control words', offset: 0, bytes: CONTROL_BYTES },
    ...layout.versions.flatMap((version, i) => [
      { what: `header ${i}`, offset: version.header, bytes: 16 * 8 },
      { what: `parameters ${i}`, offset: version.parameters, bytes: parameters },
      { what: `state ${i}`, offset: version.state, bytes: job.stateElements * parameters },
    ]),
    { what: 'clock', offset: layout.clock, bytes: 3 * 8 },
    {
      what: 'epoch records',
      offset: layout.epochRecords,
      bytes: layout.epochRecordCount * (1 + 2 * job.tallyFields) * 8,
    },
    ...layout.sums.map((offset, i) => ({ what: `sums ${i}`, offset, bytes: job.tallyFields * 8 })),
    { what: 'sums of the step', offset: layout.stepSums, bytes: job.tallyFields * 8 },
    {
      what: 'tally records',
      offset: layout.tallyRecords,
      bytes:
        Math.max(job.shards, ...counts.map((count) => Math.ceil(count / 256))) *
        job.tallyFields *
        8,
    },
    {
      what: 'square records',
      offset: layout.squareRecords,
      bytes: piecesOf(layout.parameters).filter(({ kind }) => kind === 'weights').length * 8,
    },
    ...(layout.gradient === undefined
      ? []
      : [
          {
            what: 'squares of the gradient',
            offset: layout.gradientSquareRecords,
            bytes: piecesOf(layout.parameters).length * 8,
          },
          { what: 'gradient', offset: layout.gradient, bytes: parameters },
        ]),
    ...layout.prepared.map((offset, l) => ({
      what: `prepared ${l}`,
      offset,
      bytes: job.preparedElements(pairs[l]!.inputs, pairs[l]!.outputs) * size,
    })),
    ...Array.from({ length: layout.slotCount }, (_, slot) => ({
      what: `slot ${slot}`,
      offset: layout.slots + slot * layout.slotBytes,
      bytes: parameters,
    })),
    ...layout.scratch.flatMap((scratch, worker) => [
      { what: `row numbers ${worker}`, offset: scratch.rowNumbers, bytes: rows * 4 },
      { what: `part rows ${worker}`, offset: scratch.partRows, bytes: 64 * 4 },
      ...scratch.activations.map((offset, l) => ({
        what: `activations ${worker}.${l}`,
        offset,
        bytes: rows * padded(widths[l]!) * size,
      })),
      ...job.network.layers.flatMap(({ activation, dropout, units }, l) => [
        ...(['silu', 'gelu'].includes(activation)
          ? [
              {
                what: `slopes ${worker}.${l}`,
                offset: scratch.slopes[l]!,
                bytes: rows * padded(units) * size,
              },
            ]
          : []),
        ...(dropout === 0.5
          ? [
              {
                what: `dropped ${worker}.${l}`,
                offset: scratch.dropped[l]!,
                bytes: rows * padded(units) * size,
              },
            ]
          : []),
      ]),
      ...scratch.deltas.map((offset, l) => ({
        what: `deltas ${worker}.${l}`,
        offset,
        bytes: rows * widest * size,
      })),
      {
        what: `targets ${worker}`,
        offset: scratch.targets,
        bytes: rows * padded(widths.at(-1)!) * size,
      },
      {
        what: `row weights ${worker}`,
        offset: scratch.rowWeights,
        bytes: job.training?.weighted || job.validation?.weighted ? rows * 8 * size : 0,
      },
      ...pairs
        .map(({ inputs, outputs }, l) => ({
          what: `product ${worker}.${l}`,
          offset: scratch.product,
          bytes:
            job.productElements({ parts: layout.parts, rows: layout.partStride, inputs, outputs }) *
            size,
        }))
        .sort((one, other) => other.bytes - one.bytes)
        .slice(0, 1),
      { what: `chunk ${worker}`, offset: scratch.chunk, bytes: 1024 * size },
      ...scratch.partials.map((offset, depth) => ({
        what: `partial ${worker}.${depth}`,
        offset,
        bytes: parameters,
      })),
      // 16384 spans, and what one more step may add: 3 for each block, a sum for each shard, its
      // meetings.
      ...(scratch.timeline === undefined
        ? []
        : [
            {
              what: `timeline ${worker}`,
              offset: scratch.timeline,
              bytes: (1 + 4 * (16_384 + 3 * blocks + job.shards + 8)) * 8,
            },
          ]),
    ]),
    ...examples('training', job.training, layout.training),
    ...examples('validation', job.validation, layout.validation),
    {
      what: 'outputs',
      offset: layout.outputs,
      bytes: job.predicts ? counts[0]! * widths.at(-1)! * size : 0,
    },
  ].filter((area) => area.bytes > 0)
}

const width = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 }))
const someLayer = fc
  .tuple(
    width,
    fc.constantFrom('relu', 'silu', 'gelu', 'softmax' as const),
    fc.constantFrom(undefined, 0, 0.5),
  )
  .map(([units, activation, dropout]) => ({ ...dense(units, activation), dropout }))
const someExamples = fc.record({
  count: fc.integer({ min: 1, max: 5000 }),
  inputs: fc.constantFrom('uint8', 'float32', 'float64'),
  targets: fc.constantFrom('labels', 'uint8', 'float32', 'float64', undefined),
  weighted: fc.boolean(),
} as const)
const jobs: fc.Arbitrary<ArenaNeeds> = fc
  .record<ArenaNeeds>({
    network: fc.record({
      inputs: width,
      layers: fc.array(someLayer, { minLength: 1, maxLength: 4 }),
    }),
    dtype: fc.constantFrom('float32', 'float64'),
    stateElements: fc.integer({ min: 0, max: 2 }),
    workers: fc.integer({ min: 1, max: 4 }),
    shards: fc.integer({ min: 0, max: 6 }).map((exponent) => 2 ** exponent),
    batchSize: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5000 })),
    training: fc.option(someExamples, { nil: undefined }),
    validation: fc.option(someExamples, { nil: undefined }),
    tallyFields: fc.constantFrom(3, 4, 107),
    gradient: fc.boolean(),
    predicts: fc.boolean(),
    preparedElements: fc.constantFrom(
      () => 0,
      (inputs: number, outputs: number) => inputs * outputs + 5,
    ),
    productElements: fc.constantFrom(
      () => 0,
      ({ parts, rows, inputs, outputs }: BlockShape) => parts * rows * (outputs + 7) + inputs,
    ),
    timeline: fc.boolean(),
  })
  .map((job) => ({ ...job, batchSize: Math.min(job.batchSize, job.training?.count ?? 0) }))

it('whatever the job: no two areas overlap, each begins on a line of 128 bytes, and all lie inside the arena', () => {
  let [grouped, sideBySide] = [0, 0]
  fc.assert(
    fc.property(jobs, (job) => {
      let layout: ArenaLayout
      try {
        layout = planArena(job)
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaError)
        return
      }
      const areas = areasOf(job, layout).sort((a, b) => a.offset - b.offset)
      areas.forEach(({ what, offset, bytes }, i) => {
        expect(offset % 128, `${what} at ${offset}`).toBe(0)
        const next = areas[i + 1]
        expect(
          offset + bytes,
          `end of ${what}, before ${next?.what ?? 'the end of the arena'}`,
        ).toBeLessThanOrEqual(next?.offset ?? layout.bytes)
      })
      if (job.batchSize === 0) return
      job.network.layers.forEach(({ activation, dropout }, l) => {
        expect(
          layout.scratch.every(
            ({ slopes }) =>
              (slopes[l] !== undefined) === (activation === 'silu' || activation === 'gelu'),
          ),
        ).toBe(true)
        expect(
          layout.scratch.every(({ dropped }) => (dropped[l] !== undefined) === (dropout === 0.5)),
        ).toBe(true)
      })
      expect(
        layout.scratch.every(({ timeline }) => (timeline !== undefined) === job.timeline),
      ).toBe(true)
      const perSlot = job.shards / layout.slotCount
      if (perSlot > 1) grouped++
      if (layout.parts > 1) sideBySide++
      expect(
        layout.scratch.every(
          ({ partials }) => partials.length === Math.log2(perSlot / layout.parts),
        ),
      ).toBe(true)
    }),
    { seed: 2, numRuns: 300 },
  )
  expect(grouped, 'jobs with several shards a slot').toBeGreaterThan(20)
  expect(sideBySide, 'jobs with several shards side by side').toBeGreaterThan(20)
})

it('what depends on network and backend alone stays where it is for every job', () => {
  fc.assert(
    fc.property(jobs, jobs, (one, other) => {
      const { network, dtype, stateElements } = one
      const small = {
        ...other,
        network,
        dtype,
        stateElements,
        shards: 1,
        batchSize: 1,
        training: undefined,
        validation: undefined,
        predicts: false,
      }
      try {
        const [first, second] = [planArena(one), planArena(small)]
        expect(second.versions).toEqual(first.versions)
        expect(second.clock).toBe(first.clock)
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaError)
      }
    }),
    { seed: 3, numRuns: 100 },
  )
})

it('a memory beyond 4 GiB is an ArenaError with its bytes and the cause; a smaller one is shared and holds them', () => {
  const bytes = 2 ** 40
  expect.assertions(5)
  try {
    createArena(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(ArenaError)
    expect((error as ArenaError).bytes).toBe(bytes)
    expect((error as ArenaError).cause).toBeInstanceOf(Error)
  }
  const { buffer } = createArena(65_537)
  expect(buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(buffer.byteLength).toBeGreaterThanOrEqual(65_537)
})
