import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type ArenaLayout,
  type ArenaNeeds,
  createArena,
  epochRecordFields,
  planArena,
} from '../../../dist/shared/arena/arena.js'
import type { KernelMemory, ModelNeeds } from '../../../dist/shared/arena/claims.js'
import { CONTROL_BYTES } from '../../../dist/shared/arena/control.js'
import type { ByteOffset } from '../../../dist/shared/arena/offsets.js'
import { bytesPerElement } from '../../../dist/shared/arena/element-types.js'
import type { Tensor } from '../../../dist/shared/arena/parameter-layout.js'
import {
  STRETCH,
  piecesOf,
  shareOf,
  stretchOf,
  stretchesOf,
} from '../../../dist/shared/arena/pieces.js'
import { shardStart, unitsPerShard } from '../../../dist/shared/batches/shards.js'
import { ArenaError } from '../../../dist/shared/errors.js'
import { needsOfModel } from '../../../dist/shared/model/kinds.js'
import { dense } from '../../../dist/shared/model/layers/dense.js'
import { dropout } from '../../../dist/shared/model/layers/dropout.js'
import type { LayerDescription } from '../../../dist/shared/model/layers/kinds.js'
import type { Network } from '../../../dist/shared/model/network.js'
import { type Area, recordClaims, roundUp } from '../model/support.js'

const modelOf = (network: Network): ModelNeeds =>
  needsOfModel({ kind: 'layers', network, loss: 'huber' })

const needs: ArenaNeeds = {
  model: modelOf({ inputs: 5, layers: [dense(7, 'silu'), dropout(0.5), dense(3)] }),
  kernels: {
    preparedElements: (inputs, outputs) => inputs * outputs,
    productElements: ({ parts, rows, outputs }) => parts * rows * outputs,
  },
  dtype: 'float32',
  stateElements: 1,
  workers: 3,
  shards: 4,
  slots: 4,
  teamSize: 1,
  batchSize: 100,
  training: {
    count: 1000,
    inputs: 'uint8',
    targets: 'labels',
    weighted: true,
    keepsOutputs: false,
  },
  validation: {
    count: 10,
    inputs: 'float32',
    targets: 'float32',
    weighted: false,
    keepsOutputs: false,
  },
  tallyFields: 3,
  gradient: true,
  timeline: true,
}

