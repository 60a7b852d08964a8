// A new activation, loss, optimizer, metric or initializer is a small change: its name stands in at
// most three source files, and what is derived from the tables takes it.

import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Backend, backends } from '../../dist/shared/backends.js'
import {
  type Metric,
  TALLY_FIELDS,
  metrics,
  metricsOf,
  tallyLayout,
} from '../../dist/shared/figures/metrics.js'
import type { ActivationKernels, LossOperands } from '../../dist/shared/kernels/kernels.js'
import { createReferenceKernels } from '../../dist/shared/kernels/reference/reference.js'
import { type Activation, activations } from '../../dist/shared/formulas/activations.js'
import { type Loss, lossNames, losses } from '../../dist/shared/formulas/losses.js'
import {
  type Optimizer,
  type OptimizerKind,
  type OptimizerTable,
  type UpdateFactors,
  optimizerNamed,
  optimizerNames,
  optimizers,
} from '../../dist/shared/optimizers/optimizers.js'
import { backendsHere } from '../machine.js'
import {
  activationOperands,
  exportsOver,
  lossOperands,
  openBench,
  updateOperands,
} from './support.js'

const source = new URL('../../src/', import.meta.url)
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(new URL(file, source), 'utf8') }))
const placesOf = (name: string): string[] =>
  files
    .filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text))
    .map(({ file }) => file)
    .sort()

describe('a name that no recipe uses stands where it is made, and nowhere else', () => {
  const assembly = 'shared/kernels/wasm/assembly'
  it.each([
    ['an activation', 'leakyRelu', ['formulas/activations.ts', `${assembly}/activations.ts`]],
    ['a loss', 'huber', ['formulas/losses.ts', `${assembly}/losses.ts`]],
    ['a metric', 'topKAccuracy', ['figures/metrics.ts']],
    ['an initializer', 'lecunNormal', ['formulas/initializers.ts']],
    ['an optimizer', 'adagrad', ['optimizers/optimizers.ts']],
  ])('%s, %s', (_, name, expected) => {
    const places = placesOf(name)
    expect(places.length, places.join(', ')).toBeLessThanOrEqual(3)
    for (const place of expected)
      expect(places).toContain(place.startsWith('shared/') ? place : `shared/${place}`)
  })
})

describe.each(
  backendsHere
    .filter((name) => name.startsWith('wasm'))
    .map((name) => [name, backends[name] as Backend] as const),
)('%s', (_, { program }) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true })

  it('has a compiled kernel for every name that is looked up', () => {
    const exported = Object.keys(exportsOver(memory, program))
    const wanted = [
      ...Object.entries(activations).flatMap(([name, { kind }]) => [
        name,
        kind === 'sloped' ? 'multiplyBySlopes' : `${name}Derivative`,
      ]),
      ...lossNames,
      ...optimizerNames.flatMap((name) => {
        const kernel = (optimizers[name] as OptimizerKind<Optimizer>).kernel(optimizerNamed(name))
        return [kernel, `${kernel}Coefficients`]
      }),
    ]
    expect(exported).toEqual(expect.arrayContaining(wanted))
  })

  it('no kernel takes more than 8 numbers', () => {
    for (const [name, kernel] of Object.entries(exportsOver(memory, program)))
      if (typeof kernel === 'function') expect(kernel.length, name).toBeLessThanOrEqual(8)
  })
})

describe('a made-up one, beside those there are', () => {
  const cube: Activation = {
    kind: 'elementwise',
    forward: (z) => z ** 3,
    derivative: (a) => 3 * Math.cbrt(a) ** 2,
  }
  const fourthPower: Loss = {
    kind: 'difference',
    formula: 'sum of (p - y)^4',
    term: (d) => d ** 4,
    slope: (d) => 4 * d ** 3,
    scale: () => 1,
  }
  /** w -= rate * sign(g), and a count of the updates. */
  const sign: OptimizerKind<Optimizer> = {
    defaults: { learningRate: 0.5 },
    rules: {},
    state: () => ['kept'],
    next(_optimizer, { learningRate }, w, g, state) {
      state[0]! += 1
      return w - learningRate * Math.sign(g)
    },
    kernel: () => 'sign',
    setCoefficients: (set, _optimizer, { learningRate }) => set(learningRate),
  }
  const { memory, put, get } = openBench('reference')
  const kernels = createReferenceKernels(memory, {
    activations: { ...activations, cube },
    losses: { ...losses, fourthPower },
    optimizers: { ...optimizers, sign } as OptimizerTable,
  })

  it('an activation goes forward and backward', () => {
    const { cube: made } = kernels.activations as Record<string, ActivationKernels>
    const a = put(1, 2, (_, j) => j + 1)
    const [bias, dA] = [put(1, 2, () => 1), put(1, 2, () => 10)]
    const operands = activationOperands({ rows: 1, columns: 2, a, bias, dA })
    made!.forward(operands)
    expect(get(a, 1, 2)).toEqual([8, 27])
    made!.backward(operands)
    expect(get(dA, 1, 2)).toEqual([120, 270])
  })

  it('a loss has its sum and its gradient', () => {
    const { fourthPower: made } = kernels.losses as Record<string, (of: LossOperands) => number>
    const [outputs, targets] = [put(1, 2, (_, j) => j), put(1, 2, () => 2)]
    const dOutputs = put(1, 2, () => 9)
    expect(made!(lossOperands({ rows: 1, columns: 2, outputs, targets, dOutputs }))).toBe(17)
    expect(get(dOutputs, 1, 2)).toEqual([-32, -4])
  })

  it('an optimizer moves the parameters and keeps its numbers', () => {
    const optimizer = { name: 'sign', learningRate: 0.5 } as unknown as Optimizer
    const factors: UpdateFactors = { learningRate: 0.5, firstCorrection: 1, secondCorrection: 1 }
    const row = (value: (j: number) => number) => put(1, 8, (_, j) => value(j))
    const [parameters, gradient] = [row((j) => j), row((j) => j - 4)]
    const [nextParameters, state, nextState] = [row(() => 9), row((j) => j), row(() => 9)]
    const operands = { parameters, nextParameters, gradient, state, nextState, elements: 8 }
    kernels.update(optimizer, factors, updateOperands({ ...operands, stateStride: 64 }))
    expect(get(nextParameters, 1, 8)).toEqual([0.5, 1.5, 2.5, 3.5, 4, 4.5, 5.5, 6.5])
    expect(get(nextState, 1, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('a metric is tallied and worked out', () => {
    const errorRate: Metric<number> = {
      of: 'answers',
      better: 'lower',
      value: ({ correct, examples }) => 1 - correct / examples,
    }
    const table = { ...metrics, errorRate } as typeof metrics
    const name = 'errorRate' as 'accuracy'
    const layout = tallyLayout('', 3, 'oneClass', { metrics: [name] }, table)
    expect([layout.names, layout.fields]).toEqual([['accuracy', 'errorRate'], TALLY_FIELDS])
    expect(metricsOf(layout, [0, 4, 3], 4, table)).toEqual({ accuracy: 0.75, errorRate: 0.25 })
    expect(() => tallyLayout('fit', 3, 'numbers', { metrics: [name] }, table)).toThrow(
      'fit: metrics: expected some of meanAbsoluteError, rootMeanSquaredError, r2 for outputs that are numbers',
    )
  })
})
