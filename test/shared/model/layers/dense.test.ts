import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ByteOffset, NOWHERE, advance } from '../../../../dist/shared/arena/offsets.js'
import { parameterLayout } from '../../../../dist/shared/arena/parameter-layout.js'
import { backends } from '../../../../dist/shared/backends.js'
import { bytesPerElement } from '../../../../dist/shared/arena/element-types.js'
import { paddedWidth } from '../../../../dist/shared/batches/padding.js'
import { dense, denseKind } from '../../../../dist/shared/model/layers/dense.js'
import type { OutputLayer } from '../../../../dist/shared/model/layers/layer.js'
import { activationNames, keepsSlopes } from '../../../../dist/shared/formulas/activations.js'
import { backendsHere } from '../../../machine.js'
import { SLICE_ROWS, noise, worstDifference } from '../../support.js'
import { openClaims, openLayerBench } from '../support.js'

const width = fc.integer({ min: 1, max: 500 })

it('dense: identity, xavier and biases unless told otherwise', () => {
  const kind = 'dense'
  expect(dense(3)).toEqual({
    kind,
    units: 3,
    activation: 'identity',
    initializer: 'xavier',
    bias: true,
  })
  expect(dense(3, 'relu', { initializer: 'he' })).toEqual({
    kind,
    units: 3,
    activation: 'relu',
    initializer: 'he',
    bias: true,
  })
  expect(dense(3, 'relu', { initializer: undefined }).initializer).toBe('xavier')
})

it('its fields are those that a description has beside its kind', () => {
  expect(['kind', ...Object.keys(denseKind.fields)].toSorted()).toEqual(
    Object.keys(dense(3)).toSorted(),
  )
  expect(denseKind.describe(dense(3, 'relu'))).toBe('3 relu')
  expect(denseKind.describe(dense(3, 'relu', { bias: false }))).toBe('3 relu without bias')
})

it('weights (inputs, units), in the L2 term, by its initializer; biases (units), not in it, from zeros', () => {
  fc.assert(
    fc.property(width, width, (inputs, units) => {
      const layer = dense(units, 'tanh', { initializer: 'glorotUniform' })
      const fans = { inputs, outputs: units }
      expect(denseKind.outputs(layer, inputs)).toBe(units)
      expect(denseKind.tensors(layer, inputs)).toEqual([
        {
          list: 'weights',
          rows: inputs,
          columns: units,
          regularized: true,
          initializer: 'glorotUniform',
          fans,
        },
        {
          list: 'biases',
          rows: 1,
          columns: units,
          regularized: false,
          initializer: 'zeros',
          fans,
        },
      ])
    }),
    { seed: 1 },
  )
})

it('an example takes two operations a weight for each product: three, or two where nothing passes back', () => {
  fc.assert(
    fc.property(width, width, (inputs, units) => {
      expect(denseKind.flops(dense(units), inputs, true)).toBe(3 * 2 * inputs * units)
      expect(denseKind.flops(dense(units), inputs, false)).toBe(2 * 2 * inputs * units)
    }),
    { seed: 2 },
  )
})

it('memory: weights as prepared for all workers, a matrix for each, others for slopes that are kept and for the gradient that is passed back, and for a moment what the product takes', () => {
  fc.assert(
    fc.property(
      width,
      width,
      fc.integer({ min: 1, max: 64 }).map((rows) => 4 * rows),
      fc.constantFrom(...activationNames),
      fc.constantFrom(...backendsHere),
      (inputs, units, rows, activation, backend) => {
        const { claims, sizeOf } = openClaims(rows, backends[backend])
        const layer = dense(units, activation)
        const { prepared } = denseKind.claimShared(layer, inputs, claims)
        expect(sizeOf(prepared!)).toBe(backends[backend].preparedElements(inputs, units))
        const { dX, slopes, z } = denseKind.claimScratch(layer, inputs, claims, true)
        expect(sizeOf(z!)).toBe(rows * paddedWidth(units))
        expect(sizeOf(dX!)).toBe(rows * paddedWidth(inputs))
        expect(denseKind.claimScratch(layer, inputs, claims, false)).not.toHaveProperty('dX')
        if (keepsSlopes(activation)) expect(sizeOf(slopes!)).toBe(rows * paddedWidth(units))
        else expect(slopes).toBe(NOWHERE)
        expect(denseKind.temporaryElements(layer, inputs, claims)).toBe(
          backends[backend].productElements({
            parts: 1,
            rows,
            inputs,
            outputs: units,
            sliceRows: SLICE_ROWS,
          }),
        )
      },
    ),
    { seed: 3 },
  )
})

const [ROWS, INPUTS, UNITS] = [7, 11, 5]