it('areas are in order, apart and on lines of 128 bytes', () => {
  const { model, areasOf } = recordClaims(needs.model)
  const layout = planArena({ ...needs, model })
  const claimed = areasOf(0, 'float32')
  const [shared, own] = ['shared', 'scratch'].map((use) =>
    claimed.filter(({ what }) => what.startsWith(use)).map(({ offset }) => offset),
  ) as [number[], number[]]
  // Prepared weights of both dense layers; inputs, z and slopes of the first, what the dropout
  // keeps, z and the gradient that the second passes back, that of the outputs, targets, weights
  // and the product.
  expect(shared.length).toBe(2)
  expect(own.length).toBe(needs.workers * 10)
  const { records } = layout
  const offsets = [
    ...layout.versions.flatMap(({ header, parameters, state }) => [header, parameters, state]),
    records.clock,
    ...records.sums,
    records.stepSums,
    records.epochs,
    records.tallies,
    records.squares,
    records.gradientSquares,
    layout.gradient!,
    layout.slots.first,
    ...shared,
    ...layout.scratch.flatMap(({ rowNumbers, partRows, chunk, timeline }, worker) => [
      rowNumbers,
      partRows,
      ...own.slice(10 * worker, 10 * worker + 10),
      chunk,
      timeline!,
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
  expect(layout.slots.bytes).toBeGreaterThanOrEqual(layout.parameters.elements * 4)
})

it('what stays between jobs lies in front, wherever the rest goes', () => {
  const [small, large] = [
    planArena(needs),
    planArena({
      ...needs,
      shards: 64,
      slots: 1,
      workers: 1,
      batchSize: 9000,
      training: {
        count: 9000,
        inputs: 'float32',
        targets: 'float32',
        weighted: false,
        keepsOutputs: false,
      },
    }),
  ]
  expect(large.versions).toEqual(small.versions)
  expect(large.records.clock).toBe(small.records.clock)
})

it('bytes stay bytes: 60,000 x 784 uint8 examples take 47 MB', () => {
  const layout = planArena({
    ...needs,
    model: modelOf({ inputs: 784, layers: [dense(128), dense(10)] }),
    batchSize: 128,
    shards: 8,
    slots: 8,
    training: {
      count: 60_000,
      inputs: 'uint8',
      targets: 'labels',
      weighted: false,
      keepsOutputs: false,
    },
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
      training: {
        count: 1e9,
        inputs: 'float32',
        targets: 'labels',
        weighted: false,
        keepsOutputs: false,
      },
    })
  expect(plan).toThrow(ArenaError)
  expect(plan).toThrow(/needs 240\d{8} bytes \(240\d{8} for examples, .*holds at most 4294967296/)
})

it('what a model claims counts as prepared weights where all workers share it, and as scratch where each has its own', () => {
  const GIB = 2 ** 30
  const plan = (): unknown =>
    planArena({
      ...needs,
      model: {
        ...needs.model,
        claimShared: ({ elements }) => elements(GIB),
        claimScratch: ({ elements }) => elements(GIB),
      },
    })
  const shared = 4 * GIB
  expect(plan).toThrow(
    new RegExp(`\\(12\\d{9} for scratch of the workers, ${shared} for prepared weights, `),
  )
})

it('what a model has claimed is in the plan as the model gave it: once for all workers, once for each', () => {
  let claims = 0
  const layout = planArena({
    ...needs,
    model: {
      ...needs.model,
      claimShared: () => 'everyone',
      claimScratch: () => ({ worker: claims++ }),
    },
  })
  expect(layout.model).toBe('everyone')
  expect(layout.scratch.map(({ model }) => model)).toEqual([
    { worker: 0 },
    { worker: 1 },
    { worker: 2 },
  ])
})

const padded = (n: number): number => roundUp(n, 8)

/** Rows of a block that is only evaluated. */
function evaluatedRowsOf({ batchSize, training, validation }: ArenaNeeds): number {
  const evaluated = (batchSize > 0 ? validation?.count : training?.count) ?? 0
  return roundUp(Math.min(256, evaluated), 4)
}

/** Rows of the largest block, worked out from the job and not from the plan. */
function blockRowsOf(job: ArenaNeeds, { slots }: ArenaLayout): number {
  return Math.max(slots.parts * slots.partStride, evaluatedRowsOf(job))
}

/** Rows of a matrix: of a worker's own block, or of all shards and of what each evaluates. */
function matrixRowsOf(job: ArenaNeeds, layout: ArenaLayout): number {
  if (job.teamSize === 1) return blockRowsOf(job, layout)
  const shardRows = roundUp(Math.max(...shardRowsOf(job)), 4)
  return Math.max(job.shards * shardRows, job.workers * evaluatedRowsOf(job))
}

/** Rows of each shard of a whole batch. */
function shardRowsOf({ batchSize, shards }: ArenaNeeds): number[] {
  return Array.from(
    { length: shards },
    (_, i) => shardStart(batchSize, shards, i + 1) - shardStart(batchSize, shards, i),
  )
}

/**
 * Every area of an arena beside those that the model claims, with the bytes that its use takes,
 * worked out from the job and not from the plan.
 */
function areasOf(job: ArenaNeeds, layout: ArenaLayout): Area[] {
  const size = bytesPerElement[job.dtype]
  const elements = job.model.tensors.reduce(
    (sum, { list, rows, columns }) =>
      sum + (list === 'weights' ? padded(rows) : 1) * padded(columns),
    0,
  )
  const parameters = elements * size
  const counts = [job.training?.count ?? 0, job.validation?.count ?? 0]
  const rows = blockRowsOf(job, layout)
  const units = job.shards * unitsPerShard(job.batchSize, job.shards)
  const sums = job.batchSize > 0 ? job.shards : 0
  const evaluated = Math.ceil(counts[job.batchSize > 0 ? 1 : 0]! / 256)
  const { records } = layout
  const { sliceRows } = layout.slots
  /** Of the parameters, what a worker computes the gradient of. */
  const shareElements = (worker: number): number => {
    const share = shareOf(layout.parameters, sliceRows, job.teamSize, worker % job.teamSize)
    const stretches = layout.slots.fused
      ? stretchesOf(layout.parameters, sliceRows, share, STRETCH)
      : [stretchOf(layout.parameters, share)]
    return Math.max(0, ...stretches.map(({ elements }) => elements))
  }
  const examples = (
    what: string,
    part: ArenaNeeds['training'],
    at: ArenaLayout['training'],
  ): Area[] => {
    if (!part) return []
    const { count, inputs, keepsOutputs, targets, weighted } = part
    const columns = targets === 'labels' ? 1 : job.model.outputs
    return [
      {
        what: `${what} inputs`,
        offset: at!.inputs.offset,
        bytes: count * job.model.inputs * bytesPerElement[inputs],
      },
      ...(targets
        ? [
            {
              what: `${what} targets`,
              offset: at!.targets!.offset,
              bytes: count * columns * bytesPerElement[targets],
            },
          ]
        : []),
      ...(weighted
        ? [{ what: `${what} weights`, offset: at!.sampleWeights!.offset, bytes: count * size }]
        : []),
      ...(keepsOutputs
        ? [
            {
              what: `${what} outputs`,
              offset: at!.outputs!,
              bytes: count * job.model.outputs * size,
            },
          ]
        : []),
    ]
  }
  return [
    { what: 'control words', offset: 0, bytes: CONTROL_BYTES },
    ...layout.versions.flatMap((version, i) => [
      { what: `header ${i}`, offset: version.header, bytes: 16 * 8 },
      { what: `parameters ${i}`, offset: version.parameters, bytes: parameters },
      { what: `state ${i}`, offset: version.state, bytes: job.stateElements * parameters },
    ]),
    { what: 'clock', offset: records.clock, bytes: 3 * 8 },
    {
      what: 'epoch records',
      offset: records.epochs,
      bytes: records.epochCount * (1 + 2 * job.tallyFields) * 8,
    },
    ...records.sums.map((offset, i) => ({ what: `sums ${i}`, offset, bytes: job.tallyFields * 8 })),
    { what: 'sums of the step', offset: records.stepSums, bytes: job.tallyFields * 8 },
    {
      what: 'tally records',
      offset: records.tallies,
      bytes:
        Math.max(units, ...counts.map((count) => Math.ceil(count / 256))) * job.tallyFields * 8,
    },
    {
      what: 'square records',
      offset: records.squares,
      bytes: piecesOf(layout.parameters).filter(({ regularized }) => regularized).length * 8,
    },
    ...(layout.gradient === undefined
      ? []
      : [
          {
            what: 'squares of the gradient',
            offset: records.gradientSquares,
            bytes: piecesOf(layout.parameters).length * 8,
          },
          { what: 'gradient', offset: layout.gradient, bytes: parameters },
        ]),
    ...Array.from({ length: layout.slots.fused ? 0 : layout.slots.count }, (_, slot) => ({
      what: `slot ${slot}`,
      offset: layout.slots.first + slot * layout.slots.bytes,
      bytes: parameters,
    })),
    ...layout.scratch.flatMap((scratch, worker) => [
      { what: `row numbers ${worker}`, offset: scratch.rowNumbers, bytes: rows * 4 },
      { what: `part rows ${worker}`, offset: scratch.partRows, bytes: 64 * 4 },
      { what: `chunk ${worker}`, offset: scratch.chunk, bytes: 1024 * size },
      {
        what: `stretch ${worker}`,
        offset: scratch.stretch,
        bytes: layout.slots.fused ? shareElements(worker) * size : 0,
      },
      ...scratch.partials.map((offset, depth) => ({
        what: `partial ${worker}.${depth}`,
        offset,
        bytes: shareElements(worker) * size,
      })),
      // 16384 spans, and what one more step may add: 3 for each unit, a sum for each shard, 2 for
      // each block of its validation, its meetings.
      ...(scratch.timeline === undefined
        ? []
        : [
            {
              what: `timeline ${worker}`,
              offset: scratch.timeline,
              bytes: (1 + 4 * (16_384 + 3 * units + sums + 2 * evaluated + 8)) * 8,
            },
          ]),
    ]),
    ...examples('training', job.training, layout.training),
    ...examples('validation', job.validation, layout.validation),
  ]
}

const width = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 }))
const someNetwork: fc.Arbitrary<ModelNeeds> = fc
  .record({
    inputs: width,
    layers: fc
      .array(
        fc.tuple(
          width,
          fc.constantFrom('relu', 'silu', 'gelu', 'softmax' as const),
          fc.constantFrom(undefined, 0, 0.5),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map((layers) =>
        layers.flatMap(([units, activation, rate]): LayerDescription[] => [
          ...(rate === undefined ? [] : [dropout(rate)]),
          dense(units, activation),
        ]),
      ),
  })
  .map(modelOf)

/** What a stand-in claims: some elements, or a matrix of some columns. */
const someClaims = fc.array(
  fc.record({ elements: fc.integer({ min: 0, max: 9000 }), columns: fc.option(width) }),
  { maxLength: 5 },
)
/** A model that has whatever tensors and claims whatever it likes. */
const someStandIn: fc.Arbitrary<ModelNeeds> = fc
  .record({
    inputs: width,
    outputs: width,
    shapes: fc.array(fc.tuple(width, width), { minLength: 1, maxLength: 4 }),
    shared: someClaims,
    own: someClaims,
  })
  .map(({ inputs, outputs, shapes, shared, own }): ModelNeeds => {
    const claim =
      (list: typeof shared): ModelNeeds['claimShared'] =>
      ({ elements, matrix }) =>
        list.map((one) => (one.columns === null ? elements(one.elements) : matrix(one.columns)))
    return {
      inputs,
      outputs,
      tensors: shapes.flatMap(([rows, columns], layer): Tensor[] => {
        const fans = { inputs: rows, outputs: columns }
        const rest = { layer, columns, fans, initializer: 'he' } as const
        return [
          { ...rest, list: 'weights', rows, regularized: true },
          { ...rest, list: 'biases', rows: 1, regularized: false },
        ]
      }),
      claimShared: claim(shared),
      claimScratch: claim(own),
    }
  })

const someExamples = fc.record({
  count: fc.integer({ min: 1, max: 5000 }),
  inputs: fc.constantFrom('uint8', 'float32', 'float64'),
  targets: fc.constantFrom('labels', 'uint8', 'float32', 'float64', undefined),
  weighted: fc.boolean(),
  keepsOutputs: fc.boolean(),
} as const)
const jobs: fc.Arbitrary<ArenaNeeds> = fc
  .record({
    model: fc.oneof(someNetwork, someStandIn),
    kernels: fc.record<KernelMemory>({
      preparedElements: fc.constantFrom(
        () => 0,
        (inputs: number, outputs: number) => inputs * outputs + 5,
      ),
      productElements: fc.constantFrom<KernelMemory['productElements'][]>(
        () => 0,
        ({ parts, rows, inputs, outputs }) => parts * rows * (outputs + 7) + inputs,
      ),
    }),
    dtype: fc.constantFrom('float32', 'float64'),
    stateElements: fc.integer({ min: 0, max: 2 }),
    workers: fc.integer({ min: 1, max: 4 }),
    teamSize: fc.constantFrom(1, 1, 2, 3, 5),
    shards: fc.integer({ min: 0, max: 6 }).map((exponent) => 2 ** exponent),
    slots: fc.integer({ min: 0, max: 6 }).map((exponent) => 2 ** exponent),
    batchSize: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5000 })),
    training: fc.option(someExamples, { nil: undefined }),
    validation: fc.option(someExamples, { nil: undefined }),
    tallyFields: fc.constantFrom(3, 4, 107),
    gradient: fc.boolean(),
    timeline: fc.boolean(),
  })
  .map((job): ArenaNeeds => {
    const batchSize = Math.min(job.batchSize, job.training?.count ?? 0)
    const teamSize = batchSize > 0 ? job.teamSize : 1
    const slots = Math.min(job.slots, job.shards, teamSize > 1 ? 4 : 64)
    return {
      ...job,
      batchSize,
      teamSize,
      slots,
      workers: teamSize > 1 ? teamSize * slots : job.workers,
    }
  })

