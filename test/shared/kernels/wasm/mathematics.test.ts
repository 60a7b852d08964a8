import { describe, expect, it } from 'vitest'
import { has } from '../../../machine.js'
import { exportsOver } from '../../support.js'

const COUNT = 1 << 18
const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true })
const floats = new Float32Array(memory.buffer, 65536, COUNT)
const patterns = new Uint32Array(memory.buffer, 65536, COUNT)

/**
 * Worst relative error over every `stride`th float; results below the normal range count by units
 * of the smallest float.
 */
function worstError(
  map: (values: number, count: number) => number,
  exact: (x: number) => number,
  stride: number,
): { error: number; at: number } {
  const inputs = new Float32Array(COUNT)
  let worst = { error: 0, at: 0 }
  for (let base = 0; base < 2 ** 32; base += COUNT * stride) {
    for (let i = 0; i < COUNT; i++) patterns[i] = base + i * stride
    inputs.set(floats)
    map(65536, COUNT)
    for (let i = 0; i < COUNT; i++) {
      const error = errorOf(floats[i]!, exact(inputs[i]!))
      if (error > worst.error) worst = { error, at: inputs[i]! }
    }
  }
  return worst
}

function errorOf(actual: number, expected: number): number {
  if (Object.is(actual, Math.fround(expected))) return 0
  if (
    Number.isNaN(actual) ||
    Number.isNaN(expected) ||
    !Number.isFinite(Math.fround(expected)) ||
    !Number.isFinite(actual)
  )
    return Infinity
  if (Math.abs(expected) < 2 ** -126)
    return Math.abs(actual - expected) <= 1.01 * 2 ** -149 ? 0 : Infinity
  return Math.abs(actual - expected) / Math.abs(expected)
}

const functions = [
  ['expArray', Math.exp],
  ['logArray', Math.log],
  ['tanhArray', Math.tanh],
] as const
for (const [backend, program] of [
  ['wasm', 'kernels'],
  ['wasm-relaxed', 'kernels-relaxed'],
] as const) {
  describe.skipIf(!has(backend))(backend, () => {
    it.each(functions)(
      '%s: relative error below 2e-7 over the whole float32 range',
      (name, exact) => {
        const { error, at } = worstError(exportsOver(memory, program)[name]!, exact, 509)
        expect(error, `at ${at}`).toBeLessThan(2e-7)
      },
    )

    it.each(functions)(
      '%s: zeros, infinities, NaN, subnormals and the ends of the range',
      (name, exact) => {
        const special = [
          0,
          -0,
          Infinity,
          -Infinity,
          NaN,
          1,
          -1,
          2 ** -149,
          -(2 ** -149),
          2 ** -126,
          3.4028234663852886e38,
          -3.4028234663852886e38,
          88.72283,
          88.72284,
          89,
          -87.33655,
          -103.97,
          -104.1,
          0.99999994,
          1.0000001,
          0.625,
          -0.625,
          9.1,
          -9.1,
          1e-20,
          -1e-20,
        ]
        special.forEach((x, i) => (floats[i] = x))
        const inputs = Array.from(floats.subarray(0, special.length))
        exportsOver(memory, program)[name]!(65536, 32)
        inputs.forEach((x, i) => {
          if (exact(x) !== 0 || name !== 'expArray')
            expect(errorOf(floats[i]!, exact(x)), `at ${x}`).toBeLessThan(2e-7)
          else expect(floats[i]).toBe(0)
        })
      },
    )
  })
}
