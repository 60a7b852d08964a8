import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findBlas, loadBlas } from '../../../dist/shared/node/blas.js'
import type { MatrixMultiply } from '../../../dist/shared/kernels/native/native.js'
import { NOWHERE, advance } from '../../../dist/shared/arena/offsets.js'
import { blas } from '../../machine.js'

const A = 1024
const [B, C] = [2 * A, 3 * A] // elements from the start

async function open(): Promise<{ multiply: MatrixMultiply; values: Float32Array }> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  return { multiply: (await loadBlas(blas!))(memory), values: new Float32Array(memory.buffer) }
}

describe.skipIf(!blas)("the system's product over an arena", () => {
  const size = fc.integer({ min: 0, max: 20 })
  const shapes = fc.record({
    m: size,
    n: size,
    k: size,
    extra: fc.integer({ min: 0, max: 9 }),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    beta: fc.constantFrom(0, 1),
  })
  const whole = (i: number): number => ((i * 7) % 11) - 5

  it('is exact on whole numbers, whatever the sizes, strides and transpositions; 0 of them too; and writes c alone', async () => {
    const { multiply, values } = await open()
    fc.assert(
      fc.property(shapes, ({ m, n, k, extra, transposeA, transposeB, beta }) => {
        const strides = {
          a: (transposeA ? m : k) + extra + 1,
          b: (transposeB ? k : n) + extra + 1,
          c: n + extra + 1,
        }
        values.forEach((_, i) => (values[i] = whole(i)))
        const expected = values.slice()
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = beta * whole(C + i * strides.c + j)
            for (let l = 0; l < k; l++)
              sum +=
                whole(A + (transposeA ? l * strides.a + i : i * strides.a + l)) *
                whole(B + (transposeB ? j * strides.b + l : l * strides.b + j))
            expected[C + i * strides.c + j] = sum
            // Must be overwritten, not multiplied by 0.
            if (beta === 0) values[C + i * strides.c + j] = NaN
          }
        }
        multiply({
          transposeA,
          transposeB,
          m,
          n,
          k,
          a: advance(NOWHERE, 4 * A),
          strideA: strides.a,
          b: advance(NOWHERE, 4 * B),
          strideB: strides.b,
          beta,
          c: advance(NOWHERE, 4 * C),
          strideC: strides.c,
        })
        expect(values.findIndex((value, i) => value !== expected[i])).toBe(-1)
      }),
      { seed: 4, numRuns: 500 },
    )
  })

  it('works on each of several arenas', async () => {
    const [one, other] = [await open(), await open()]
    for (const { values } of [one, other]) values.set([3, 5])
    one.multiply({
      transposeA: false,
      transposeB: false,
      m: 1,
      n: 1,
      k: 1,
      a: NOWHERE,
      strideA: 1,
      b: advance(NOWHERE, 4),
      strideB: 1,
      beta: 0,
      c: advance(NOWHERE, 8),
      strideC: 1,
    })
    expect([one.values[2], other.values[2]]).toEqual([15, 0])
  })

  it('was found, named and described; looking again gives the same', async () => {
    expect(await findBlas()).toMatchObject({
      library: { ...blas, flopsPerMicrosecond: expect.any(Number) as number },
    })
    expect(['OpenBLAS', 'BLIS', 'MKL', 'Accelerate', 'BLAS']).toContain(blas!.name)
  })

  it.skipIf(process.platform !== 'linux')(
    'stays loaded once it was found: a thread that loads it later gets the same one',
    async () => {
      const script = `
        import { readFileSync } from 'node:fs'
        import { findBlas } from ${JSON.stringify(new URL('../../../dist/shared/node/blas.js', import.meta.url))}
        await findBlas()
        for (let i = 0; i < 5; i++) {
          gc()
          await new Promise((resolve) => setImmediate(resolve))
        }
        console.log(/${blas?.name}/i.test(readFileSync('/proc/self/maps', 'utf8')))`
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--expose-gc',
        '--input-type=module',
        '--eval',
        script,
      ])
      expect(stdout).toBe('true\n')
    },
  )
})