it('whatever the job: no two areas overlap, each begins on a line of 128 bytes, and all lie inside the arena', () => {
  let [grouped, sideBySide, inTeams, fused, tooLarge] = [0, 0, 0, 0, 0]
  fc.assert(
    fc.property(jobs, (job) => {
      const recorded = recordClaims(job.model)
      let layout: ArenaLayout
      try {
        layout = planArena({ ...job, model: recorded.model })
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaError)
        tooLarge++
        return
      }
      const { slots } = layout
      const claimed = [
        ...recorded.areasOf(blockRowsOf(job, layout), job.dtype).filter(isShared),
        ...recorded.areasOf(matrixRowsOf(job, layout), job.dtype).filter((area) => !isShared(area)),
      ]
      const areas = [...areasOf(job, layout), ...(job.teamSize > 1 ? once(claimed) : claimed)]
        .filter(({ bytes }) => bytes > 0)
        .sort((a, b) => a.offset - b.offset)
      areas.forEach(({ what, offset, bytes }, i) => {
        expect(offset % 128, `${what} at ${offset}`).toBe(0)
        const next = areas[i + 1]
        expect(
          offset + bytes,
          `end of ${what}, before ${next?.what ?? 'the end of the arena'}`,
        ).toBeLessThanOrEqual(next?.offset ?? layout.bytes)
      })
      for (const { kernels, parts, partStride, sliceRows } of recorded.given) {
        expect({ kernels, parts, partStride, sliceRows }).toEqual({
          kernels: job.kernels,
          parts: slots.parts,
          partStride: slots.partStride,
          sliceRows: slots.sliceRows,
        })
      }
      expect(recorded.given.length).toBe(1 + job.workers)
      if (job.batchSize === 0) return
      expect([slots.count, slots.teamSize]).toEqual([job.slots, job.teamSize])
      expect(slots.fused).toBe(job.teamSize > 1 && job.slots === 1 && !job.gradient)
      if (slots.fused) fused++
      expect(slots.partStride).toBeGreaterThanOrEqual(Math.min(256, Math.max(...shardRowsOf(job))))
      expect(
        layout.scratch.every(({ timeline }) => (timeline !== undefined) === job.timeline),
      ).toBe(true)
      const perSlot = job.shards / slots.count
      if (perSlot > 1) grouped++
      if (slots.parts > 1) sideBySide++
      if (job.teamSize > 1) inTeams++
      expect(
        layout.scratch.every(
          ({ partials }) => partials.length === Math.log2(perSlot / slots.parts),
        ),
      ).toBe(true)
    }),
    { seed: 2, numRuns: 300 },
  )
  expect(grouped, 'jobs with several shards a slot').toBeGreaterThan(20)
  expect(sideBySide, 'jobs with several shards side by side').toBeGreaterThan(20)
  expect(inTeams, 'jobs whose workers share slots').toBeGreaterThan(20)
  expect(fused, 'jobs whose workers update what they have computed').toBeGreaterThan(5)
  expect(tooLarge, 'jobs beyond the largest memory').toBeLessThan(60)
})

