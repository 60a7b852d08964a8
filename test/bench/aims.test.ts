import { expect, it } from 'vitest'

const url = new URL('../../bench/aims.js', import.meta.url)
const { shareAims, speedAims } = (await import(url.href)) as {
  shareAims: (phases: object) => (string | number)[][]
  speedAims: (peers: object) => (string | number)[][]
}
const workload = (name: string, times: Record<string, number>) => ({
  name,
  figures: Object.fromEntries(
    Object.entries(times).map(([contestant, time]) => [
      contestant,
      { microsecondsPerStep: time, medianMicrosecondsPerStep: time + 1 },
    ]),
  ),
})

it('ratios, geometric means and verdicts against those who come with the right kernels', () => {
  const workloads = [
    workload('digits-64', { 'shardgrad-native-2': 1, 'shardgrad-wasm-relaxed-2': 3, 'numpy-1': 2 }),
    workload('wide-128', { 'shardgrad-native-2': 9, 'shardgrad-wasm-relaxed-2': 6, 'torch-1': 9 }),
  ]
  expect(speedAims({ workloads })).toEqual([
    ['digits-64', 'native', 'NumPy and PyTorch', 2, '2.00', '1.50', 'reached'],
    ['wide-128', 'native', 'NumPy and PyTorch', 1.05, '1.00', '1.00', 'missed'],
    ['geometric mean', 'native', 'NumPy and PyTorch', 1.3, '1.41', '1.22', 'reached'],
    ['geometric mean', 'wasm-relaxed', 'NumPy and PyTorch', 0.75, '1.00', '1.04', 'reached'],
  ])
})

it('native aims at those given the right kernels where others were taken', () => {
  const times = { 'shardgrad-native-2': 10, 'numpy-2': 20, 'numpy-avx512-2': 15 }
  const rows = speedAims({ workloads: [workload('wide-1024', times)] })
  expect(rows.map(([what, , against, aim, reached]) => [what, against, aim, reached])).toEqual([
    ['wide-1024', 'NumPy and PyTorch, right kernels', 1, '1.50'],
    ['geometric mean', 'NumPy and PyTorch, right kernels', 1.3, '1.50'],
    ['geometric mean', 'NumPy and PyTorch', 1.8, '2.00'],
    ['geometric mean', 'NumPy and PyTorch', 0.75, 'not measured'],
  ])
})

it('the share of the limit is that of all cores', () => {
  const result = (name: string, backend: string, workers: number, gflops: number) => ({
    workload: name,
    backend,
    workers,
    gflops,
  })
  const phases = {
    machine: { cores: 2 },
    limits: { one: { blas: 50 }, all: { blas: 100, wasmRelaxed: 50 } },
    results: [
      result('digits-64', 'native', 2, 10),
      result('wide-128', 'native', 1, 10),
      result('wide-128', 'native', 2, 87.9),
      result('mnist-128', 'wasm-relaxed', 2, 46),
    ],
  }
  expect(shareAims(phases)).toEqual([
    ['wide-128', 'native', '88 %', '87.9 %', 'missed'],
    ['mnist-128', 'wasm-relaxed', '92 %', '92.0 %', 'reached'],
  ])
})
