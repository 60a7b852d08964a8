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
import { noise } from '../../support.js'
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

it('memory: weights as prepared for all workers, a matrix for each, another for slopes that are kept, and for a moment what the product takes', () => {
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
        const { slopes, z } = denseKind.claimScratch(layer, inputs, claims)
        expect(sizeOf(z!)).toBe(rows * paddedWidth(units))
        if (keepsSlopes(activation)) expect(sizeOf(slopes!)).toBe(rows * paddedWidth(units))
        else expect(slopes).toBe(NOWHERE)
        expect(denseKind.temporaryElements(layer, inputs, claims)).toBe(
          backends[backend].productElements({ parts: 1, rows, inputs, outputs: units }),
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
  const layer = denseKind.create(description, {
    kernels: bench.kernels,
    block: bench.block,
    inputs: INPUTS,
    tensors: layout.tensors,
    shared: { prepared: bench.reserve(preparedElements(INPUTS, UNITS)) },
    scratch: { z: matrix(UNITS), slopes: matrix(UNITS) },
    temporary: bench.reserve(
      productElements({ parts: 1, rows: 8, inputs: INPUTS, outputs: UNITS }),
    ),
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
  const x = bench.put(INPUTS, noise)
  return { bench, layer, parameters, gradient, gradientOf, matrix, placeOf, x }
}

describe.each(backendsHere)('%s', (backend) => {
  it('forward is linear, then activate, bit for bit; the bias lies behind the weights', () => {
    const { bench, layer, parameters, placeOf, x } = openDense(backend, true)
    const outputs = bench.get(layer.forward(x, parameters), UNITS)
    const z = layer.linear(x, parameters)
    expect(bench.get(z, UNITS)).not.toEqual(outputs)
    layer.activate(parameters)
    expect(bench.get(z, UNITS)).toEqual(outputs)
    expect(layer.bias(parameters)).toBe(placeOf(1))
  })

  it('the gradient with respect to the inputs goes to the spare place, and only if it is wanted; that of the parameters is the same either way', () => {
    const [gradients, dInputs] = [true, false].reduce<[number[][], number[][]]>(
      ([gradients, dInputs], passesBack) => {
        const { bench, gradient, gradientOf, layer, matrix, parameters, x } = openDense(
          backend,
          passesBack,
        )
        const [dOutputs, spare] = [bench.put(UNITS, (i, j) => noise(j, i)), matrix(INPUTS)]
        layer.forward(x, parameters)
        const way = { dOutputs, spare, parameters, gradient, accumulate: false }
        expect(layer.backward(way)).toBe(spare)
        return [
          [...gradients, [...gradientOf(0), ...gradientOf(1)]],
          [...dInputs, bench.get(spare, INPUTS)],
        ]
      },
      [[], []],
    )
    expect(gradients[0]).toEqual(gradients[1])
    expect(dInputs[0]!.some((x) => x === 99)).toBe(false)
    expect(dInputs[1]!.every((x) => x === 99)).toBe(true)
  })

  it('accumulate adds the gradient to what is there: twice the same doubles it, bit for bit', () => {
    const { bench, gradient, gradientOf, layer, matrix, parameters, x } = openDense(backend, true)
    const backward = (accumulate: boolean): number[] => {
      const dOutputs = bench.put(UNITS, (i, j) => noise(j, i))
      layer.forward(x, parameters)
      layer.backward({ dOutputs, spare: matrix(INPUTS), parameters, gradient, accumulate })
      return [...gradientOf(0), ...gradientOf(1)]
    }
    const once = backward(false)
    expect(backward(false)).toEqual(once)
    expect(backward(true)).toEqual(once.map((value) => 2 * value))
  })
})