const isShared = ({ what }: Area): boolean => what.startsWith('shared')

/** Areas that are the same one, but once. */
function once(areas: Area[]): Area[] {
  return [...new Map(areas.map((area) => [area.offset, area])).values()]
}

/** The model's memory of each worker: what it has claimed as matrices, and what as elements. */
function claimsOfWorkers(job: ArenaNeeds): {
  layout: ArenaLayout
  workers: { matrices: ByteOffset[]; elements: ByteOffset[] }[]
} {
  const workers: { matrices: ByteOffset[]; elements: ByteOffset[] }[] = []
  const model: ModelNeeds = {
    ...job.model,
    claimScratch(claims) {
      const [matrices, elements]: ByteOffset[][] = [[], []]
      workers.push({ matrices: matrices!, elements: elements! })
      const note = (list: ByteOffset[], place: ByteOffset): ByteOffset => {
        list.push(place)
        return place
      }
      return job.model.claimScratch({
        ...claims,
        matrix: (columns) => note(matrices!, claims.matrix(columns)),
        elements: (count) => note(elements!, claims.elements(count)),
      })
    },
  }
  return { layout: planArena({ ...job, model }), workers }
}

const team: ArenaNeeds = { ...needs, workers: 6, slots: 2, teamSize: 3 }

it('matrices belong to all workers where slots are shared, and to each where not; anything else is its own', () => {
  for (const job of [needs, team]) {
    const { layout, workers } = claimsOfWorkers(job)
    const own = [
      ...workers.flatMap(({ elements }) => elements),
      ...layout.scratch.flatMap(({ rowNumbers, partRows, chunk, partials, timeline }) => [
        rowNumbers,
        partRows,
        chunk,
        ...partials,
        timeline!,
      ]),
    ]
    expect(new Set(own).size).toBe(own.length)
    const [first] = workers
    expect(workers.length).toBe(job.workers)
    expect(first!.matrices.length).toBe(9)
    const different = new Set(workers.flatMap(({ matrices }) => matrices)).size
    expect(different).toBe(job.teamSize > 1 ? 9 : 9 * job.workers)
    for (const { matrices } of workers.slice(1)) {
      if (job.teamSize > 1) expect(matrices).toEqual(first!.matrices)
      else expect(matrices.some((place) => first!.matrices.includes(place))).toBe(false)
    }
  }
})