/** A layer with weights and biases in memory of its own. */
function openDense(backend: (typeof backendsHere)[number], passesBack: boolean) {
  const { dtype, preparedElements, productElements } = backends[backend]
  const examples = Array.from({ length: ROWS }, (_, i) => i)
  const bench = openLayerBench(backend, examples)
  const description = dense(UNITS, 'silu')
  const tensors = denseKind.tensors(description, INPUTS).map((each) => ({ layer: 0, ...each }))
  const layout = parameterLayout(tensors)
  const parameters = bench.reserve(layout.elements)
  const gradient = bench.reserve(layout.elements)
  const matrix = (columns: number): ByteOffset => bench.put(columns, () => 99)
  const x = bench.put(INPUTS, noise)
  const [dOutputs, dX] = [bench.put(UNITS, (i, j) => noise(j, i)), matrix(INPUTS)]
  const layer = denseKind.create(description, {
    kernels: bench.kernels,
    block: bench.block,
    inputs: INPUTS,
    tensors: layout.tensors,
    shared: { prepared: bench.reserve(preparedElements(INPUTS, UNITS)) },
    scratch: { z: matrix(UNITS), slopes: matrix(UNITS), ...(passesBack && { dX }) },
    temporary: bench.reserve(
      productElements({
        parts: 1,
        rows: 8,
        inputs: INPUTS,
        outputs: UNITS,
        sliceRows: SLICE_ROWS,
      }),
    ),
    sliceRows: SLICE_ROWS,
    source: () => x,
    dOutputs,
    passesBack,
    layersBefore: 0,
  }) as OutputLayer
  const placeOf = (tensor: number): ByteOffset =>
    advance(parameters, layout.tensors[tensor]!.first * bytesPerElement[dtype])
  const gradientOf = (tensor: number): number[] => {
    const { columns, first, rows } = layout.tensors[tensor]!
    return bench.get(advance(gradient, first * bytesPerElement[dtype]), columns, rows)
  }
  bench.set(parameters, layout.elements, () => 0)
  bench.set(placeOf(1), UNITS, (j) => noise(j, 70))
  for (let row = 0; row < INPUTS; row++) {
    const at = advance(placeOf(0), row * paddedWidth(UNITS) * bytesPerElement[dtype])
    bench.set(at, UNITS, (column) => noise(row, column + 20))
  }
  layer.prepare!(parameters, 0, 8 * Math.ceil(INPUTS / 8), true)
  /** The gradient of weights and biases, each as one range. */
  const takeGradient = (accumulate = false): number[] => {
    layer.gradient!(gradient, accumulate, { layer: 0, list: 'weights', first: 0, end: 16 })
    layer.gradient!(gradient, accumulate, { layer: 0, list: 'biases', first: 0, end: 8 })
    return [...gradientOf(0), ...gradientOf(1)]
  }
  return { bench, dOutputs, dX, gradient, gradientOf, layer, parameters, placeOf, takeGradient }
}

describe.each(backendsHere)('%s', (backend) => {
  it('forward is linear, then bias and activation, in the place of its outputs; the bias lies behind the weights', () => {
    const { bench, layer, parameters, placeOf } = openDense(backend, true)
    layer.linear(parameters)
    const z = bench.get(layer.outputs(), UNITS)
    layer.forward(parameters)
    const silu = (x: number): number => x / (1 + Math.exp(-x))
    const expected = z.map((value, i) => silu(value + noise(i % UNITS, 70)))
    const { error } = worstDifference(bench.get(layer.outputs(), UNITS), expected)
    expect(error).toBeLessThan(1e-6)
    expect(layer.bias(parameters)).toBe(placeOf(1))
  })

  it('the gradient with respect to the inputs goes to its own place, and only if it is wanted; that of the parameters is the same either way', () => {
    const [wanted, unwanted] = [true, false].map((passesBack) => {
      const { bench, dX, layer, parameters, takeGradient } = openDense(backend, passesBack)
      layer.forward(parameters)
      layer.backward(parameters)
      return { gradient: takeGradient(), dInputs: bench.get(dX, INPUTS) }
    })
    expect(wanted!.gradient).toEqual(unwanted!.gradient)
    expect(wanted!.dInputs.some((x) => x === 99)).toBe(false)
    expect(unwanted!.dInputs.every((x) => x === 99)).toBe(true)
  })

  it('accumulate adds the gradient to what is there: twice the same doubles it, bit for bit', () => {
    const { layer, parameters, takeGradient } = openDense(backend, true)
    layer.forward(parameters)
    layer.backward(parameters)
    const once = takeGradient()
    expect(takeGradient()).toEqual(once)
    expect(takeGradient(true)).toEqual(once.map((value) => 2 * value))
  })

  it('a range of the gradient writes its rows of the weights, or its columns of the biases, and nothing else', () => {
    const { bench, gradient, gradientOf, layer, parameters, takeGradient } = openDense(
      backend,
      true,
    )
    layer.forward(parameters)
    layer.backward(parameters)
    const whole = takeGradient()
    bench.set(gradient, 17 * paddedWidth(UNITS), () => 99)
    layer.gradient!(gradient, false, { layer: 0, list: 'weights', first: 8, end: 16 })
    const rest = INPUTS * UNITS - 8 * UNITS
    expect(gradientOf(0)).toEqual([
      ...Array<number>(8 * UNITS).fill(99),
      ...whole.slice(8 * UNITS, 8 * UNITS + rest),
    ])
    expect(gradientOf(1)).toEqual(Array(UNITS).fill(99))
    layer.gradient!(gradient, false, { layer: 0, list: 'biases', first: 0, end: 8 })
    expect(gradientOf(1)).toEqual(whole.slice(INPUTS * UNITS))
  })

  it('row by row: a unit at a time, its window further down the same matrices, leaves the outputs, the gradients and their sums that the whole block does', () => {
    const results = [
      [[0, ROWS]],
      [
        [4, 3],
        [0, 4],
      ],
    ].map((units) => {
      const { bench, dOutputs, dX, layer, parameters, takeGradient } = openDense(backend, true)
      bench.block.parts.unitRows = 4
      for (const [firstRow, rows] of units) {
        bench.block.firstRow = firstRow!
        bench.block.parts.rows[0] = rows!
        layer.forward(parameters)
        layer.backward(parameters)
      }
      bench.block.firstRow = 0
      bench.block.parts.rows[0] = ROWS
      return {
        outputs: bench.get(layer.outputs(), UNITS),
        dZ: bench.get(dOutputs, UNITS),
        dInputs: bench.get(dX, INPUTS),
        gradient: takeGradient(),
      }
    })
    expect(results[1]).toEqual(results[0])
  })
})
