import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/machine.ts'],
    testTimeout: 60_000,
    maxWorkers: 2,
    // Each file in a process of its own: a library that aborts takes no other file with it.
    pool: 'forks',
    // What failed, in full, and a summary.
    reporters: ['minimal'],
    // Of dist, mapped back to src. What worker threads and child processes run is not counted.
    coverage: {
      include: ['dist/**/*.js', 'src/**/*.ts'],
      exclude: ['src/shared/kernels/wasm/assembly/**', '**/*.d.ts'],
      reporter: ['text', 'html'],
    },
  },
})