it('workers that share matrices evaluate in rows of their own, all of them inside; others from row 0 of theirs', () => {
  fc.assert(
    fc.property(jobs, (job) => {
      const frugal = { ...job.model, claimShared: () => [], claimScratch: () => [] }
      let layout: ArenaLayout
      try {
        layout = planArena({ ...job, model: frugal })
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaError)
        return
      }
      const starts = layout.scratch.map(({ evaluationRow }) => evaluationRow)
      if (job.teamSize === 1) {
        expect(starts.every((row) => row === 0)).toBe(true)
        return
      }
      const rows = evaluatedRowsOf(job)
      starts.forEach((start, worker) => {
        if (worker > 0) expect(start).toBeGreaterThanOrEqual(starts[worker - 1]! + rows)
      })
      expect(starts.at(-1)! + rows).toBeLessThanOrEqual(matrixRowsOf(job, layout))
    }),
    { seed: 5, numRuns: 200 },
  )
})

it('units of a shard never reach the rows of the next, and the last shard ends inside the matrices', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 0, max: 6 }).map((exponent) => 2 ** exponent),
      (batchSize, shards) => {
        const training = { ...needs.training!, count: batchSize }
        const job = { ...team, shards, slots: 1, workers: 3, batchSize, training }
        const { slots } = planArena({ ...job, model: { ...job.model, claimScratch: () => [] } })
        const longest = Math.max(...shardRowsOf(job))
        expect(slots.shardStride % 4).toBe(0)
        expect(slots.shardStride).toBeGreaterThanOrEqual(longest)
        // A kernel may write up to the next multiple of 4 rows.
        for (let unit = 0; unit < slots.units; unit++) {
          const end = Math.min(longest, (unit + 1) * slots.unitRows)
          expect(roundUp(end, 4)).toBeLessThanOrEqual(slots.shardStride)
        }
      },
    ),
    { seed: 6 },
  )
})

