import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import typescript from 'typescript-eslint'

/**
 * The house, from the ground up: a file imports from its own place and from those before it in its
 * list, never from those after it. Main and workers stand on shared, and never import each other:
 * main starts workers by URL.
 */
const shared = [
  'numerics',
  'errors.ts',
  'error-transfer.ts',
  'batches',
  'network',
  'optimizers',
  'figures',
  'arena',
  'kernels',
  'model',
  'node',
  'backends.ts',
  'protocol.ts',
].map((place) => `src/shared/${place}`)
const workers = ['worker.ts', 'step', 'gradient-run.ts', 'coordinator.ts', 'node'].map(
  (place) => `src/workers/${place}`,
)
const main = [
  'options',
  'data',
  'runtime/node',
  'runtime',
  'training',
  'trainer.ts',
  'inspect',
  'pictures',
  'commands',
  'index.ts',
].map((place) => `src/main/${place}`)

const message = 'Imports run down the house: see the lists at the top of eslint.config.js.'
const above = [
  ['src/shared', 'src/workers'],
  ['src/shared', 'src/main'],
  ['src/workers', 'src/main'],
  ['src/main', 'src/workers'],
  ...[shared, workers, main].flatMap((house) =>
    house.flatMap((place, i) => house.slice(i + 1).map((higher) => [place, higher])),
  ),
]
const zones = above.map(([target, from]) =>
  target.startsWith(`${from}/`) // node/ within runtime/ may use what is beside it in node/
    ? { target, from, except: [`./${target.slice(from.length + 1)}`], message }
    : { target, from, message },
)

export default defineConfig(
  {
    ignores: [
      'dist',
      'node_modules',
      'src/shared/kernels/wasm/assembly',
      'docs/reference',
      'coverage',
    ],
  },
  js.configs.recommended,
  ...typescript.configs.strictTypeChecked,
  ...typescript.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes array arithmetic need it
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      'max-len': [
        'error',
        {
          code: 100,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
          ignoreUrls: true,
          ignorePattern: 'eslint-disable-line|\\[/',
        },
      ],
    },
  },
  {
    files: ['src/**'],
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { zones }],
    },
  },
  {
    files: ['src/shared/**'],
    ignores: ['src/shared/node/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['node:*', 'piscina', 'comlink*', 'koffi'] }],
    },
  },
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
    languageOptions: {
      globals: {
        console: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        WebAssembly: 'readonly',
        SharedArrayBuffer: 'readonly',
        Atomics: 'readonly',
      },
    },
  },
)
