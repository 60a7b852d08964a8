import { expect, it } from 'vitest'

type Figures = Record<string, { microsecondsPerStep: number; medianMicrosecondsPerStep?: number }>
const url = new URL('../../../bench/peers/summary.js', import.meta.url)
const { ratiosOf, rateWithSpread } = (await import(url.href)) as {
  ratiosOf: (
    figures: Figures,
    field?: string,
  ) => Record<string, Record<string, { ratio: number; of: string; to: string }>>
  rateWithSpread: (figure: Record<string, number>) => string
}
const taking = (times: Record<string, number>): Figures =>
  Object.fromEntries(
    Object.entries(times).map(([name, time]) => [name, { microsecondsPerStep: time }]),
  )

it("each backend's best against the best of each kind", () => {
  const ratios = ratiosOf(
    taking({
      'shardgrad-wasm-1': 20,
      'shardgrad-wasm-2': 10,
      'numpy-1': 12,
      'numpy-2': 14,
      'numpy-in-place-2': 5,
      'torch-2': 30,
      'torch-passive-2': 11,
      'sklearn-4': 40,
    }),
  )
  expect(ratios).toEqual({
    'shardgrad-wasm': {
      'NumPy and PyTorch': { ratio: 1.1, of: 'shardgrad-wasm-2', to: 'torch-passive-2' },
      'NumPy in place': { ratio: 0.5, of: 'shardgrad-wasm-2', to: 'numpy-in-place-2' },
      'scikit-learn': { ratio: 4, of: 'shardgrad-wasm-2', to: 'sklearn-4' },
    },
  })
})

it('where other kernels were asked for, they are a kind beside those taken as they come', () => {
  const ratios = ratiosOf(
    taking({ 'shardgrad-native-2': 10, 'numpy-2': 30, 'numpy-avx512-2': 15, 'torch-2': 40 }),
  )['shardgrad-native']
  expect(ratios?.['NumPy and PyTorch']).toMatchObject({ ratio: 3, to: 'numpy-2' })
  expect(ratios?.['NumPy and PyTorch, right kernels']).toMatchObject({
    ratio: 1.5,
    to: 'numpy-avx512-2',
  })
})

it('by the medians, whoever is best by them', () => {
  const figures = {
    'shardgrad-wasm-2': { microsecondsPerStep: 10, medianMicrosecondsPerStep: 20 },
    'numpy-1': { microsecondsPerStep: 11, medianMicrosecondsPerStep: 50 },
    'numpy-2': { microsecondsPerStep: 30, medianMicrosecondsPerStep: 30 },
  }
  expect(
    ratiosOf(figures, 'medianMicrosecondsPerStep')['shardgrad-wasm']?.['NumPy and PyTorch'],
  ).toMatchObject({ ratio: 1.5, to: 'numpy-2' })
})

it('a rate shows how much longer the median took', () => {
  const figure = { gflops: 100, microsecondsPerStep: 50, medianMicrosecondsPerStep: 56 }
  expect(rateWithSpread(figure)).toBe('100.0 (12 %)')
  expect(rateWithSpread({ gflops: 100, microsecondsPerStep: 50 })).toBe('100.0')
})