it('what depends on model and backend alone stays where it is for every job', () => {
  fc.assert(
    fc.property(jobs, jobs, (one, other) => {
      const { model, dtype, stateElements } = one
      const small = {
        ...other,
        model,
        dtype,
        stateElements,
        workers: 1,
        shards: 1,
        slots: 1,
        teamSize: 1,
        batchSize: 1,
        training: undefined,
        validation: undefined,
      }
      try {
        const [first, second] = [planArena(one), planArena(small)]
        expect(second.versions).toEqual(first.versions)
        expect(second.parameters).toEqual(first.parameters)
        expect(second.records.clock).toBe(first.records.clock)
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaError)
      }
    }),
    { seed: 3, numRuns: 100 },
  )
})

it('what a model keeps plays no part in where the versions lie: one that claims nothing has them in the same place', () => {
  fc.assert(
    fc.property(jobs, (job) => {
      const frugal = { ...job.model, claimShared: () => [], claimScratch: () => [] }
      try {
        const layout = planArena({ ...job, model: frugal })
        const { versions, records, slots, bytes } = planArena(job)
        expect({ versions, records, slots }).toEqual({
          versions: layout.versions,
          records: layout.records,
          slots: layout.slots,
        })
        expect(bytes).toBeGreaterThanOrEqual(layout.bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaError)
      }
    }),
    { seed: 4, numRuns: 100 },
  )
})

it('epoch records: at most 1024 and at most 65,536 doubles, but one in any case', () => {
  for (const [tallyFields, count] of [
    [3, 1024],
    [31, 1024],
    [32, Math.floor(65_536 / 65)],
    [107, Math.floor(65_536 / 215)],
    [40_000, 1],
  ] as const) {
    expect(planArena({ ...needs, tallyFields }).records.epochCount, `${tallyFields}`).toBe(count)
    expect(epochRecordFields(tallyFields)).toBe(1 + 2 * tallyFields)
  }
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
