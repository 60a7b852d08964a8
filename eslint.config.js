import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import typescript from 'typescript-eslint'

/** The arrows of the house run one way: main -> workers (by URL) -> shared. */
function arrows(folder, forbidden, message) {
  return {
    files: [`src/${folder}/**`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }] },
  }
}

export default defineConfig(
  { ignores: ['dist', 'node_modules', 'src/shared/kernels/wasm/assembly'] },
  js.configs.recommended,
  ...typescript.configs.strictTypeChecked,
  ...typescript.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes array arithmetic need it
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
    },
  },
  arrows('shared', ['node:*', 'piscina', 'comlink*', '**/main/**', '**/workers/**'], 'shared imports nothing above it and runs in browsers too'),
  arrows('workers', ['**/main/**'], 'workers import shared only'),
  arrows('main', ['**/workers/**'], 'main starts workers by URL'),
  {
    files: ['src/shared/numerics/random.ts', 'test/shared/numerics/random.test.ts'],
    rules: { 'no-loss-of-precision': 'off' }, // coefficients as published
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' }, // expect.any() is typed any
  },
  {
    files: ['**/*.js'], // benches and workers for tests, which run as they are
    extends: [typescript.configs.disableTypeChecked],
    languageOptions: { globals: { console: 'readonly', performance: 'readonly', process: 'readonly', setInterval: 'readonly', clearInterval: 'readonly', URL: 'readonly', WebAssembly: 'readonly', SharedArrayBuffer: 'readonly', Atomics: 'readonly' } },
  },
)
