import { expect, it } from 'vitest'

const load = async (name: string) =>
  (await import(new URL(`../../../bench/peers/${name}.js`, import.meta.url).href)) as object
const { bestPython, rightKernels } = (await load('python')) as {
  bestPython: <T extends { versions: Record<string, string> }>(probes: T[]) => T
  rightKernels: (flags?: string[], core?: string) => { hint: boolean; reason: string }
}
const { threadCountsUpTo } = (await load('threads')) as {
  threadCountsUpTo: (cores: number) => number[]
}
const AVX512 = ['avx2', 'avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl']

it.each(['Haswell', 'Zen'])(
  'kernels for %s on a processor with AVX-512 are not the right ones',
  (core) => {
    expect(rightKernels(AVX512, core).hint).toBe(true)
  },
)

it.each(['SkylakeX', 'Cooperlake', 'SapphireRapids', 'COOPERLAKE'])(
  'kernels for %s are',
  (core) => {
    const { hint, reason } = rightKernels(AVX512, core)
    expect(hint).toBe(false)
    expect(reason).toContain(core)
  },
)

it.each(AVX512.slice(1))('without %s nothing else is asked for', (missing) => {
  expect(
    rightKernels(
      AVX512.filter((flag) => flag !== missing),
      'Haswell',
    ),
  ).toEqual({ hint: false, reason: 'the processor has no AVX-512' })
})

it('nothing is asked for where flags or kernels are not known', () => {
  expect(rightKernels(undefined, 'Haswell').hint).toBe(false)
  expect(rightKernels(AVX512, undefined).hint).toBe(false)
})

it('the Python with most packages, then the newest PyTorch, then the first', () => {
  const all = (torch: string) => ({ versions: { numpy: '2', torch, sklearn: '1' } })
  const [old, recent, few] = [all('1.13.0a0'), all('2.13.0+cpu'), { versions: { numpy: '3' } }]
  expect(bestPython([few, old])).toBe(old)
  expect(bestPython([old, recent, few])).toBe(recent)
  expect(bestPython([recent, old])).toBe(recent)
  expect(bestPython([all('2.9.1'), recent])).toBe(recent)
  expect(bestPython([old, { ...old }])).toBe(old)
  expect(bestPython([{ versions: {} }, few])).toBe(few)
})

it('one thread, powers of two, and all cores', () => {
  expect([1, 2, 6, 16].map(threadCountsUpTo)).toEqual([[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8, 16]])
})
